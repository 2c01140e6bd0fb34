/* SPDX-License-Identifier: Apache-2.0 */
/* A coordinator, verified or pinned. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/scope.h"
#include "cli/client/handles.h"
#include "cli/client/verify.h"
#include "pki/hash.h"

enum { NONCE_MAX = 1024 };

const char *mesh_client_version(void) { return MARBLEMESH_VERSION; }
int mesh_client_simulated(void) { return trust_domain()->simulated; }

void *handle_new(size_t size)
{
    void *p = calloc(1, size);

    if (p == NULL)
        abort();
    return p;
}

void tell(const struct err *err, struct mesh_client_error *error)
{
    if (error == NULL)
        return;
    (void)snprintf(error->reason, sizeof error->reason, "%s", reason_of(err->code)->name);
    (void)snprintf(error->text, sizeof error->text, "%s", err->text);
}

bool take_known(const char *what, void *to, size_t to_size, const void *from, size_t size, size_t least,
                struct err *err)
{
    if (size < least || size > to_size)
        return err_set(err, E_USAGE,
                       "%s: size: expected %zu to %zu, found %zu; a larger one was built for a later version",
                       what, least, to_size, size);
    memcpy(to, from, size);
    return true;
}

/* ---- options --------------------------------------------------------------------------------------- */

static bool take_options(const struct mesh_client_options *given, struct mesh_client_options *out,
                         struct err *err)
{
    if (!take_known("options", out, sizeof *out, given, given->size,
                    offsetof(struct mesh_client_options, nonce), err))
        return false;
    if (out->address == NULL)
        return err_set(err, E_USAGE, "options: address is missing");
    if (out->nonce.len > NONCE_MAX)
        return err_set(err, E_USAGE, "options: nonce: expected %d bytes at most, found %zu", NONCE_MAX,
                       out->nonce.len);
    if (out->policy.len > LIMIT_COLLATERAL_JSON || out->collateral.len > LIMIT_BUNDLE)
        return err_set(err, E_USAGE, "options: policy or collateral is too large");
    return true;
}

static bool take_user(const struct mesh_client_options *o, struct arena *a, struct tls_identity **out,
                      struct err *err)
{
    const struct named_pem certificate = {"user_certificate", bytes_in(o->user_certificate)},
                           key = {"user_key", bytes_in(o->user_key)};

    if (certificate.text.len == 0 && key.text.len == 0)
        return true;
    if (certificate.text.len > LIMIT_CHAIN * LIMIT_CERTIFICATE || key.text.len > LIMIT_CERTIFICATE)
        return err_set(err, E_USAGE, "user_certificate or user_key is too large");
    return user_identity(certificate, key, a, out, err);
}

/* As a program's is opened that gets its options from the environment. */
static bool open_judge(const struct mesh_client_options *o, struct judge **out, struct err *err)
{
    const bool is_named = o->intel_service != NULL || o->amd_service != NULL;
    const struct judge_options options = {
        .fetch = {.intel_url = o->intel_service, .amd_url = o->amd_service, .ca_file = o->service_ca},
        .fetches = is_named || !trust_domain()->simulated,
    };
    scoped(judge_close) struct judge *judge = NULL;

    if (!judge_open(&options, clock_now(), &judge, err))
        return false;
    if (o->collateral.len > 0 && !judge_import(judge, bytes_in(o->collateral), clock_now(), err))
        return err_in(err, "options: collateral");
    *out = judge;
    judge = NULL;
    return true;
}

/* Where nobody would see a warning it is a refusal. */
static bool take_policy(const struct mesh_client_options *o, struct arena *a, struct package_policy *out,
                        struct err *err)
{
    char *warning;

    if (!era_parse(bytes_in(o->policy), a, out, err) || !era_check(out, a, &warning, err))
        return err_in(err, "options: policy");
    return warning == NULL || err_set(err, E_PACKAGE_INCOMPLETE, "options: policy: %s", warning);
}

/* ---- verified, or pinned --------------------------------------------------------------------------- */

static bool verify(const struct mesh_client_options *o, struct mesh_client *mesh, struct err *err)
{
    const struct coordinator whoever = mesh->coordinator;
    scoped(judge_close) struct judge *judge = NULL;
    struct slice nonce = bytes_in(o->nonce);
    struct package_policy policy;
    struct presented presented;
    struct verdict verdict;
    uint8_t random[32];

    random_bytes(random, sizeof random);
    if (nonce.len == 0)
        nonce = slice_of(random, sizeof random);
    return take_policy(o, &mesh->arena, &policy, err) && open_judge(o, &judge, err) &&
           coordinator_present(&whoever, nonce, false, &mesh->arena, &presented, err) &&
           coordinator_verify(&presented, &policy, judge, clock_now(), &mesh->arena, &verdict,
                              &mesh->coordinator, err);
}

static bool pinned(const char *pin, struct mesh_client *mesh, struct err *err)
{
    struct coordinator before = mesh->coordinator;
    const size_t len = strnlen(pin, LIMIT_CHAIN * LIMIT_CERTIFICATE);

    if (!coordinator_pinned(before.address, slice_of(pin, len), &mesh->arena, &mesh->coordinator, err))
        return err_in(err, "pin");
    mesh->coordinator.user = before.user;
    mesh->coordinator.connect_ms = before.connect_ms;
    mesh->coordinator.call_ms = before.call_ms;
    return true;
}

/* Until it is verified or pinned it is nobody's: mesh_client_free() is what a failure ends with. */
static bool prepare(const struct mesh_client_options *o, struct mesh_client *mesh, struct err *err)
{
    mesh->coordinator = (struct coordinator){
        .address = arena_strdup(&mesh->arena, o->address),
        .connect_ms = o->connect_ms,
        .call_ms = o->call_ms,
    };
    return take_user(o, &mesh->arena, &mesh->coordinator.user, err);
}

static struct mesh_client *client_new(const struct mesh_client_options *options, const char *pin,
                                      struct mesh_client_error *error)
{
    struct mesh_client *mesh = handle_new(sizeof *mesh);
    struct mesh_client_options o = {0};
    struct err err;

    secret_init();
    pki_init();
    net_init();
    if (take_options(options, &o, &err) && prepare(&o, mesh, &err) &&
        (pin != NULL ? pinned(pin, mesh, &err) : verify(&o, mesh, &err)))
        return mesh;
    tell(&err, error);
    mesh_client_free(mesh);
    return NULL;
}

struct mesh_client *mesh_client_verify(const struct mesh_client_options *options,
                                       struct mesh_client_error *error)
{
    return client_new(options, NULL, error);
}

struct mesh_client *mesh_client_pinned(const struct mesh_client_options *options, const char *pin,
                                       struct mesh_client_error *error)
{
    return client_new(options, pin != NULL ? pin : "", error);
}

void mesh_client_free(struct mesh_client *mesh)
{
    if (mesh == NULL)
        return;
    tls_identity_release(&mesh->coordinator.user);
    arena_wipe(&mesh->arena);
    free(mesh);
}

const char *mesh_client_pin(const struct mesh_client *mesh) { return mesh->coordinator.chain_pem; }
