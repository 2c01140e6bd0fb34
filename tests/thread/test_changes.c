/* SPDX-License-Identifier: Apache-2.0 */
/* Marbles are activated, and readers look, while two users update the manifest, one raises a package's
 * version and one uploads a secret, all at once: every snapshot is whole, what was answered is what is there,
 * and nothing of what two changed at the same time is lost. For the thread sanitizer. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "tests/support/mesh.h"
#include "tests/support/people.h"

enum { ASKERS = 2, READERS = 2, ROUNDS = 8 };

static struct mesh_test t;
static atomic_bool done;
static atomic_uint admitted, counted;

static void fail(const char *what, const struct err *err)
{
    (void)fprintf(stderr, "%s: %s\n", what, err->text);
    abort();
}

/* Each update has another version of the package "product", and is by another user. */
static char *manifest(struct arena *a, unsigned version)
{
    static const char MORE[] =
        ",\"Secrets\":{\"shared\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true},"
        "\"cert\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Shared\":true},"
        "\"upload\":{\"Type\":\"plain\",\"UserDefined\":true}},"
        "\"Roles\":{\"u\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]},"
        "\"p\":{\"ResourceType\":\"Packages\",\"ResourceNames\":[\"product\"],\"Actions\":["
        "\"UpdateSecurityVersion\"]},"
        "\"w\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"upload\"],\"Actions\":[\"WriteSecret\"]}},"
        "\"Config\":{\"UpdateThreshold\":1}";
    char *m = mesh_test_manifest_with(
        a,
        "{\"m\":{\"Package\":\"test\",\"MaxActivations\":1000,\"Parameters\":{\"Env\":{"
        "\"A\":\"{{ hex .Secrets.shared }}\",\"B\":\"{{ hex .Secrets.shared }}\"}}}}",
        arena_printf(a, "%s,\"Users\":{%s,%s,%s,%s}", MORE, user_member(a, "alice", "\"u\""),
                     user_member(a, "bob", "\"u\""), user_member(a, "rita", "\"p\""),
                     user_member(a, "writer", "\"w\"")));
    static const char PACKAGES[] = "\"Packages\":{";
    char *at = strstr(m, PACKAGES) + strlen(PACKAGES);

    return arena_printf(a,
                        "%.*s\"product\":{\"SignerID\":\"%064d\",\"ProductID\":7,\"SecurityVersion\":%u},%s",
                        (int)(at - m), m, 0, version, at);
}

static void *ask(void *nothing)
{
    for (int i = 0; i < ROUNDS; i++) {
        scoped(arena_wipe) struct arena a = {0};
        struct parameters got;
        struct asker who;
        struct err err;
        int status;

        asker_new("m", "11111111-2222-4333-8444-555555555555", &a, &who);
        if (!asker_ask(&t, &who, &a, &got, &status, &err))
            fail("asking", &err);
        if (!slice_equal(given(got.env, got.num_env, "A"), given(got.env, got.num_env, "B")))
            fail("two manifests in one answer", &err);
        atomic_fetch_add(&admitted, 1);
    }
    return nothing;
}

static void look_at(const struct mesh *m)
{
    struct err err = {0};

    if (m->state != MESH_ACCEPTING_MARBLES || m->secrets.now.num != 3 || m->manifest->num_users != 4)
        fail("half a mesh", &err);
    for (size_t i = 0; i < m->secrets.now.num; i++)
        if (m->secrets.now.values[i].spec !=
            manifest_secret(m->manifest, m->secrets.now.values[i].spec->name))
            fail("secrets of another manifest", &err);
    if (!spki_verify(m->ca->root.spki, SIG_ECDSA_SHA256, m->manifest->raw, m->manifest_signature, &err))
        fail("signature of another manifest", &err);
    if (!cert_signed_by(&m->ca->intermediate, &m->ca->root, &err))
        fail("intermediate", &err);
}

static void *look(void *nothing)
{
    while (!atomic_load(&done)) {
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);
        scoped(arena_wipe) struct arena a = {0};
        const char *log;
        struct err err;

        look_at(m);
        if (!core_update_log(t.core, &a, &log, &err))
            fail("log", &err);
    }
    return nothing;
}

static void *update(void *name)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        scoped(arena_wipe) struct arena a = {0};
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);
        struct update_result r;
        struct err err;

        if (!core_update(t.core, user_of(m, name), slice_str(manifest(&a, 1 + i)), clock_now(), &a, &r,
                         &err) ||
            !r.applied)
            fail("update", &err);
        atomic_fetch_add(&counted, 2);
    }
    return NULL;
}

static void *raise_version(void *name)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        scoped(arena_wipe) struct arena a = {0};
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);
        const char *raw = arena_printf(&a, "{\"Packages\":{\"product\":{\"SecurityVersion\":%u}}}", 100 + i);
        struct update_result r;
        struct err err;

        if (!core_update(t.core, user_of(m, name), slice_str(raw), clock_now(), &a, &r, &err))
            fail("package update", &err);
        atomic_fetch_add(&counted, 1);
    }
    return NULL;
}

static void *upload(void *name)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);
        scoped(json_release) json_t *json = json_pack("{s:{s:s}}", "upload", "Key", "eA==");
        struct err err;

        if (!core_secrets_set(t.core, user_of(m, name), json, clock_now(), &err))
            fail("upload", &err);
        atomic_fetch_add(&counted, 1);
    }
    return NULL;
}

/* As many lines as there were changes, the first manifest among them. */
static bool log_is_whole(void)
{
    scoped(arena_wipe) struct arena a = {0};
    struct err err = {0};
    const char *log;
    unsigned lines = 0;

    if (!core_update_log(t.core, &a, &log, &err))
        fail("log", &err);
    for (const char *c = log; *c != '\0'; c++)
        lines += *c == '\n';
    (void)printf("%u changes, %u lines of log\n", atomic_load(&counted), lines);
    return lines == atomic_load(&counted) + 1;
}

static bool all_is_there(void)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    const struct package *p = package_find(m->packages, m->manifest->num_packages, "product");

    return p->policy.security_version == 100 + ROUNDS - 1 &&
           slice_equal(secret_find(&m->secrets.now, "upload")->private_key, slice_str("x"));
}

int main(void)
{
    static char alice[] = "alice", bob[] = "bob", rita[] = "rita", writer[] = "writer";
    pthread_t readers[READERS], others[ASKERS + 4];
    struct err err;
    size_t n = 0;

    mesh_test_begin(&t, NULL);
    user_make(alice);
    user_make(bob);
    user_make(rita);
    user_make(writer);
    (void)mesh_test_set(&t, manifest(&t.arena, 1));
    for (size_t i = 0; i < READERS; i++)
        if (pthread_create(&readers[i], NULL, look, NULL) != 0)
            abort();
    for (; n < ASKERS; n++)
        if (pthread_create(&others[n], NULL, ask, NULL) != 0)
            abort();
    if (pthread_create(&others[n++], NULL, update, alice) != 0 ||
        pthread_create(&others[n++], NULL, update, bob) != 0 ||
        pthread_create(&others[n++], NULL, raise_version, rita) != 0 ||
        pthread_create(&others[n++], NULL, upload, writer) != 0)
        abort();
    for (size_t i = 0; i < n; i++)
        (void)pthread_join(others[i], NULL);
    atomic_store(&done, true);
    for (size_t i = 0; i < READERS; i++)
        (void)pthread_join(readers[i], NULL);
    if (!log_is_whole() || !all_is_there() || atomic_load(&admitted) != ASKERS * ROUNDS)
        return 1;
    if (!mesh_test_restart(&t, &err))
        fail("restart", &err);
    if (!log_is_whole() || !all_is_there())
        return 1;
    mesh_test_end(&t);
    return 0;
}
