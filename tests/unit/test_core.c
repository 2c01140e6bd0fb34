/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/state_keys.h"
#include "tests/support/mesh.h"
#include "tests/support/people.h"
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
    const char *log;

    (void)mesh_test_set(&t, raw);
    cr_expect(slice_equal(before, root()), "setting a manifest keeps the root");
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    cr_expect_eq(m->state, MESH_ACCEPTING_MARBLES);
    cr_expect(slice_equal(m->ca->root.der, before));
    cr_expect(slice_equal(m->manifest->raw, slice_str(raw)));
    cr_expect_gt(m->quote.len, 0);
    cr_assert(core_update_log(t.core, &a, &log, &err), "%s", err.text);
    cr_expect_eq(strncmp(log, "{\"time\":\"20", 11), 0);
    cr_expect_not_null(strstr(log, ".000Z\",\"update\":\"initial manifest set\"}\n"), "%s", log);
}

Test(core, an_old_snapshot_lives_as_long_as_somebody_reads_it, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *old = core_mesh(t.core);

    (void)mesh_test_set(&t, manifest());
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

    (void)mesh_test_set(&t, manifest());
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
    (void)mesh_test_set(&t, manifest());
    cr_assert(peer_run(&a, &said, "cp state/sealed_data data; rm state/sealed_key"));
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    (void)mesh_test_set(&t, manifest());
    cr_expect_eq(state(), MESH_ACCEPTING_MARBLES);
    cr_expect(peer_run(&a, &said, "cmp data state/sealed_data.old"), "%s", said);
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_expect_eq(state(), MESH_ACCEPTING_MARBLES);
}

Test(core, damaged_data_with_a_good_key_end_the_start, .init = begin, .fini = end)
{
    (void)mesh_test_set(&t, manifest());
    cr_assert(peer_run(&a, &said,
                       "for f in state/sealed_data state/sealed_data.copy; do printf overwritten | dd of=$f "
                       "bs=1 seek=400 conv=notrunc status=none; done"),
              "%s", said);
    cr_expect_not(mesh_test_restart(&t, &err));
    cr_expect_eq(err.code, E_STATE_CORRUPT);
}

Test(core, a_private_secret_that_no_activation_could_make_is_refused, .init = begin, .fini = end)
{
    struct recovery_secrets none;
    char *raw = mesh_test_manifest(&a, "{\"m\":{\"Package\":\"test\"}}",
                                   "{\"c\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Cert\":{"
                                   "\"ExtraExtensions\":[{\"Id\":[2,5,29,15]}]}}}");

    cr_expect_not(core_set_manifest(t.core, slice_str(raw), clock_now(), &a, &none, &err));
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

    (void)mesh_test_set(
        &t, arena_printf(&a, "%.*s,\"Config\":{\"SealMode\":\"Disabled\"}}", (int)strlen(raw) - 1, raw));
    cr_expect_eq(state(), MESH_ACCEPTING_MARBLES);
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_expect_eq(state(), MESH_ACCEPTING_MANIFEST);
}

/* ---- what the store may hold ------------------------------------------------------------------ */

static char *everything(void)
{
    user_make("alice");
    return mesh_test_manifest_with(
        &a,
        "{\"m\":{\"Package\":\"test\",\"TLS\":[\"t\"],\"Parameters\":{\"Files\":{\"/f\":{\"Data\":\"AAEC\","
        "\"Encoding\":\"base64\"}},\"Argv\":[\"m\"]}}}",
        arena_printf(&a,
                     ",\"Secrets\":{\"s\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true},"
                     "\"c\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Shared\":true},"
                     "\"p\":{\"Type\":\"symmetric-key\",\"Size\":128},\"u\":{\"Type\":\"plain\","
                     "\"UserDefined\":true}},\"TLS\":{\"t\":{\"Incoming\":[{\"Port\":\"2000\"}]}},"
                     "\"Infrastructures\":{\"i\":{\"CPUSVN\":[1,2]}},\"Users\":{%s},\"Roles\":{\"r\":{"
                     "\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]}}",
                     user_member(&a, "alice", "\"r\"")));
}

/* The state of a mesh in which everything occurs. */
static struct entries full_state(void)
{
    scoped(mesh_release) struct mesh *m = NULL;

    (void)mesh_test_set(&t, everything());
    m = core_mesh(t.core);
    const struct entries e = mesh_entries(m, &a);
    const struct entry log = {KEY_UPDATE_LOG, slice_str("{}\n")};

    return entries_with(&e, &log, 1, &a);
}

Test(core, the_state_has_marbleruns_keys, .init = begin, .fini = end)
{
    static const char *const keys[] = {
        "TLS:t", "certificate:coordinatorIntermediateCert", "certificate:coordinatorRootCert",
        "certificate:marbleRootCert", "infrastructure:i", "manifest", "manifestSignature", "marble:m",
        "package:test", "previousRootSecret", "previousSecret:c", "previousSecret:s", "previousSecret:u",
        "privateKey:coordinatorIntermediateKey", "privateKey:coordinatorRootKey", "revision", "rootSecret", "secret:c",
        "secret:s", "secret:u", "state", "updateLog", "user:alice"};
    const struct entries e = full_state();

    cr_assert_eq(e.num, sizeof keys / sizeof keys[0]);
    for (size_t i = 0; i < e.num; i++)
        cr_expect_str_eq(e.at[i].key, keys[i]);
}

Test(core, what_is_loaded_is_what_was_kept, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *m = NULL;
    const struct entries e = full_state();

    cr_assert(mesh_load(&e, &m, &err), "%s", err.text);
    const struct entries again = mesh_entries(m, &a);
    const struct store_changes changes = entries_changes(&e, &again, &a);
    cr_expect_eq(changes.num, 0, "%s", changes.num == 0 ? "" : changes.at[0].key);
}

Test(core, changes_are_what_differs_and_spare_log_and_counters, .init = begin, .fini = end)
{
    struct entry before[] = {{"activations:m", slice_str("1")}, {"marble:a", slice_str("1")}, {"marble:b", slice_str("1")},
                             {"marble:c", slice_str("1")}, {"monotonicCounter:x", slice_str("1")},
                             {"updateLog", slice_str("1")}},
                 after[] = {{"marble:b", slice_str("2")}, {"marble:c", slice_str("1")}, {"marble:d", slice_str("1")}};
    const struct store_changes changes =
        entries_changes(&(struct entries){before, 6}, &(struct entries){after, 3}, &a);

    cr_assert_eq(changes.num, 3);
    cr_expect_str_eq(changes.at[0].key, "marble:a");
    cr_expect_null(changes.at[0].value.ptr);
    cr_expect_str_eq(changes.at[1].key, "marble:b");
    cr_expect(slice_equal(changes.at[1].value, slice_str("2")));
    cr_expect_str_eq(changes.at[2].key, "marble:d");
}

Test(core, a_state_that_lacks_something_or_fits_badly_is_refused, .init = begin, .fini = end)
{
    static const struct {
        const char *key, *value, *text;
    } cases[] = {
        {"state", NULL, "state: \"state\" is missing"},
        {"state", "2", "state: \"state\" is not 3: only a coordinator with a manifest seals its state"},
        {"manifest", NULL, "state: \"manifest\" is missing"},
        {"manifest", "{", "state: \"manifestSignature\" is not the root key's for \"manifest\""},
        {"manifestSignature", NULL, "state: \"manifestSignature\" is missing"},
        {"manifestSignature", "x", "state: \"manifestSignature\" is not the root key's for \"manifest\""},
        {"rootSecret", NULL, "state: \"rootSecret\" is missing"},
        {"rootSecret", "", "state: \"rootSecret\" is empty"},
        {"updateLog", NULL, "state: \"updateLog\" is missing"},
        {"certificate:coordinatorRootCert", "x", "certificate authority: "},
        {"certificate:marbleRootCert", NULL, "state: \"certificate:marbleRootCert\" is missing"},
        {"privateKey:coordinatorRootKey", "x", "certificate authority: "},
        {"package:test", NULL, "state: \"package:test\" is missing"},
        {"package:test", "[]", "package"},
        {"infrastructure:i", NULL, "state: \"infrastructure:i\" is missing"},
        {"marble:m", NULL, "state: \"marble:m\" is missing"},
        {"TLS:t", NULL, "state: \"TLS:t\" is missing"},
        {"user:alice", NULL, "state: \"user:alice\" is missing"},
        {"user:alice", "{}", "state: \"user:alice\" has another certificate than the manifest"},
        {"secret:s", NULL, "state: \"secret:s\" is missing"},
        {"secret:s", "[]", "secret:s"},
        {"previousSecret:s", "[]", "secret:s"},
        {"pendingUpdate", "{}", "pendingUpdate.manifestRaw: "},
    };
    const struct entries all = full_state();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct slice value = cases[i].value == NULL ? (struct slice){0} : slice_str(cases[i].value);
        const struct entries some = entries_with(&all, &(struct entry){cases[i].key, value}, 1, &a);
        static const char expected[] = "the sealed state opens, but cannot be used: ";
        struct mesh *none = NULL;

        cr_expect_not(mesh_load(&some, &none, &err), "%s", cases[i].key);
        cr_expect_eq(err.code, E_STATE_CORRUPT, "%s", cases[i].key);
        cr_expect_eq(strncmp(err.text, expected, strlen(expected)), 0, "%s: %s", cases[i].key, err.text);
        cr_expect_not_null(strstr(err.text, cases[i].text), "%s: %s", cases[i].key, err.text);
    }
}

Test(core, what_old_states_lack_is_taken_from_what_they_have, .init = begin, .fini = end)
{
    const struct entry without[] = {{"previousRootSecret", {0}}, {"previousSecret:s", {0}}, {"previousSecret:c", {0}},
                                    {"previousSecret:u", {0}}};
    const struct entries all = full_state(), old = entries_with(&all, without, 4, &a);
    scoped(mesh_release) struct mesh *m = NULL;

    cr_assert(mesh_load(&old, &m, &err), "%s", err.text);
    cr_expect(slice_equal(m->secrets.previous_root_secret, m->secrets.root_secret));
    cr_expect_eq(m->secrets.previous.num, 3);
    cr_expect(slice_equal(secret_find(&m->secrets.previous, "s")->private_key,
                          secret_find(&m->secrets.now, "s")->private_key));
}
