/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/session.h"

#include "base/clock.h"
#include "base/limits.h"
#include "marble/credentials.h"

void session_close(struct session *s)
{
    client_close(&s->client);
    wipe(s->exporter, sizeof s->exporter);
    *s = (struct session){0};
}

static bool check_server(void *ctx, const struct slice *chain, size_t num_chain, struct err *err)
{
    const struct session_options *o = ctx;

    return pin_check_chain(chain, num_chain, o->root, clock_now(), err);
}

static bool connect_as(const struct session_options *options, struct tls_identity *identity,
                       struct client **out, struct err *err)
{
    const struct client_options o = {
        .address = options->config->coordinator,
        .http2 = true,
        .min_tls = 13,
        .identity = identity,
        .check = options->root.len > 0 ? check_server : NULL,
        .check_ctx = (void *)(uintptr_t)options,
        .connect_ms = options->connect_ms,
        .call_ms = options->call_ms,
        .max_body = LIMIT_GRPC_MESSAGE + 5, /* with gRPC's prefix */
    };

    return client_connect(&o, out, err) ||
           err_in(err, "the coordinator at %s cannot be reached", options->config->coordinator);
}

bool session_open(const struct session_options *options, struct session *out, struct err *err)
{
    scoped(tls_identity_release) struct tls_identity *anonymous = NULL;
    struct session s = {.options = options};

    if (options->identity == NULL && !credentials_anonymous(clock_now(), &anonymous, err))
        return false;
    if (!connect_as(options, options->identity != NULL ? options->identity : anonymous, &s.client, err))
        return false;
    if (!client_exporter(s.client, s.exporter, err)) {
        session_close(&s);
        return false;
    }
    *out = s;
    return true;
}

/* ---- the coordinator proves itself -------------------------------------------------------------- */

static bool verify(const struct session *s, struct slice nonce, const struct mesh_challenge_reply *reply,
                   struct err *err)
{
    const struct session_options *o = s->options;
    struct pin_question q = {.nonce = nonce, .reply = reply, .now = clock_now()};

    q.num_chain = client_peer_chain(s->client, &q.chain);
    if (o->root.len > 0 && !slice_equal(o->root, reply->root))
        return err_set(err, E_CERT_CHAIN, "it names another root certificate than the one that is known");
    return o->pin->given ? pin_verify(o->pin, &q, err)
                         : pin_check_chain(q.chain, q.num_chain, reply->root, q.now, err);
}

bool session_challenge(struct session *s, struct arena *a, struct err *err)
{
    const char *const address = s->options->config->coordinator;
    struct mesh_challenge_reply reply;
    uint8_t random[MESH_NONCE_SIZE];
    const struct slice nonce = slice_of(random, s->options->pin->given ? sizeof random : 0);
    struct slice answer;

    random_bytes(random, sizeof random);
    if (!grpc_call(s->client, MESH_CHALLENGE_METHOD, mesh_challenge_request_encode(nonce, a), a, &answer,
                   err))
        return err_in(err, "the coordinator at %s gave no challenge", address);
    if (!mesh_challenge_reply_decode(answer, a, &reply, err) || !verify(s, nonce, &reply, err))
        return err_in(err, "the coordinator at %s is not trusted, and nothing was sent to it", address);
    s->nonce = reply.nonce;
    s->root = reply.root;
    return true;
}

/* ---- the service proves itself ------------------------------------------------------------------ */

static bool read_dates(const struct mesh_activate_reply *r, struct activation *out, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct cert leaf;

    if (!cert_parse(r->chain[0], &a, &leaf, err))
        return err_in(err, "the certificate that the coordinator issued");
    out->not_before = leaf.not_before;
    out->not_after = leaf.not_after;
    return true;
}

static bool take(const struct session *s, struct slice answer, const struct key *key, struct arena *a,
                 struct activation *out, struct err *err)
{
    scoped(secret_wipe) struct secret pkcs8 = {0};
    struct mesh_activate_reply r;
    struct activation got = {.by_mesh = true, .root = s->root};

    if (!mesh_activate_reply_decode(answer, a, &r, err) || !read_dates(&r, &got, err))
        return err_in(err, "the answer of the coordinator at %s", s->options->config->coordinator);
    key_to_pkcs8(key, &pkcs8);
    mesh_put_key(&r.parameters, r.key_stand_in, secret_bytes(&pkcs8), a);
    got.parameters = r.parameters;
    got.revision = r.revision;
    *out = got;
    return true;
}

static bool is_silence(const struct err *err)
{
    return err_kind(err) == ERR_UNAVAILABLE || err_kind(err) == ERR_TIMEOUT;
}

bool session_activate(struct session *s, const char *method, const char *uuid, struct arena *a,
                      struct activation *out, bool *refused, struct err *err)
{
    const struct config *config = s->options->config;
    const struct mesh_binding binding = {.nonce = s->nonce,
                                         .exporter = slice_of(s->exporter, sizeof s->exporter)};
    scoped(credentials_wipe) struct credentials own = {0};
    struct mesh_activate_request request = {.nonce = s->nonce, .marble_type = config->type, .uuid = uuid};
    struct slice answer;

    *refused = false;
    if (!credentials_bound(config, &binding, a, &own, err))
        return false;
    request.evidence = own.evidence;
    request.csr = own.csr;
    if (!grpc_call(s->client, method, mesh_activate_request_encode(&request, a), a, &answer, err)) {
        *refused = !is_silence(err);
        return err_in(err, "the coordinator at %s %s", config->coordinator,
                      *refused ? "refused this service" : "did not answer");
    }
    return take(s, answer, &own.key, a, out, err);
}
