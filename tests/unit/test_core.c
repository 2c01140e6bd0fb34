/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/text.h"
#include "tests/support/mesh.h"
#include "tests/support/peer.h"

static struct mesh_test t;
static struct arena a;
static struct err err;
static char *said;

static void begin(void) { mesh_test_begin(&t, NULL); }

static void end(void)
{
    arena_wipe(&a);
    mesh_test_end(&t);
}

static char *manifest(void) { return mesh_test_manifest(&a, "{\"m\":{\"Package\":\"test\"}}", NULL); }

static struct slice root(void)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);

    return arena_copy(&a, m->ca->root.der);
}

static enum mesh_state state(void)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);

    return m->state;
}

Test(core, before_a_manifest_a_restart_is_another_identity, .init = begin, .fini = end)
{
    const struct slice before = root();

    cr_expect_eq(state(), MESH_ACCEPTING_MANIFEST);
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_expect_not(slice_equal(before, root()));
    cr_expect_eq(state(), MESH_ACCEPTING_MANIFEST);
    cr_expect_null(core_trouble(t.core));
}

Test(core, a_restart_after_it_keeps_identity_manifest_and_log, .init = begin, .fini = end)
{
    const struct slice before = root();
    char *raw = manifest();

    mesh_test_set(&t, raw);
    cr_expect(slice_equal(before, root()), "setting a manifest keeps the root");
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    cr_expect_eq(m->state, MESH_ACCEPTING_MARBLES);
    cr_expect(slice_equal(m->ca->root.der, before));
    cr_expect(slice_equal(m->manifest.raw, slice_str(raw)));
    cr_expect_gt(m->quote.len, 0);
    cr_expect_eq(strncmp(m->update_log, "{\"time\":\"20", 11), 0);
    cr_expect_not_null(strstr(m->update_log, ".000Z\",\"update\":\"initial manifest set\"}\n"), "%s",
                       m->update_log);
}

Test(core, an_old_snapshot_lives_as_long_as_somebody_reads_it, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *old = core_mesh(t.core);

    mesh_test_set(&t, manifest());
    cr_expect_eq(old->state, MESH_ACCEPTING_MANIFEST);
    cr_expect_eq(state(), MESH_ACCEPTING_MARBLES);
    cr_expect_gt(old->ca->root.der.len, 0);
}

static bool startup(const char *raw, bool *was_set)
{
    return core_set_startup_manifest(t.core, slice_str(raw), clock_now(), was_set, &err);
}

Test(core, a_startup_manifest_is_set_once_and_then_in_force, .init = begin, .fini = end)
{
    bool was_set;

    cr_assert(startup(manifest(), &was_set), "%s", err.text);
    cr_expect(was_set);
    cr_assert(startup(manifest(), &was_set), "%s", err.text);
    cr_expect_not(was_set);
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_assert(startup(manifest(), &was_set), "%s", err.text);
    cr_expect_not(was_set);
    cr_expect_not(startup("{}", &was_set));
    cr_expect_eq(err.code, E_STATE_WRONG);
    cr_expect_not_null(strstr(err.text, "another manifest is in force (fingerprint "), "%s", err.text);
}

Test(core, without_its_key_it_recovers_and_never_begins_anew_by_itself, .init = begin, .fini = end)
{
    const struct slice before = root();
    bool was_set;

    mesh_test_set(&t, manifest());
    cr_assert(peer_run(&a, &said, "mv state/sealed_key key"));
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_expect_eq(state(), MESH_RECOVERY);
    cr_assert_not_null(core_trouble(t.core));
    cr_expect_eq(core_trouble(t.core)->code, E_STATE_SEALED);
    cr_expect_not(slice_equal(before, root()), "a temporary identity");
    cr_expect_not(startup(manifest(), &was_set));
    cr_expect_str_eq(err.text, "a startup manifest does not replace a state that cannot be unsealed");
    cr_assert(peer_run(&a, &said, "mv key state/sealed_key"));
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_expect_eq(state(), MESH_ACCEPTING_MARBLES);
    cr_expect(slice_equal(before, root()), "the same as ever");
}

Test(core, a_manifest_set_in_recovery_begins_anew_and_keeps_the_old_state, .init = begin, .fini = end)
{
    mesh_test_set(&t, manifest());
    cr_assert(peer_run(&a, &said, "cp state/sealed_data data; rm state/sealed_key"));
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    mesh_test_set(&t, manifest());
    cr_expect_eq(state(), MESH_ACCEPTING_MARBLES);
    cr_expect(peer_run(&a, &said, "cmp data state/sealed_data.old"), "%s", said);
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_expect_eq(state(), MESH_ACCEPTING_MARBLES);
}

Test(core, damaged_data_with_a_good_key_end_the_start, .init = begin, .fini = end)
{
    mesh_test_set(&t, manifest());
    cr_assert(peer_run(&a, &said,
                       "printf overwritten | dd of=state/sealed_data bs=1 seek=200 conv=notrunc status=none"),
              "%s", said);
    cr_expect_not(mesh_test_restart(&t, &err));
    cr_expect_eq(err.code, E_STATE_CORRUPT);
    cr_expect_not_null(
        strstr(err.text, "the state does not open with its data key: it was changed or damaged"));
}

Test(core, a_private_secret_that_no_activation_could_make_is_refused, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *next = NULL;
    char *raw = mesh_test_manifest(&a, "{\"m\":{\"Package\":\"test\"}}",
                                   "{\"c\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Cert\":{"
                                   "\"ExtraExtensions\":[{\"Id\":[2,5,29,15]}]}}}");

    cr_expect_not(core_set_manifest(t.core, slice_str(raw), clock_now(), &next, &err));
    cr_expect_eq(err.code, E_SECRET_VALUE);
    cr_expect_str_eq(
        err.text,
        "setting the manifest: secret \"c\": Cert: with the extensions of the template: certificate: "
        "expected the key usage to be a BIT STRING of at most nine bits, unused ones zero");
    cr_expect_eq(state(), MESH_ACCEPTING_MANIFEST);
}

Test(core, a_disabled_seal_mode_keeps_nothing, .init = begin, .fini = end)
{
    char *raw = manifest();

    mesh_test_set(
        &t, arena_printf(&a, "%.*s,\"Config\":{\"SealMode\":\"Disabled\"}}", (int)strlen(raw) - 1, raw));
    cr_expect_eq(state(), MESH_ACCEPTING_MARBLES);
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_expect_eq(state(), MESH_ACCEPTING_MANIFEST);
}

/* ---- what the store may hold ------------------------------------------------------------------ */

Test(core, a_state_that_lacks_something_or_fits_badly_is_refused, .init = begin, .fini = end)
{
    static const struct {
        const char *key, *value, *text;
    } cases[] = {
        {"state", NULL, "state: \"state\" is missing"},
        {"state", "2", "state: only a coordinator with a manifest seals its state"},
        {"manifest", NULL, "state: \"manifest\" is missing"},
        {"manifest", "{", ""},
        {"manifestSignature", NULL, "state: \"manifestSignature\" is missing"},
        {"rootSecret", NULL, "state: \"rootSecret\" is missing"},
        {"updateLog", NULL, "state: \"updateLog\" is missing"},
        {"certificate:coordinatorRootCert", "x", "certificate authority: "},
        {"certificate:marbleRootCert", NULL, "state: \"certificate:marbleRootCert\" is missing"},
        {"privateKey:coordinatorRootKey", "x", "certificate authority: "},
        {"secret:s", NULL, "state: \"secret:s\" is missing"},
        {"secret:s", "[]", "secret:s: "},
    };
    struct entry *entries;
    size_t num;

    mesh_test_set(&t,
                  mesh_test_manifest(&a, "{\"m\":{\"Package\":\"test\"}}",
                                     "{\"s\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true}}"));
    scoped(mesh_release) struct mesh *good = core_mesh(t.core);
    mesh_entries(good, &a, &entries, &num);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct slice value = cases[i].value == NULL ? (struct slice){0} : slice_str(cases[i].value);
        const struct entries all = entries_with(&(struct entries){0}, entries, num, &a);
        const struct entries some = entries_with(&all, &(struct entry){cases[i].key, value}, 1, &a);
        const char *expected =
            arena_printf(&a, "the sealed state opens, but cannot be used: %s", cases[i].text);
        struct mesh *none = NULL;

        cr_expect_not(mesh_load(&some, &none, &err), "%s", cases[i].key);
        cr_expect_eq(err.code, E_STATE_CORRUPT, "%s", cases[i].key);
        cr_expect_eq(strncmp(err.text, expected, strlen(expected)), 0, "%s: %s", cases[i].key, err.text);
    }
}
