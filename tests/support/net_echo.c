/* SPDX-License-Identifier: Apache-2.0 */
/* net_echo: a server on the real network stack, for scripts that talk to it with other people's clients.
 *
 *     net_echo ADDRESS CERT.der KEY.der [none|optional|required]     TLS, both protocols
 *     net_echo ADDRESS plain                                         without TLS
 *
 * Prints the port, then answers until it is told to end by SIGTERM or SIGINT:
 *     /echo        the body that was sent       /size?bytes=N   N bytes
 *     /slow?ms=N   after a while                /client         number of the client's certificates
 *     a gRPC call  the message that was sent    /certificate    the first one of them, DER
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "net/grpc.h"
#include "net/server.h"

static struct tls_identity *identity;

static struct tls_identity *hold_identity(void *app)
{
    (void)app;
    return tls_identity_hold(identity);
}

static uint64_t number(struct exchange *ex, const char *name, uint64_t max)
{
    struct slice text;
    struct err err;
    uint64_t n = 0;
    bool found;

    if (!http_query(ex->request.query, name, 0, &ex->arena, &text, &found, &err) || !found)
        return 0;
    return decimal_decode(text, max, &n) ? n : 0;
}

static void pause_for(uint64_t ms)
{
    const struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

static void refuse(void *app, struct exchange *ex, const struct err *err)
{
    (void)app;
    ex->response.status = err_http_status(err_kind(err));
    http_add_header(&ex->response, &ex->arena, "Content-Type", "text/plain");
    ex->response.body =
        slice_str(arena_printf(&ex->arena, "%s: %s\n", reason_of(err->code)->name, err->text));
}

static void handle(void *app, struct exchange *ex)
{
    const struct http_request *q = &ex->request;
    struct http_response *r = &ex->response;
    struct slice message;
    struct err err;

    r->status = 200;
    if (grpc_is_call(q)) {
        if (grpc_message(q, &message, &err))
            grpc_reply(r, &ex->arena, message);
        else
            grpc_refuse(r, &ex->arena, err_grpc_status(err_kind(&err)), &err);
    } else if (slice_equal(q->path, slice_str("/echo"))) {
        r->body = q->body;
    } else if (slice_equal(q->path, slice_str("/slow"))) {
        pause_for(number(ex, "ms", 60000));
        r->body = slice_str("late\n");
    } else if (slice_equal(q->path, slice_str("/size"))) {
        const size_t n = number(ex, "bytes", 64 * MIB);
        uint8_t *bytes = arena_alloc(&ex->arena, n);

        r->body = slice_of(memset(bytes, 'x', n), n);
    } else if (slice_equal(q->path, slice_str("/client"))) {
        r->body = slice_str(arena_printf(&ex->arena, "%zu\n", q->num_peer_chain));
    } else if (slice_equal(q->path, slice_str("/certificate"))) {
        r->body = q->num_peer_chain > 0 ? q->peer_chain[0] : (struct slice){0};
    } else {
        (void)err_set(&err, E_HTTP_METHOD, "no such path");
        refuse(app, ex, &err);
    }
}

static bool is_slow(void *app, const struct http_request *request)
{
    (void)app;
    return slice_equal(request->path, slice_str("/slow"));
}

static void trouble(void *app, const char *peer, const struct err *err)
{
    (void)app;
    fprintf(stderr, "%s: %s: %s\n", peer, reason_of(err->code)->name, err->text);
}

static bool load_identity(const char *cert, const char *key, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct slice cert_der, key_der;

    return file_read(cert, LIMIT_CERTIFICATE, &a, &cert_der, err) &&
           file_read(key, LIMIT_CERTIFICATE, &a, &key_der, err) &&
           tls_identity_new(&cert_der, 1, key_der, &identity, err);
}

static enum tls_client_auth client_auth(const char *word)
{
    return strcmp(word, "required") == 0 ? TLS_CLIENT_REQUIRED
           : strcmp(word, "none") == 0   ? TLS_CLIENT_NONE
                                         : TLS_CLIENT_OPTIONAL;
}

static unsigned from_env(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static bool serve(const char *address, enum tls_client_auth auth, struct net_server **server, struct err *err)
{
    const struct net_server_options options = {.limits = {.handshake_ms = from_env("HANDSHAKE_MS"),
                                                          .request_ms = from_env("REQUEST_MS"),
                                                          .idle_ms = from_env("IDLE_MS"),
                                                          .max_body = from_env("MAX_BODY")}};
    const struct net_listener listener = {.address = address,
                                          .client_auth = auth,
                                          .http1 = true,
                                          .http2 = true,
                                          .handler = {.handle = handle,
                                                      .refuse = refuse,
                                                      .is_slow = is_slow,
                                                      .identity = identity != NULL ? hold_identity : NULL,
                                                      .trouble = trouble}};
    unsigned port;

    if (!net_server_start(&options, server, err) || !net_server_listen(*server, &listener, &port, err))
        return false;
    printf("%u\n", port);
    return fflush(stdout) == 0;
}

int main(int argc, char **argv)
{
    struct net_server *server = NULL;
    struct err err = {0};
    sigset_t ends;
    int signal_number;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
    if (argc < 3 || (argc < 4 && strcmp(argv[2], "plain") != 0))
        return 2;
    if ((argc >= 4 && !load_identity(argv[2], argv[3], &err)) ||
        !serve(argv[1], client_auth(argc >= 5 ? argv[4] : "optional"), &server, &err)) {
        fprintf(stderr, "net_echo: %s: %s\n", reason_of(err.code)->name, err.text);
        net_server_stop(&server);
        return 1;
    }
    (void)sigwait(&ends, &signal_number);
    net_server_stop(&server);
    tls_identity_release(&identity);
    return 0;
}
