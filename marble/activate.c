/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/activate.h"

#include "attestation/collect.h"
#include "base/clock.h"
#include "base/limits.h"
#include "marble/credentials.h"
#include "marble/pause.h"

enum { CONNECT_MS = 10 * 1000 };

struct attempt {
    const struct config *config;
    const struct pin *pin;
    const char *uuid;
    bool by_mesh;
    int64_t until; /* clock_ticks_ms() */
};

static unsigned left_ms(const struct attempt *t)
{
    const int64_t left = t->until - clock_ticks_ms();

    return left > 1 ? (unsigned)left : 1; /* 0 would mean a default */
}

static unsigned connect_ms(const struct attempt *t)
{
    return left_ms(t) < CONNECT_MS ? left_ms(t) : CONNECT_MS;
}

/* ---- mesh.v1 ------------------------------------------------------------------------------------ */

static bool ask_mesh(const struct attempt *t, struct arena *a, struct activation *out, struct err *err)
{
    const struct session_options options = {
        .config = t->config, .pin = t->pin, .connect_ms = connect_ms(t), .call_ms = left_ms(t)};
    scoped(session_close) struct session s = {0};
    bool refused;

    return session_open(&options, &s, err) && session_challenge(&s, a, err) &&
           session_activate(&s, MESH_ACTIVATE_METHOD, t->uuid, a, out, &refused, err);
}

/* ---- rpc.Marble --------------------------------------------------------------------------------- */

static bool is_silence(const struct err *err)
{
    return err_kind(err) == ERR_UNAVAILABLE || err_kind(err) == ERR_TIMEOUT;
}

static bool call_marble(const struct attempt *t, struct tls_identity *identity, struct slice request,
                        struct arena *a, struct slice *reply, struct err *err)
{
    const struct client_options options = {
        .address = t->config->coordinator,
        .http2 = true,
        .identity = identity,
        .connect_ms = connect_ms(t),
        .call_ms = left_ms(t),
        .max_body = LIMIT_GRPC_MESSAGE + 5, /* with gRPC's prefix */
    };
    scoped(client_close) struct client *client = NULL;

    if (!client_connect(&options, &client, err))
        return err_in(err, "the coordinator at %s cannot be reached", t->config->coordinator);
    return grpc_call(client, ACTIVATE_METHOD, request, a, reply, err) ||
           err_in(err, "the coordinator at %s %s", t->config->coordinator,
                  is_silence(err) ? "did not answer" : "refused this service");
}

static bool ask_marble(const struct attempt *t, struct arena *a, struct activation *out, struct err *err)
{
    scoped(credentials_wipe) struct credentials own = {0};
    scoped(secret_wipe) struct secret pkcs8 = {0};
    scoped(tls_identity_release) struct tls_identity *identity = NULL;
    struct activation_request request = {.marble_type = t->config->type, .uuid = t->uuid};
    struct activation got = {0};
    struct slice reply;

    if (!credentials_make(t->config, clock_now(), a, &own, err))
        return false;
    request.quote = own.evidence;
    request.csr = own.csr;
    key_to_pkcs8(&own.key, &pkcs8);
    if (!tls_identity_new(&own.cert, 1, secret_bytes(&pkcs8), &identity, err) ||
        !call_marble(t, identity, activation_request_encode(&request, a), a, &reply, err))
        return false;
    if (!activation_response_decode(reply, a, &got.parameters, err))
        return err_in(err, "the answer of the coordinator at %s", t->config->coordinator);
    *out = got;
    return true;
}

/* ---- the one or the other ----------------------------------------------------------------------- */

static bool refuse_old(const struct attempt *t, struct err *err)
{
    if (t->pin->given)
        return err_set(err, E_COORDINATOR_OLD,
                       "the coordinator at %s does not know mesh.v1, so it cannot prove what it is, which %s "
                       "demands: over rpc.Marble MarbleRun's coordinators give no evidence",
                       t->config->coordinator, t->pin->source);
    return err_set(err, E_COORDINATOR_OLD,
                   "the coordinator at %s does not know mesh.v1, and MESH_ACTIVATION=mesh demands it",
                   t->config->coordinator);
}

static bool ask(struct attempt *t, struct arena *a, struct activation *out, struct err *err)
{
    if (t->by_mesh) {
        if (ask_mesh(t, a, out, err))
            return true;
        if (err->code != E_GRPC_METHOD)
            return false;
        if (t->pin->given || t->config->way == WAY_MESH)
            return refuse_old(t, err);
        t->by_mesh = false;
    }
    return ask_marble(t, a, out, err);
}

static bool ask_until_answered(struct attempt *t, struct arena *a, struct activation *out, struct err *err)
{
    struct pause pause = {.least_ms = 200, .most_ms = 5000};
    struct err before = {0};

    for (;;) {
        if (ask(t, a, out, err))
            return true;
        if (err_kind(err) == ERR_TIMEOUT && before.code != E_NONE) {
            *err = before; /* time was up in the middle of one more attempt */
            return err_in(err, "after %u seconds", t->config->timeout_s);
        }
        if (err_kind(err) != ERR_UNAVAILABLE)
            return false;
        before = *err;
        if (left_ms(t) <= pause_next_ms(&pause))
            return err_in(err, "after %u seconds", t->config->timeout_s);
        pause_take(&pause);
    }
}

bool activate(const struct config *config, const struct pin *pin, const char *uuid, struct arena *a,
              struct activation *out, struct err *err)
{
    struct attempt t = {.config = config,
                        .pin = pin,
                        .uuid = uuid,
                        .by_mesh = config->way != WAY_MARBLERUN,
                        .until = clock_ticks_ms() + (int64_t)config->timeout_s * 1000};
    const struct tee *tee;

    if (pin->given && config->way == WAY_MARBLERUN)
        return err_set(
            err, E_COORDINATOR_POLICY,
            "MESH_ACTIVATION=marblerun cannot be met together with the policy of the coordinator (%s): over "
            "rpc.Marble a coordinator gives no evidence",
            pin->source);
    return (!config->has_evidence || tee_here(&tee, err)) && ask_until_answered(&t, a, out, err);
}
