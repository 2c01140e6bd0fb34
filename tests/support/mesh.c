/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/mesh.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "net/tls.h"
#include "pki/hash.h"
#include "tests/support/peer.h"

static void must(bool ok, const struct err *err)
{
    if (ok)
        return;
    (void)fprintf(stderr, "tests/support/mesh: %s\n", err->text);
    abort();
}

static bool open_core(struct mesh_test *t, struct err *err)
{
    struct core_options o = {.config = &t->config, .now = clock_now()};

    return (t->config.no_evidence || tee_here(&o.tee, err)) && core_open(&o, &t->core, err);
}

void mesh_test_begin(struct mesh_test *t, const char *setting)
{
    struct err err;

    json_init();
    secret_init();
    pki_init();
    net_init();
    peer_begin();
    *t = (struct mesh_test){0};
    char *const environment[] = {
        arena_printf(&t->arena, "EDG_COORDINATOR_SEAL_DIR=%s", peer_path(&t->arena, "state")),
        arena_strdup(&t->arena, setting == NULL ? "X=" : setting), NULL};

    must(config_read(environment, true, &t->arena, &t->config, &err) && open_core(t, &err), &err);
}

void mesh_test_end(struct mesh_test *t)
{
    core_close(&t->core);
    arena_wipe(&t->arena);
    peer_end();
}

bool mesh_test_restart(struct mesh_test *t, struct err *err)
{
    core_close(&t->core);
    return open_core(t, err);
}

char *mesh_test_manifest_with(struct arena *a, const char *marbles, const char *more)
{
    struct package_policy self;
    struct err err;

    must(trust_domain()->package_info("/proc/self/exe", a, &self, &err), &err);
    return arena_printf(a, "{\"Packages\":{\"test\":{\"UniqueID\":\"%s\"}},\"Marbles\":%s%s}", self.unique_id,
                        marbles, more);
}

char *mesh_test_manifest(struct arena *a, const char *marbles, const char *secrets)
{
    return mesh_test_manifest_with(a, marbles,
                                   secrets == NULL ? "" : arena_printf(a, ",\"Secrets\":%s", secrets));
}

struct recovery_secrets mesh_test_set(struct mesh_test *t, const char *manifest)
{
    struct recovery_secrets secrets;
    struct err err;

    must(core_set_manifest(t->core, slice_str(manifest), clock_now(), &t->arena, &secrets, &err), &err);
    return secrets;
}

static struct slice self_signed(const struct key *k, struct arena *a)
{
    const struct name_part subject = {OID_COMMON_NAME, "MarbleRun Marble"};
    const struct cert_spec spec = {.subject = &subject,
                                   .num_subject = 1,
                                   .not_before = clock_now() - 60,
                                   .not_after = clock_now() + 3600,
                                   .path_len = -1};
    struct slice der;
    struct err err;

    must(cert_issue(&spec, key_spki(k, a), NULL, k, a, &der, &err), &err);
    return der;
}

void asker_new(const char *type, const char *uuid, struct arena *a, struct asker *out)
{
    static char localhost[] = "localhost";
    char *dns[] = {localhost};
    const struct san san = {.dns = dns, .num_dns = 1};
    scoped(key_wipe) struct key key = {0};
    uint8_t report_data[64] = {0};
    const struct tee *tee = NULL;
    struct err err;

    must(key_generate(KEY_P256, &key, &err) && tee_here(&tee, &err), &err);
    *out =
        (struct asker){.certificate = self_signed(&key, a), .request = {.marble_type = type, .uuid = uuid}};
    sha256(report_data, out->certificate);
    must(tee->evidence(report_data, a, &out->request.quote, &err), &err);
    must(csr_make(&key, name_build(a, NULL, 0), &san, a, &out->request.csr, &err), &err);
}

bool asker_ask(struct mesh_test *t, const struct asker *who, struct arena *a, struct parameters *out,
               int *status, struct err *err)
{
    struct activation what = {.request = activation_of_rpc(&who->request),
                              .peer_chain = &who->certificate,
                              .num_peer_chain = who->certificate.len > 0,
                              .now = clock_now()};
    struct slice reply;

    return activate(t->core, &what, a, &reply, status, err) && activation_response_decode(reply, a, out, err);
}

struct slice given(const struct parameter *some, size_t num, const char *name)
{
    for (size_t i = 0; i < num; i++)
        if (strcmp(some[i].name, name) == 0)
            return some[i].value;
    return (struct slice){0};
}
