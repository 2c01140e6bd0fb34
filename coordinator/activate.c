/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/activate.h"

#include "base/limits.h"
#include "base/text.h"
#include "coordinator/params.h"
#include "pki/hash.h"

/* What the steps pass on to each other. */
struct candidate {
    struct core *core;
    const struct mesh *mesh;
    const struct activation *what;
    const struct marble *marble;
    struct uuid uuid;
    struct marble_identity identity;
    struct slice reply;
};

static bool check_state(struct candidate *c, struct arena *a, struct err *err)
{
    (void)a;
    return mesh_require(c->mesh, 1u << MESH_ACCEPTING_MARBLES, err);
}

static bool check_client(struct candidate *c, struct arena *a, struct err *err)
{
    (void)a;
    return c->what->num_peer_chain > 0 ||
           err_set(err, E_CLIENT_CERT, "the connection carries no client certificate");
}

/* The evidence must speak of the certificate of this very connection; the rest of report data is zero. */
static bool check_evidence(const struct candidate *c, struct arena *a, struct err *err)
{
    const struct package *package = mesh_package(c->mesh, c->marble);
    const struct slice quote = c->what->request->quote;
    uint8_t report_data[64] = {0};
    struct verdict verdict;

    if (core_tee(c->core) == NULL)
        return true; /* the simulated domain without a TEE: nobody has evidence */
    if (quote.len == 0)
        return err_set(err, E_EVIDENCE_MISSING, "the request carries no quote");
    if (quote.len > LIMIT_EVIDENCE)
        return err_set(err, E_EVIDENCE_FORMAT, "a quote of %zu bytes, and more than %d are not read",
                       quote.len, LIMIT_EVIDENCE);
    sha256(report_data, c->what->peer_chain[0]);
    if (!judge_evidence(core_judge(c->core), quote, &package->policy, slice_of(report_data, sizeof report_data),
                        c->what->now, a, &verdict, err))
        return err_in(err, "package \"%s\"", package->name);
    return platforms_match(c->mesh->manifest->platform_rules, c->mesh->manifest->num_infrastructures, &verdict.claims,
                           err);
}

static bool check_admission(struct candidate *c, struct arena *a, struct err *err)
{
    const char *type = c->what->request->marble_type;

    c->marble = manifest_marble(c->mesh->manifest, type);
    if (c->marble == NULL)
        return err_set(err, E_MARBLE_UNKNOWN, "the manifest has no marble \"%s\"",
                       text_shown(a, slice_str(type)));
    return (check_evidence(c, a, err) && core_may_activate(c->core, c->marble, err)) ||
           err_in(err, "marble \"%s\" is not admitted", c->marble->type);
}

/* The all-zero UUID would give private secrets a salt that belongs to nobody. */
static bool check_uuid(struct candidate *c, struct arena *a, struct err *err)
{
    const struct slice text = slice_str(c->what->request->uuid);

    if (!uuid_parse(text, &c->uuid))
        return err_set(err, E_UUID_INVALID, "UUID: expected 36 characters after RFC 9562, found \"%s\"",
                       text_shown(a, text));
    return !slice_is_zero(slice_of(c->uuid.bytes, sizeof c->uuid.bytes)) ||
           err_set(err, E_UUID_INVALID, "UUID: all zero, which names nobody");
}

static bool issue(struct candidate *c, struct arena *a, struct err *err)
{
    struct csr csr;

    c->identity.ca = c->mesh->ca;
    return csr_parse(c->what->request->csr, a, &csr, err) &&
           authority_issue_marble(c->mesh->ca, &csr, c->uuid, c->marble->type, c->what->now, a,
                                  &c->identity.issued, err);
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

static bool build(struct candidate *c, struct arena *a, struct err *err)
{
    const struct mesh *m = c->mesh;
    const struct secrets_for who = {m->manifest, &m->secrets, m->ca, c->uuid, c->marble, names_used(c->marble, a)};
    struct marble_secrets secrets;
    struct parameters p;

    if (!secrets_of_marble(&who, c->what->now, a, &secrets, err) ||
        !params_build(m->manifest, c->marble, &c->identity, &secrets, a, &p, err))
        return false;
    c->reply = activation_response_encode(&p, a);
    return c->reply.len < LIMIT_GRPC_MESSAGE ||
           err_set(
               err, E_ACTIVATION_SIZE,
               "marble \"%s\": files and variables take %zu bytes, and a gRPC message holds fewer than %d",
               c->marble->type, c->reply.len, LIMIT_GRPC_MESSAGE);
}

static bool count(struct candidate *c, struct arena *a, struct err *err)
{
    (void)a;
    return core_count_activation(c->core, c->marble, err);
}

/* The order is the protocol: what a refused marble learns depends on it. */
static const struct {
    bool (*take)(struct candidate *c, struct arena *a, struct err *err);
    int status;
} STEPS[] = {
    {check_state, GRPC_FAILED_PRECONDITION},
    {check_client, GRPC_UNAUTHENTICATED},
    {check_admission, GRPC_PERMISSION_DENIED},
    {check_uuid, GRPC_INVALID_ARGUMENT},
    {issue, GRPC_INTERNAL},
    {build, GRPC_INTERNAL},
    {count, GRPC_INTERNAL},
};
enum { NUM_STEPS = sizeof STEPS / sizeof STEPS[0] };

bool activate(struct core *core, const struct activation *what, struct arena *a, struct slice *reply,
              int *status, struct err *err)
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
