/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "net/tls.h"
#include "tests/support/keys.h"
#include "tests/support/peer.h"

static struct arena a;

static void begin(void)
{
    peer_begin();
    keys_make("server", "ec", "");
    keys_make("client", "ec", "");
}

static void end(void)
{
    peer_end();
    arena_wipe(&a);
}

/* Two ends and what went on between them. */
struct pair {
    struct tls *client, *server;
    enum tls_result client_result, server_result;
    struct err client_err, server_err;
};

static void pass(struct tls *from, struct tls *to)
{
    for (struct slice s; (s = tls_pending(from)).len > 0;) {
        const size_t n = s.len < 100 ? s.len : 100; /* records in pieces */

        cr_assert(tls_feed(to, slice_of(s.ptr, n)));
        tls_sent(from, n);
    }
}

static void shake(struct pair *p)
{
    p->client_result = p->server_result = TLS_WANT_INPUT;
    for (int i = 0; i < 20; i++) {
        if (p->client_result == TLS_WANT_INPUT)
            p->client_result = tls_handshake(p->client, &p->client_err);
        pass(p->client, p->server);
        if (p->server_result == TLS_WANT_INPUT)
            p->server_result = tls_handshake(p->server, &p->server_err);
        pass(p->server, p->client);
    }
}

static struct pair pair_of(struct tls_settings client, struct tls_settings server, const char *client_id)
{
    struct tls_identity *cid = client_id != NULL ? keys_identity(client_id) : NULL,
                        *sid = keys_identity("server");
    struct pair p = {0};
    struct err err;

    server.server = true;
    cr_assert(tls_new(&client, cid, &p.client, &err), "%s", err.text);
    cr_assert(tls_new(&server, sid, &p.server, &err), "%s", err.text);
    tls_identity_release(&cid);
    tls_identity_release(&sid);
    shake(&p);
    return p;
}

static void pair_free(struct pair *p)
{
    tls_free(&p->client);
    tls_free(&p->server);
}

static void send_and_receive(struct tls *from, struct tls *to, size_t len)
{
    uint8_t *sent = arena_alloc(&a, len), got[5000];
    size_t at = 0, taken, n;
    struct err err;

    for (size_t i = 0; i < len; i++)
        sent[i] = (uint8_t)(i * 7);
    for (size_t done = 0; done < len;) {
        cr_assert_eq(tls_write(from, slice_of(sent + done, len - done), &taken, &err), TLS_DONE);
        done += taken;
        pass(from, to);
        while (tls_read(to, got, sizeof got, &n, &err) == TLS_DONE) {
            cr_assert(slice_equal(slice_of(sent + at, n), slice_of(got, n)));
            at += n;
        }
    }
    cr_assert_eq(at, len);
}

static const char *const h2_and_http1[] = {"h2", "http/1.1", NULL}, *const only_http1[] = {"http/1.1", NULL},
                         *const only_h2[] = {"h2", NULL};

Test(tls, both_versions_both_ways_with_certificates_of_both, .init = begin, .fini = end)
{
    for (unsigned version = 12; version <= 13; version++) {
        struct pair p = pair_of((struct tls_settings){.alpn = only_h2, .server_name = "mesh"},
                                (struct tls_settings){.alpn = h2_and_http1,
                                                      .client_auth = TLS_CLIENT_REQUIRED,
                                                      .min_version = version,
                                                      .max_version = version},
                                "client");
        const struct slice *chain;

        cr_assert_eq(p.client_result, TLS_DONE, "%s", p.client_err.text);
        cr_assert_eq(p.server_result, TLS_DONE, "%s", p.server_err.text);
        cr_expect_str_eq(tls_version(p.client), version == 12 ? "TLSv1.2" : "TLSv1.3");
        cr_expect_str_eq(tls_alpn(p.client), "h2");
        cr_expect_str_eq(tls_alpn(p.server), "h2");
        cr_assert_eq(tls_peer_chain(p.server, &chain), 1);
        cr_expect(slice_equal(chain[0], peer_read(&a, "client.der")));
        cr_assert_eq(tls_peer_chain(p.client, &chain), 1);
        cr_expect(slice_equal(chain[0], peer_read(&a, "server.der")));
        send_and_receive(p.client, p.server, 300000);
        send_and_receive(p.server, p.client, 300000);
        pair_free(&p);
    }
}

Test(tls, keys_of_every_kind_are_taken, .init = begin, .fini = end)
{
    static const char *const kinds[] = {"ec", "p384", "rsa"};

    for (size_t i = 0; i < 3; i++)
        for (unsigned version = 12; version <= 13; version++) {
            const char *name = arena_printf(&a, "k%zu", i);
            struct pair p;

            keys_make(name, kinds[i], "");
            p = pair_of((struct tls_settings){0},
                        (struct tls_settings){.client_auth = TLS_CLIENT_REQUIRED, .max_version = version},
                        name);
            cr_expect_eq(p.server_result, TLS_DONE, "%s %u: %s", kinds[i], version, p.server_err.text);
            pair_free(&p);
        }
}

/* Sets both dates of a certificate back to 2001: UTCTime is a tag, a length and YYMMDDhhmmssZ. */
static void make_old(const char *name)
{
    struct slice cert = peer_read(&a, name);
    uint8_t *bytes = arena_alloc(&a, cert.len);
    int found = 0;

    memcpy(bytes, cert.ptr, cert.len);
    for (size_t i = 0; i + 15 <= cert.len; i++)
        if (bytes[i] == 0x17 && bytes[i + 1] == 13 && bytes[i + 14] == 'Z') {
            memcpy(bytes + i + 2, "01", 2);
            found++;
        }
    cr_assert_eq(found, 2);
    peer_write(name, slice_of(bytes, cert.len));
}

/* Issuer, purpose, names and dates are for the check to judge. */
Test(tls, certificates_that_a_browser_would_refuse_pass_to_the_check, .init = begin, .fini = end)
{
    static const struct {
        const char *name, *extra;
    } cases[] = {
        {"ca", "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign"},
        {"email", "-addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=emailProtection"},
        {"old", ""},
        {"nameless", "-subj / -set_serial 42"},
        {"unknown", "-addext 1.2.3.4=critical,DER:0500"},
        {"malformed", "-addext keyUsage=critical,DER:0500"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (unsigned version = 12; version <= 13; version++) {
            struct pair p;

            keys_make(cases[i].name, "ec", cases[i].extra);
            if (strcmp(cases[i].name, "old") == 0)
                make_old("old.der");
            p = pair_of((struct tls_settings){.server_name = "another"},
                        (struct tls_settings){.client_auth = TLS_CLIENT_REQUIRED, .max_version = version},
                        cases[i].name);
            cr_expect_eq(p.client_result, TLS_DONE, "%s %u: %s", cases[i].name, version, p.client_err.text);
            cr_expect_eq(p.server_result, TLS_DONE, "%s %u: %s", cases[i].name, version, p.server_err.text);
            pair_free(&p);
        }
}

/* All that TLS reads of a certificate is where its key stands. */
Test(tls, what_is_no_certificate_is_no_identity, .init = begin, .fini = end)
{
    const struct slice cert = peer_read(&a, "client.der"), key = peer_read(&a, "client.key.der");
    uint8_t *longer = arena_alloc(&a, cert.len + 1);
    const struct slice with_more = slice_of(longer, cert.len + 1);
    struct tls_identity *id = NULL;
    struct err err;

    memcpy(longer, cert.ptr, cert.len);
    cr_expect_not(tls_identity_new(&with_more, 1, key, &id, &err));
    for (size_t len = 0; len < cert.len; len++) {
        const struct slice cut = slice_of(cert.ptr, len);

        cr_expect_not(tls_identity_new(&cut, 1, key, &id, &err), "%zu", len);
        cr_expect_eq(err.code, E_CERT_FORMAT);
    }
    cr_expect_null(id);
    cr_expect(tls_identity_new(&cert, 1, key, &id, &err), "%s", err.text);
    tls_identity_release(&id);
}

struct judge {
    bool verdict;
    size_t calls, num_chain;
};

static bool judge(void *ctx, const struct slice *chain, size_t num_chain, struct err *err)
{
    struct judge *j = ctx;

    j->calls++;
    j->num_chain = num_chain;
    return j->verdict ||
           err_set(err, E_DEBUG, "not you (%zu bytes)", chain[0].len > 0 ? (size_t)1 : (size_t)0);
}

Test(tls, the_check_is_asked_once_and_obeyed, .init = begin, .fini = end)
{
    for (unsigned version = 12; version <= 13; version++)
        for (int verdict = 0; verdict < 2; verdict++) {
            struct judge j = {.verdict = verdict == 1}, k = {.verdict = true};
            struct pair p = pair_of((struct tls_settings){.check = judge, .check_ctx = &j},
                                    (struct tls_settings){.max_version = version}, NULL);

            cr_expect_eq(j.calls, 1);
            cr_expect_eq(j.num_chain, 1);
            cr_expect_eq(p.client_result, verdict == 1 ? TLS_DONE : TLS_FAILED);
            if (verdict == 0) {
                cr_expect_eq(p.client_err.code, E_DEBUG);
                cr_expect_str_eq(p.client_err.text, "the peer's certificate: not you (1 bytes)");
                cr_expect_eq(p.server_result, TLS_FAILED, "it is told");
            }
            pair_free(&p);
            j.calls = 0;
            p = pair_of((struct tls_settings){.check = judge, .check_ctx = &k},
                        (struct tls_settings){.client_auth = TLS_CLIENT_OPTIONAL,
                                              .check = judge,
                                              .check_ctx = &j,
                                              .max_version = version},
                        "client");
            cr_expect_eq(j.calls, 1);
            cr_expect_eq(p.server_result, verdict == 1 ? TLS_DONE : TLS_FAILED);
            pair_free(&p);
        }
}

Test(tls, a_required_certificate_is_missed, .init = begin, .fini = end)
{
    for (unsigned version = 12; version <= 13; version++) {
        struct pair p =
            pair_of((struct tls_settings){0},
                    (struct tls_settings){.client_auth = TLS_CLIENT_REQUIRED, .max_version = version}, NULL);

        cr_expect_eq(p.server_result, TLS_FAILED);
        cr_expect_eq(p.server_err.code, E_TLS_HANDSHAKE);
        cr_expect_str_eq(p.server_err.text,
                         "TLS handshake: the peer sent no certificate, and one is required");
        if (p.client_result == TLS_DONE) { /* TLS 1.3: the client is done before the server has looked */
            uint8_t byte;
            size_t got;

            p.client_result = tls_read(p.client, &byte, 1, &got, &p.client_err);
        }
        cr_expect_eq(p.client_result, TLS_FAILED);
        pair_free(&p);
    }
}

Test(tls, an_optional_certificate_may_be_missing, .init = begin, .fini = end)
{
    for (unsigned version = 12; version <= 13; version++) {
        struct pair p =
            pair_of((struct tls_settings){0},
                    (struct tls_settings){.client_auth = TLS_CLIENT_OPTIONAL, .max_version = version}, NULL);
        const struct slice *chain;

        cr_expect_eq(p.server_result, TLS_DONE, "%s", p.server_err.text);
        cr_expect_eq(tls_peer_chain(p.server, &chain), 0);
        cr_expect(tls_alpn(p.server) == NULL);
        pair_free(&p);
    }
}

Test(tls, without_a_common_protocol_there_is_no_connection, .init = begin, .fini = end)
{
    struct pair p =
        pair_of((struct tls_settings){.alpn = only_http1}, (struct tls_settings){.alpn = only_h2}, NULL);

    cr_expect_eq(p.server_result, TLS_FAILED);
    cr_expect_eq(p.server_err.code, E_TLS_HANDSHAKE);
    cr_expect_eq(p.client_result, TLS_FAILED);
    pair_free(&p);
}

Test(tls, without_a_common_version_there_is_no_connection, .init = begin, .fini = end)
{
    struct pair p =
        pair_of((struct tls_settings){.max_version = 12}, (struct tls_settings){.min_version = 13}, NULL);

    cr_expect_eq(p.server_result, TLS_FAILED);
    cr_expect_eq(p.server_err.code, E_TLS_HANDSHAKE);
    pair_free(&p);
}

Test(tls, both_ends_export_the_same_keying_material, .init = begin, .fini = end)
{
    for (unsigned version = 12; version <= 13; version++) {
        struct pair p =
            pair_of((struct tls_settings){0}, (struct tls_settings){.max_version = version}, NULL);
        uint8_t c[32] = {0}, s[32] = {0}, other[32] = {0};
        struct err err;

        cr_assert(tls_export(p.client, "EXPORTER-test", slice_str("context"), c, sizeof c, &err), "%s",
                  err.text);
        cr_assert(tls_export(p.server, "EXPORTER-test", slice_str("context"), s, sizeof s, &err));
        cr_assert(tls_export(p.server, "EXPORTER-test", slice_str("another"), other, sizeof other, &err));
        cr_expect_arr_eq(c, s, sizeof c);
        cr_expect_arr_neq(c, other, sizeof c);
        pair_free(&p);
    }
}

/* RFC 9266: "tls-exporter" is for TLS 1.3; the label and the empty context are its own. */
Test(tls, the_channel_binding_is_the_same_at_both_ends_and_needs_tls_13, .init = begin, .fini = end)
{
    struct pair old = pair_of((struct tls_settings){0}, (struct tls_settings){.max_version = 12}, NULL);
    struct pair p = pair_of((struct tls_settings){0}, (struct tls_settings){0}, NULL);
    struct pair q = pair_of((struct tls_settings){0}, (struct tls_settings){0}, NULL);
    uint8_t c[TLS_EXPORTER_LEN], s[TLS_EXPORTER_LEN], named[TLS_EXPORTER_LEN], other[TLS_EXPORTER_LEN];
    struct err err;

    cr_assert(tls_exporter(p.client, c, &err) && tls_exporter(p.server, s, &err), "%s", err.text);
    cr_assert(tls_export(p.client, "EXPORTER-Channel-Binding", slice_str(""), named, sizeof named, &err));
    cr_assert(tls_exporter(q.server, other, &err), "%s", err.text);
    cr_expect_arr_eq(c, s, sizeof c);
    cr_expect_arr_eq(c, named, sizeof c);
    cr_expect_arr_neq(c, other, sizeof c);
    cr_expect_not(tls_exporter(old.client, c, &err));
    cr_expect_eq(err.code, E_TLS_HANDSHAKE);
    cr_expect_str_eq(err.text, "TLS exporter: expected TLS 1.3, agreed was TLSv1.2");
    pair_free(&old);
    pair_free(&p);
    pair_free(&q);
}

Test(tls, a_close_is_seen, .init = begin, .fini = end)
{
    for (unsigned version = 12; version <= 13; version++) {
        struct pair p =
            pair_of((struct tls_settings){0}, (struct tls_settings){.max_version = version}, NULL);
        uint8_t byte;
        size_t got;
        struct err err;

        cr_expect_eq(tls_read(p.server, &byte, 1, &got, &err), TLS_WANT_INPUT);
        tls_close(p.client);
        pass(p.client, p.server);
        cr_expect_eq(tls_read(p.server, &byte, 1, &got, &err), TLS_CLOSED);
        pair_free(&p);
    }
}

Test(tls, what_is_not_tls_fails_the_handshake, .init = begin, .fini = end)
{
    static const char *const cases[] = {"GET / HTTP/1.1\r\n\r\n", "\x80\x2e\x01\x03\x01\x00\x15",
                                        "\x16\x03\x01\xff\xff\x01\x01"};

    for (size_t i = 0; i < 3; i++) {
        const struct tls_settings settings = {.server = true};
        struct tls_identity *id = keys_identity("server");
        struct tls *t;
        struct err err = {0};

        cr_assert(tls_new(&settings, id, &t, &err));
        tls_identity_release(&id);
        cr_assert(tls_feed(t, slice_of(cases[i], 7)));
        cr_expect_eq(tls_handshake(t, &err), TLS_FAILED);
        cr_expect_eq(err.code, E_TLS_HANDSHAKE);
        cr_expect_eq(strncmp(err.text, "TLS handshake: ", 15), 0, "%s", err.text);
        cr_expect_eq(tls_handshake(t, &err), TLS_FAILED, "and it stays so");
        tls_free(&t);
    }
}

Test(tls, an_identity_needs_its_own_key, .init = begin, .fini = end)
{
    const struct slice cert = peer_read(&a, "server.der"), key = peer_read(&a, "server.key.der");
    const struct slice other = peer_read(&a, "client.key.der");
    struct tls_identity *id = NULL;
    struct err err = {0};

    cr_expect(!tls_identity_new(&cert, 1, other, &id, &err));
    cr_expect_eq(err.code, E_KEY_FORMAT);
    cr_expect_eq(strncmp(err.text, "TLS identity: the private key is not the leaf certificate's", 59), 0,
                 "%s", err.text);
    cr_expect(!tls_identity_new(&key, 1, key, &id, &err));
    cr_expect_eq(err.code, E_CERT_FORMAT);
    cr_expect(!tls_identity_new(&cert, 1, cert, &id, &err));
    cr_expect_eq(err.code, E_KEY_FORMAT);
    cr_expect(!tls_identity_new(&cert, 0, key, &id, &err));
    cr_expect_str_eq(err.text, "TLS identity: 0 certificates, expected 1 to 10");
    cr_expect(id == NULL);
}
