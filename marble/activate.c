/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/activate.h"

#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "net/grpc.h"

enum {
    FIRST_PAUSE_MS = 200,
    LAST_PAUSE_MS = 5000,
    CONNECT_MS = 10 * 1000,
};

struct attempt {
    const struct config *config;
    struct tls_identity *identity;
    struct slice request;
    int64_t until; /* clock_ticks_ms() */
};

static unsigned left_ms(const struct attempt *t)
{
    const int64_t left = t->until - clock_ticks_ms();

    return left > 1 ? (unsigned)left : 1; /* 0 would mean a default */
}

static bool is_silence(const struct err *err)
{
    return err_kind(err) == ERR_UNAVAILABLE || err_kind(err) == ERR_TIMEOUT;
}

static bool ask(const struct attempt *t, struct arena *a, struct slice *reply, struct err *err)
{
    const unsigned left = left_ms(t);
    const struct client_options options = {
        .address = t->config->coordinator,
        .http2 = true,
        .identity = t->identity,
        .connect_ms = left < CONNECT_MS ? left : CONNECT_MS,
        .call_ms = left,
        .max_body = LIMIT_GRPC_MESSAGE + 5, /* with gRPC's prefix */
    };
    scoped(client_close) struct client *client = NULL;

    if (!client_connect(&options, &client, err))
        return err_in(err, "the coordinator at %s cannot be reached", t->config->coordinator);
    return grpc_call(client, ACTIVATE_METHOD, t->request, a, reply, err) ||
           err_in(err, "the coordinator at %s %s", t->config->coordinator,
                  is_silence(err) ? "did not answer" : "refused this service");
}

static void pause_ms(unsigned ms)
{
    struct timespec left = {ms / 1000, (long)(ms % 1000) * 1000000};

    while (nanosleep(&left, &left) != 0)
        continue; /* a signal; what is left of the pause was written back */
}

static bool ask_until_answered(const struct attempt *t, struct arena *a, struct slice *reply, struct err *err)
{
    unsigned pause = FIRST_PAUSE_MS;

    for (;;) {
        if (ask(t, a, reply, err))
            return true;
        if (err_kind(err) != ERR_UNAVAILABLE)
            return false;
        if (left_ms(t) <= pause)
            return err_in(err, "after %u seconds", t->config->timeout_s);
        pause_ms(pause);
        pause = pause * 2 < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS;
    }
}

bool activate(const struct config *config, const struct credentials *credentials, const char *uuid,
              struct arena *a, struct parameters *out, struct err *err)
{
    const struct activation_request request = {credentials->evidence, credentials->csr, config->type, uuid};
    scoped(secret_wipe) struct secret pkcs8 = {0};
    scoped(tls_identity_release) struct tls_identity *identity = NULL;
    struct attempt t = {.config = config, .until = clock_ticks_ms() + (int64_t)config->timeout_s * 1000};
    struct slice reply;

    key_to_pkcs8(&credentials->key, &pkcs8);
    if (!tls_identity_new(&credentials->cert, 1, secret_bytes(&pkcs8), &identity, err))
        return false;
    t.identity = identity;
    t.request = activation_request_encode(&request, a);
    if (!ask_until_answered(&t, a, &reply, err))
        return false;
    return activation_response_decode(reply, a, out, err) ||
           err_in(err, "the answer of the coordinator at %s", config->coordinator);
}
