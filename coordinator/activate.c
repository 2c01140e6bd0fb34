/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/activate.h"

#include "base/limits.h"
#include "base/text.h"
#include "coordinator/challenge.h"
#include "coordinator/params.h"
#include "pki/hash.h"

/* What the steps pass on to each other. */
struct candidate {
    struct core *core;
    const struct mesh *mesh;
    struct activation *what;
    const struct marble *marble;
    struct csr csr;
    struct uuid uuid;
    struct marble_identity identity;
    uint8_t stand_in[MESH_STAND_IN_SIZE]; /* for the private key, where that stays with the marble */
    struct slice reply;
};

static bool is_by_rpc(const struct candidate *c) { return c->what->way == ACTIVATE_BY_RPC; }
static bool is_renewal(const struct candidate *c) { return c->what->way == RENEW_BY_MESH; }

static bool check_state(struct candidate *c, struct arena *a, struct err *err)
{
    (void)a;
    return mesh_require(c->mesh, 1u << MESH_ACCEPTING_MARBLES, err);
}

/* Who renews is who its certificate says. */
static bool check_member(struct candidate *c, struct arena *a, struct err *err)
{
    struct mesh_activate_request *r = &c->what->request;
    char uuid[UUID_LEN + 1];
    struct marble_peer who;

    if (!mesh_member_peer(c->mesh, c->what->peer_chain, c->what->num_peer_chain, c->what->now, a, &who, err))
        return false;
    uuid_format(uuid, who.uuid);
    r->marble_type = who.type;
    r->uuid = arena_strdup(a, uuid);
    return true;
}

static bool check_client(struct candidate *c, struct arena *a, struct err *err)
{
    const struct activation *what = c->what;

    if (is_by_rpc(c))
        return what->num_peer_chain > 0 ||
               err_set(err, E_CLIENT_CERT, "the connection carries no client certificate");
    return challenge_check(core_challenge_key(c->core), what->exporter, what->request.nonce, what->now,
                           err) &&
           (!is_renewal(c) || check_member(c, a, err));
}

/* The key that is bound to the evidence; MarbleRun looks at the request later. */
static bool check_key(struct candidate *c, struct arena *a, struct err *err)
{
    return is_by_rpc(c) ||
           (csr_parse(c->what->request.csr, a, &c->csr, err) && authority_check_own_key(c->csr.spki, err));
}

/* rpc.Marble: the certificate of this very connection; the rest of report data is zero. */
static void bind_evidence(const struct candidate *c, uint8_t report_data[64])
{
    const struct mesh_binding b = {c->what->request.nonce, c->what->exporter, c->csr.spki};

    memset(report_data, 0, 64);
    if (is_by_rpc(c))
        sha256(report_data, c->what->peer_chain[0]);
    else
        mesh_binding(&b, report_data);
}

/* Genuine, of the right program, and made for something else: for another connection, or only another key? */
static bool tell_relayed(const struct candidate *c, const uint8_t expected[64], const struct verdict *verdict,
                         struct err *err)
{
    const struct slice bound = verdict->claims.bound;

    if (err->code != E_REPORT_DATA || is_by_rpc(c) || bound.len != 64 ||
        memcmp(bound.ptr, expected, MESH_BINDING_CONNECTION) == 0)
        return false;
    return err_set(
        err, E_EVIDENCE_RELAYED,
        "the evidence was made for another TLS connection than the one it came over: somebody between the "
        "service and the coordinator ends the connection");
}

static bool check_evidence(const struct candidate *c, struct arena *a, struct err *err)
{
    const struct package *package = mesh_package(c->mesh, c->marble);
    const struct slice quote = c->what->request.evidence;
    uint8_t report_data[64];
    struct verdict verdict;

    if (is_by_rpc(c) && package->policy.relay_proof)
        return err_set(
            err, E_RELAY_PROOF,
            "package \"%s\" demands evidence that cannot be relayed (RelayProof), and rpc.Marble/Activate "
            "has none",
            package->name);
    if (core_tee(c->core) == NULL)
        return true; /* the simulated domain without a TEE: nobody has evidence */
    if (quote.len == 0)
        return err_set(err, E_EVIDENCE_MISSING, "the request carries no quote");
    if (quote.len > LIMIT_EVIDENCE)
        return err_set(err, E_EVIDENCE_FORMAT, "a quote of %zu bytes, and more than %d are not read",
                       quote.len, LIMIT_EVIDENCE);
    bind_evidence(c, report_data);
    if (!judge_evidence(core_judge(c->core), quote, &package->policy,
                        slice_of(report_data, sizeof report_data), c->what->now, a, &verdict, err))
        return tell_relayed(c, report_data, &verdict, err) || err_in(err, "package \"%s\"", package->name);
    return platforms_match(c->mesh->manifest->platform_rules, c->mesh->manifest->num_infrastructures,
                           &verdict.claims, err);
}

static bool check_admission(struct candidate *c, struct arena *a, struct err *err)
{
    const char *type = c->what->request.marble_type;

    c->marble = manifest_marble(c->mesh->manifest, type);
    if (c->marble == NULL)
        return err_set(err, E_MARBLE_UNKNOWN, "the manifest has no marble \"%s\"",
                       text_shown(a, slice_str(type)));
    return (check_evidence(c, a, err) && (is_renewal(c) || core_may_activate(c->core, c->marble, err))) ||
           err_in(err, "marble \"%s\" is not admitted", c->marble->type);
}

/* The all-zero UUID would give private secrets a salt that belongs to nobody. */
static bool check_uuid(struct candidate *c, struct arena *a, struct err *err)
{
    const struct slice text = slice_str(c->what->request.uuid);

    if (!uuid_parse(text, &c->uuid))
        return err_set(err, E_UUID_INVALID, "UUID: expected 36 characters after RFC 9562, found \"%s\"",
                       text_shown(a, text));
    return !slice_is_zero(slice_of(c->uuid.bytes, sizeof c->uuid.bytes)) ||
           err_set(err, E_UUID_INVALID, "UUID: all zero, which names nobody");
}

static bool issue(struct candidate *c, struct arena *a, struct err *err)
{
    const int64_t lifetime = is_by_rpc(c) ? 0 : c->mesh->manifest->leaf_lifetime;

    c->identity.ca = c->mesh->ca;
    if (is_by_rpc(c) && !csr_parse(c->what->request.csr, a, &c->csr, err))
        return false;
    if (!authority_issue_marble(c->mesh->ca, &c->csr, marble_san(c->mesh->manifest, c->marble, c->uuid, a),
                                c->uuid, c->marble->type, lifetime, c->what->now, a, &c->identity.issued,
                                err))
        return false;
    if (is_by_rpc(c))
        return true;
    mesh_new_stand_in(c->stand_in);
    c->identity.issued.private_key = slice_of(c->stand_in, sizeof c->stand_in);
    return true;
}

/* What the marble's templates and TLS tags name: nothing else is made for it. */
static const struct secret_names *names_used(const struct marble *m, struct arena *a)
{
    struct secret_names *names = arena_alloc(a, sizeof *names);
    const char **at = arena_array(a, m->num_secrets, sizeof *at);

    if (m->all_secrets)
        return NULL;
    for (size_t i = 0; i < m->num_secrets; i++)
        at[i] = m->secrets[i].secret->name;
    *names = (struct secret_names){at, m->num_secrets};
    return names;
}

static struct slice encode(const struct candidate *c, const struct parameters *p, struct arena *a)
{
    struct slice chain[] = {c->identity.issued.cert, c->mesh->ca->intermediate.der};
    const struct mesh_activate_reply reply = {.chain = chain,
                                              .num_chain = 2,
                                              .parameters = *p,
                                              .key_stand_in = c->identity.issued.private_key,
                                              .revision = c->mesh->revision};

    return is_by_rpc(c) ? activation_response_encode(p, a) : mesh_activate_reply_encode(&reply, a);
}

static bool build(struct candidate *c, struct arena *a, struct err *err)
{
    const struct mesh *m = c->mesh;
    const struct secrets_for who = {m->manifest, &m->secrets, m->ca,
                                    c->uuid,     c->marble,   names_used(c->marble, a)};
    struct marble_secrets secrets;
    struct parameters p;

    if (!secrets_of_marble(&who, c->what->now, a, &secrets, err) ||
        !params_build(m->manifest, c->marble, &c->identity, &secrets, a, &p, err))
        return false;
    c->reply = encode(c, &p, a);
    return c->reply.len < LIMIT_GRPC_MESSAGE ||
           err_set(
               err, E_ACTIVATION_SIZE,
               "marble \"%s\": files and variables take %zu bytes, and a gRPC message holds fewer than %d",
               c->marble->type, c->reply.len, LIMIT_GRPC_MESSAGE);
}

static bool count(struct candidate *c, struct arena *a, struct err *err)
{
    (void)a;
    return is_renewal(c) || core_count_activation(c->core, c->marble, err);
}

/* The order is the protocol: what a refused marble learns depends on it. */
static const struct {
    bool (*take)(struct candidate *c, struct arena *a, struct err *err);
    int status;
} STEPS[] = {
    {check_state, GRPC_FAILED_PRECONDITION},
    {check_client, GRPC_UNAUTHENTICATED},
    {check_key, GRPC_INVALID_ARGUMENT},
    {check_admission, GRPC_PERMISSION_DENIED},
    {check_uuid, GRPC_INVALID_ARGUMENT},
    {issue, GRPC_INTERNAL},
    {build, GRPC_INTERNAL},
    {count, GRPC_INTERNAL},
};
enum { NUM_STEPS = sizeof STEPS / sizeof STEPS[0] };

bool activate(struct core *core, struct activation *what, struct arena *a, struct slice *reply, int *status,
              struct err *err)
{
    scoped(mesh_release) struct mesh *mesh = core_mesh(core);
    struct candidate c = {.core = core, .mesh = mesh, .what = what};

    for (size_t i = 0; i < NUM_STEPS; i++) {
        if (STEPS[i].take(&c, a, err))
            continue;
        /* Refusals of ours that MarbleRun does not have: a name, and the last place lost in a race. */
        *status = err->code == E_NAME_RESERVED || err->code == E_MARBLE_LIMIT ? GRPC_PERMISSION_DENIED
                                                                              : STEPS[i].status;
        return false;
    }
    *reply = c.reply;
    return true;
}

bool activation_is_slow(const struct mesh *mesh, const char *type)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const struct marble *marble = manifest_marble(mesh->manifest, type);

    return marble != NULL && secrets_are_slow(mesh->manifest, marble, names_used(marble, &scratch));
}
