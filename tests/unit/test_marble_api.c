/* SPDX-License-Identifier: Apache-2.0 */
/* marble.h and marble_openssl.h in a process whose identity is renewed: handshakes through memory and socket
 * pairs. */
#define ERR_STATE openssl_err_state /* a name of base/err.h, too */
#include "marble/marble_openssl.h"
#undef ERR_STATE

#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "marble/identity.h"
#include "net/tls.h"
#include "pki/hash.h"
#include "tests/support/mesh_identity.h"

static struct arena a;

static void begin(void)
{
    pki_init();
    net_init();
}

static void end(void)
{
    wipe_made();
    arena_wipe(&a);
}

TestSuite(marble_api, .init = begin, .fini = end);

static struct mesh_identity publish(const char *type, const char *root)
{
    static const uint8_t secret[] = {0, 1, 2};
    struct parameter file = {IDENTITY_SECRETS "database", {secret, sizeof secret}};
    const struct mesh_identity m = mesh_identity(&a, type, root);
    struct parameters p = mesh_parameters(&a, &m);
    struct identity *id = NULL;
    struct err err;

    p.files = &file;
    p.num_files = 1;
    cr_assert(identity_new(&p, true, &id, &err), "%s", err.text);
    identity_publish(&id);
    return m;
}

/* ---- what it says of itself --------------------------------------------------------------------- */

Test(marble_api, a_process_that_was_not_activated_has_no_identity_and_says_so)
{
    struct marble_tls *tls;

    cr_expect_null(marble_identity_hold());
    cr_expect_str_eq(marble_why(),
                     "this process was not activated by libmarble before main() [marble_identity]");
    cr_expect_eq(marble_secret("database", NULL, 0), -1);
    cr_expect_eq(marble_tls_client(-1, NULL, &tls), -1);
    marble_identity_release(NULL);
    marble_tls_close(NULL);
}

Test(marble_api, parts_are_counted_and_belong_together)
{
    const struct mesh_identity m = publish("frontend", "root");
    const struct marble_identity *id = marble_identity_hold();
    unsigned long len = 0;
    const void *der = marble_identity_der(id, MARBLE_PART_CHAIN, 0, &len);

    cr_expect_eq(marble_identity_number(id), 1);
    cr_expect(slice_equal(slice_of(der, len), m.leaf.cert.der));
    cr_expect_null(marble_identity_der(id, MARBLE_PART_CHAIN, 1, &len));
    cr_expect_str_eq(marble_identity_pem(id, MARBLE_PART_ROOTS), cert_pem(&a, &m.root.cert));
    marble_identity_release(id);
}

Test(marble_api, secrets_are_copied_if_they_fit)
{
    uint8_t out[4] = {9, 9, 9, 9};

    (void)publish("frontend", "root");
    cr_expect_eq(marble_secret("database", out, 2), 3);
    cr_expect_eq(out[0], 9, "nothing is copied that does not fit");
    cr_expect_eq(marble_secret("database", out, 3), 3);
    cr_expect(slice_equal(slice_of(out, 4), slice_of("\0\1\2\11", 4)));
    cr_expect_eq(marble_secret("other", out, 4), -1);
    cr_expect_str_eq(marble_why(),
                     "the manifest delivers no /marble/secrets/other to this marble [marble_identity]");
}

/* ---- OpenSSL ------------------------------------------------------------------------------------ */

static SSL *end_of(SSL_CTX *ctx, bool server, BIO *in, BIO *out)
{
    SSL *ssl = SSL_new(ctx);

    cr_assert_not_null(ssl);
    cr_assert_eq(BIO_up_ref(in), 1);
    cr_assert_eq(BIO_up_ref(out), 1);
    SSL_set_bio(ssl, in, out);
    if (server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

/* Both have shaken hands, and the server has answered: then the client knows that it is accepted. */
static bool talk(SSL_CTX *server_ctx, SSL_CTX *client_ctx, struct marble_peer *of_server,
                 struct marble_peer *of_client)
{
    BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
    SSL *server = end_of(server_ctx, true, up, down), *client = end_of(client_ctx, false, down, up);
    char byte = 0;
    bool ok;

    for (int i = 0; i < 10; i++) {
        (void)SSL_do_handshake(client);
        (void)SSL_do_handshake(server);
    }
    ok = SSL_is_init_finished(server) && SSL_is_init_finished(client) && SSL_write(server, "x", 1) == 1 &&
         SSL_read(client, &byte, 1) == 1 && byte == 'x' && marble_openssl_peer(client, of_server) == 0 &&
         marble_openssl_peer(server, of_client) == 0;
    SSL_free(server);
    SSL_free(client);
    BIO_free(up);
    BIO_free(down);
    return ok;
}

Test(marble_api, an_openssl_context_takes_each_renewal)
{
    SSL_CTX *server = SSL_CTX_new(TLS_method()), *client = SSL_CTX_new(TLS_method());
    struct marble_peer of_server, of_client;

    cr_expect_eq(marble_openssl_use(server), -1, "there is no identity yet");
    (void)publish("frontend", "root");
    cr_assert_eq(marble_openssl_use(server), 0);
    cr_assert_eq(marble_openssl_use(server), 0, "twice is once");
    cr_assert_eq(marble_openssl_use(client), 0);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        (void)SSL_CTX_set_max_proto_version(client, version);
        cr_assert(talk(server, client, &of_server, &of_client));
        cr_expect_str_eq(of_server.type, "frontend");
        cr_expect_str_eq(of_client.uuid, MESH_IDENTITY_UUID);
    }
    (void)publish("renewed", "another root");
    cr_assert(talk(server, client, &of_server, &of_client));
    cr_expect_str_eq(of_server.type, "renewed");
    cr_expect_str_eq(of_client.type, "renewed");
    SSL_CTX_free(server);
    SSL_CTX_free(client);
}

/* A context with a certificate that somebody else has issued under the same names, and that trusts everybody.
 */
static SSL_CTX *stranger(void)
{
    const struct mesh_identity m = mesh_identity(&a, "frontend", "root");
    const struct parameters p = mesh_parameters(&a, &m);
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    BIO *pem = BIO_new_mem_buf(p.env[1].value.ptr, (int)p.env[1].value.len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, NULL, NULL);

    cr_assert_eq(SSL_CTX_use_certificate_ASN1(ctx, (int)m.leaf.cert.der.len, m.leaf.cert.der.ptr), 1);
    cr_assert_eq(SSL_CTX_use_PrivateKey(ctx, key), 1);
    EVP_PKEY_free(key);
    BIO_free(pem);
    return ctx;
}

Test(marble_api, an_openssl_context_takes_nobody_of_another_mesh)
{
    SSL_CTX *ours = SSL_CTX_new(TLS_method()), *theirs, *anonymous = SSL_CTX_new(TLS_method());
    struct marble_peer p, q;

    (void)publish("frontend", "root");
    theirs = stranger();
    cr_assert_eq(marble_openssl_use(ours), 0);
    cr_expect_not(talk(ours, theirs, &p, &q));
    cr_expect_not(talk(theirs, ours, &p, &q));
    cr_expect_not(talk(ours, anonymous, &p, &q));
    SSL_CTX_free(ours);
    SSL_CTX_free(theirs);
    SSL_CTX_free(anonymous);
}

/* ---- without a TLS library ---------------------------------------------------------------------- */

struct end {
    int socket;
    bool server;
    const char *type; /* demanded of the peer */
    bool ok;          /* a megabyte went, or came, whole */
    char why[1200];
    struct marble_peer peer;
};
enum { MEGABYTE = 1 << 20 };

static bool exchange(struct end *e, struct marble_tls *tls)
{
    uint8_t *bytes = calloc(1, MEGABYTE);
    size_t got = 0;
    long n = 1;
    bool ok;

    if (e->server) {
        while (got < MEGABYTE && (n = marble_tls_read(tls, bytes + got, MEGABYTE - got)) > 0)
            got += (size_t)n;
        ok = got == MEGABYTE && bytes[0] == 7 && bytes[MEGABYTE - 1] == 7 &&
             marble_tls_read(tls, bytes, 1) == 0;
    } else {
        memset(bytes, 7, MEGABYTE);
        ok = marble_tls_write(tls, bytes, MEGABYTE) == 0;
    }
    free(bytes);
    return ok;
}

static void *run(void *arg)
{
    struct end *e = arg;
    struct marble_tls *tls = NULL;

    if ((e->server ? marble_tls_server : marble_tls_client)(e->socket, e->type, &tls) == 0) {
        e->peer = *marble_tls_peer(tls);
        e->ok = exchange(e, tls);
    }
    if (!e->ok)
        (void)snprintf(e->why, sizeof e->why, "%s", marble_why());
    marble_tls_close(tls);
    (void)close(e->socket);
    return NULL;
}

static void connect_both(struct end *server, struct end *client)
{
    int pair[2];
    pthread_t thread;

    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    server->server = true;
    server->socket = pair[0];
    client->socket = pair[1];
    cr_assert_eq(pthread_create(&thread, NULL, run, server), 0);
    (void)run(client);
    cr_assert_eq(pthread_join(thread, NULL), 0);
}

Test(marble_api, marbles_talk_over_any_socket)
{
    struct end server = {.type = "frontend"}, client = {0};

    (void)publish("frontend", "root");
    connect_both(&server, &client);
    cr_expect(server.ok, "%s", server.why);
    cr_expect(client.ok, "%s", client.why);
    cr_expect_str_eq(server.peer.type, "frontend");
    cr_expect_str_eq(client.peer.uuid, MESH_IDENTITY_UUID);
}

Test(marble_api, a_marble_of_another_type_is_refused_by_either_side)
{
    struct end server = {.type = "backend"}, client = {0};

    (void)publish("frontend", "root");
    connect_both(&server, &client);
    cr_expect_not(server.ok);
    cr_expect_not_null(
        strstr(server.why, "expected a marble of the type backend, found one of the type frontend"), "%s",
        server.why);
    cr_expect_not_null(strstr(server.why, "[marble_peer]"), "%s", server.why);
    server = (struct end){0};
    client = (struct end){.type = "backend"};
    connect_both(&server, &client);
    cr_expect_not(client.ok);
    cr_expect_not_null(strstr(client.why, "[marble_peer]"), "%s", client.why);
    cr_expect_not(server.ok);
}

Test(marble_api, a_peer_that_is_gone_is_told_from_one_that_has_closed)
{
    struct end client = {0};
    int pair[2];

    (void)publish("frontend", "root");
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    (void)shutdown(pair[0], SHUT_RDWR);
    client.socket = pair[1];
    (void)run(&client);
    cr_expect_not(client.ok);
    cr_expect_not_null(strstr(client.why, "[peer_closed]"), "%s", client.why);
    (void)close(pair[0]);
}
