/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/recovery.h"
#include "coordinator/state_keys.h"
#include "pki/hash.h"
#include "tests/support/mesh.h"
#include "tests/support/peer.h"
#include "tests/support/people.h"

static struct mesh_test t;
static struct arena a;
static struct err err;
static char *said;
static size_t remaining;
static struct slice root;

enum { MAX_OWNERS = 4 };
static const char *const NAMES[MAX_OWNERS] = {"anna", "berta", "clara", "doris"};
static struct slice secrets[MAX_OWNERS], signatures[MAX_OWNERS];
static const struct slice NOTHING = {0};

static char *manifest(size_t num_owners, const char *config)
{
    char *keys = "";

    for (size_t i = 0; i < num_owners; i++)
        keys = arena_printf(&a, "%s%s%s", keys, i == 0 ? "" : ",", owner_member(&a, NAMES[i]));
    return mesh_test_manifest_with(
        &a, "{\"m\":{\"Package\":\"test\"},\"two\":{\"Package\":\"test\",\"MaxActivations\":2}}",
        arena_printf(&a,
                     ",\"RecoveryKeys\":{%s},\"Config\":%s,\"Secrets\":{\"key\":{\"Type\":\"symmetric-key\","
                     "\"Size\":128,\"Shared\":true}}",
                     keys, config));
}

static void note_root(void)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);

    root = arena_copy(&a, m->ca->root.der);
}

/* A mesh with these owners, who have decrypted and signed what they got. */
static void begin_with(size_t num_owners, const char *config)
{
    struct recovery_secrets given;

    mesh_test_begin(&t, NULL);
    for (size_t i = 0; i < num_owners; i++)
        owner_make(NAMES[i]);
    given = mesh_test_set(&t, manifest(num_owners, config));
    cr_assert_eq(given.num, num_owners);
    for (size_t i = 0; i < num_owners; i++) {
        secrets[i] = owner_secret(&a, NAMES[i], &given);
        signatures[i] = owner_sign(&a, NAMES[i], secrets[i]);
    }
    note_root();
}

static void end(void)
{
    arena_wipe(&a);
    mesh_test_end(&t);
}

static enum mesh_state state(void)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);

    return m->state;
}

static void restart(enum mesh_state expected)
{
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_assert_eq(state(), expected);
}

/* The data key is gone, as on another machine. */
static void lose_key(void)
{
    cr_assert(peer_run(&a, &said, "rm state/sealed_key"), "%s", said);
    restart(MESH_RECOVERY);
}

static bool send(struct slice secret, struct slice signature)
{
    remaining = 99;
    return core_recover(t.core, secret, signature, clock_now(), &remaining, &err);
}

static bool send_of(size_t owner) { return send(secrets[owner], signatures[owner]); }

static void expect_sent(size_t owner, size_t still)
{
    cr_assert(send_of(owner), "%s: %s", NAMES[owner], err.text);
    cr_expect_eq(remaining, still, "%zu", remaining);
}

static void expect_refused(bool ok, enum err_code code, const char *text)
{
    cr_expect_not(ok, "%s", text);
    cr_expect_eq(err.code, code, "%s: %s", text, err.text);
    cr_expect_not_null(strstr(err.text, text), "%s: %s", text, err.text);
}

/* Everything is as before, and stays so. */
static void expect_recovered(void)
{
    for (int again = 0; again < 2; again++) {
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);

        cr_expect_eq(m->state, MESH_ACCEPTING_MARBLES);
        cr_expect(slice_equal(m->ca->root.der, root));
        cr_expect_gt(m->quote.len, 0);
        restart(MESH_ACCEPTING_MARBLES);
    }
}

static struct slice noise(size_t len)
{
    uint8_t *bytes = arena_alloc(&a, len);

    random_bytes(bytes, len);
    return slice_of(bytes, len);
}

/* ---- one key ---------------------------------------------------------------------------------- */

static void begin_one(void) { begin_with(1, "{}"); }

Test(recover, the_one_secret_opens_the_state, .init = begin_one, .fini = end)
{
    cr_expect_eq(secrets[0].len, 32);
    expect_refused(send_of(0), E_STATE_WRONG, "server is not in expected state");
    lose_key();
    expect_sent(0, 0);
    expect_recovered();
}

Test(recover, counters_go_on_after_a_recovery, .init = begin_one, .fini = end)
{
    scoped(mesh_release) struct mesh *before = core_mesh(t.core);

    cr_assert(core_count_activation(t.core, manifest_marble(before->manifest, "two"), &err), "%s", err.text);
    lose_key();
    expect_sent(0, 0);
    scoped(mesh_release) struct mesh *after = core_mesh(t.core);
    cr_expect(core_count_activation(t.core, manifest_marble(after->manifest, "two"), &err), "%s", err.text);
    cr_expect_not(core_count_activation(t.core, manifest_marble(after->manifest, "two"), &err));
}

/* MarbleRun's regression test: after garbage the last upload fails, and a retry with only correct ones works.
 */
Test(recover, after_garbage_one_starts_over, .init = begin_one, .fini = end)
{
    lose_key();
    cr_assert(send(noise(32), NOTHING), "%s", err.text);
    cr_expect_eq(remaining, 1, "nobody can tell yet");
    expect_refused(send_of(0), E_RECOVERY_SIGNATURE, "2 recovery secrets were sent, and 1 open this state");
    cr_expect_eq(state(), MESH_RECOVERY);
    expect_sent(0, 0);
    expect_recovered();
}

Test(recover, garbage_without_end_is_forgotten, .init = begin_one, .fini = end)
{
    lose_key();
    for (size_t i = 0; i < RECOVERY_MAX_UNKNOWN; i++)
        cr_assert(send(noise(32), NOTHING), "%s", err.text);
    expect_refused(send(noise(32), NOTHING), E_RECOVERY_SECRET, "all are forgotten now");
    expect_sent(0, 0);
}

Test(recover, a_secret_without_its_owners_signature_does_not_open_it, .init = begin_one, .fini = end)
{
    lose_key();
    expect_refused(send(secrets[0], NOTHING), E_RECOVERY_SIGNATURE, "recovery secret 1 of 1 is not signed");
    expect_refused(send(secrets[0], owner_sign(&a, NAMES[0], slice_str("else"))), E_RECOVERY_SIGNATURE,
                   "recovery secret 1 of 1 is not signed");
    owner_make("eve");
    expect_refused(send(secrets[0], owner_sign(&a, "eve", secrets[0])), E_RECOVERY_SIGNATURE,
                   "recovery secret 1 of 1 is not signed");
    expect_sent(0, 0);
}

Test(recover, a_secret_has_a_length, .init = begin_one, .fini = end)
{
    static const size_t lengths[] = {0, 1, 15, 17, 31, 34, 64, 512};

    lose_key();
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        expect_refused(send(noise(lengths[i]), NOTHING), E_RECOVERY_SECRET,
                       "a recovery secret has 16, 32 or 33 bytes");
    expect_sent(0, 0);
}

Test(recover, a_damaged_state_is_told_from_a_wrong_secret, .init = begin_one, .fini = end)
{
    cr_assert(peer_run(&a, &said,
                       "for f in state/sealed_data state/sealed_data.copy; do printf overwritten | dd of=$f "
                       "bs=1 seek=400 conv=notrunc status=none; done"),
              "%s", said);
    lose_key();
    expect_refused(send_of(0), E_STATE_CORRUPT, "");
    cr_expect_eq(state(), MESH_RECOVERY);
}

/* ---- no key ----------------------------------------------------------------------------------- */

static void begin_none(void) { begin_with(0, "{}"); }

Test(recover, without_recovery_keys_nobody_has_a_secret, .init = begin_none, .fini = end)
{
    lose_key();
    cr_assert(send(noise(32), NOTHING), "%s", err.text);
    cr_expect_eq(remaining, 1);
}

/* ---- all of several --------------------------------------------------------------------------- */

static void begin_three(void) { begin_with(3, "{}"); }

Test(recover, all_of_several_are_needed, .init = begin_three, .fini = end)
{
    lose_key();
    expect_sent(2, 2);
    expect_sent(0, 1);
    expect_sent(1, 0);
    expect_recovered();
}

Test(recover, what_is_known_to_be_wrong_is_refused_at_once, .init = begin_three, .fini = end)
{
    lose_key();
    expect_sent(0, 2);
    expect_refused(send_of(0), E_RECOVERY_SECRET, "invalid or already used");
    expect_refused(send(noise(32), NOTHING), E_RECOVERY_SECRET, "invalid or already used");
    expect_refused(send(noise(33), NOTHING), E_RECOVERY_SECRET, "invalid or already used");
    expect_sent(1, 1);
    expect_sent(2, 0);
    expect_recovered();
}

Test(recover, one_bad_signature_of_several_begins_it_anew, .init = begin_three, .fini = end)
{
    lose_key();
    expect_sent(0, 2);
    cr_assert(send(secrets[1], signatures[0]), "it is looked at when all are here: %s", err.text);
    expect_refused(send_of(2), E_RECOVERY_SIGNATURE, "recovery secret 2 of 3 is not signed");
    expect_sent(0, 2);
    expect_sent(1, 1);
    expect_sent(2, 0);
}

/* ---- a threshold of several ------------------------------------------------------------------- */

static void begin_threshold(void) { begin_with(4, "{\"RecoveryThreshold\":3}"); }

Test(recover, a_threshold_of_several_is_enough, .init = begin_threshold, .fini = end)
{
    cr_expect_eq(secrets[0].len, 33);
    lose_key();
    expect_sent(3, 3);
    expect_sent(1, 2);
    expect_sent(2, 0);
    expect_recovered();
}

Test(recover, with_a_threshold_wrong_ones_are_refused_too, .init = begin_threshold, .fini = end)
{
    lose_key();
    expect_sent(3, 3);
    expect_refused(send_of(3), E_RECOVERY_SECRET, "invalid or already used");
    expect_refused(send(noise(33), NOTHING), E_RECOVERY_SECRET, "invalid or already used");
    cr_assert(send(secrets[1], signatures[3]), "%s", err.text);
    expect_refused(send_of(2), E_RECOVERY_SIGNATURE, "is not signed by a recovery key of its own");
    expect_sent(0, 3);
    expect_sent(1, 2);
    expect_sent(2, 0);
    expect_recovered();
}

/* ---- beside it -------------------------------------------------------------------------------- */

Test(recover, a_manifest_that_fails_to_be_set_disturbs_nothing, .init = begin_three, .fini = end)
{
    struct recovery_secrets none;

    lose_key();
    expect_sent(0, 2);
    cr_expect_not(core_set_manifest(t.core, slice_str("{}"), clock_now(), &a, &none, &err));
    cr_expect_not(core_set_manifest(t.core, slice_str("{"), clock_now(), &a, &none, &err));
    cr_expect_eq(state(), MESH_RECOVERY);
    expect_sent(1, 1);
    expect_sent(2, 0);
    expect_recovered();
}

Test(recover, a_manifest_that_is_set_begins_another_mesh, .init = begin_three, .fini = end)
{
    lose_key();
    expect_sent(0, 2);
    (void)mesh_test_set(&t, manifest(0, "{}"));
    expect_refused(send_of(1), E_STATE_WRONG, "server is not in expected state");
    restart(MESH_ACCEPTING_MARBLES);
    note_root();
    cr_expect(peer_run(&a, &said, "ls state/*.old"), "the files of the other are kept");
}

static void begin_fresh(void) { mesh_test_begin(&t, NULL); }

Test(recover, an_update_that_changes_the_owners_changes_the_secrets, .init = begin_fresh, .fini = end)
{
    struct update_result r;

    user_make("alice");
    owner_make("anna");
    owner_make("berta");
    const char *people = arena_printf(&a,
                                      ",\"Users\":{%s},\"Roles\":{\"u\":{\"ResourceType\":\"Manifest\","
                                      "\"Actions\":[\"UpdateManifest\"]}}",
                                      user_member(&a, "alice", "\"u\""));
    char *one = mesh_test_manifest_with(
             &a, "{\"m\":{\"Package\":\"test\"}}",
             arena_printf(&a, "%s,\"RecoveryKeys\":{%s}", people, owner_member(&a, "anna"))),
         *two = mesh_test_manifest_with(&a, "{\"m\":{\"Package\":\"test\"}}",
                                        arena_printf(&a, "%s,\"RecoveryKeys\":{%s,%s}", people,
                                                     owner_member(&a, "anna"), owner_member(&a, "berta")));
    struct recovery_secrets given = mesh_test_set(&t, one);
    const struct slice old = owner_secret(&a, "anna", &given), old_signature = owner_sign(&a, "anna", old);

    note_root();
    {
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);

        cr_assert(core_update(t.core, user_of(m, "alice"), slice_str(two), clock_now(), &a, &r, &err), "%s",
                  err.text);
    }
    cr_assert(r.has_recovery_secrets);
    cr_assert_eq(r.recovery_secrets.num, 2);
    restart(MESH_ACCEPTING_MARBLES);
    for (size_t i = 0; i < 2; i++) {
        secrets[i] = owner_secret(&a, NAMES[i], &r.recovery_secrets);
        signatures[i] = owner_sign(&a, NAMES[i], secrets[i]);
    }
    lose_key();
    expect_refused(send(old, old_signature), E_RECOVERY_SECRET, "invalid or already used");
    expect_sent(0, 1);
    expect_sent(1, 0);
    expect_recovered();
}

/* ---- on its way ------------------------------------------------------------------------------- */

static struct slice encrypted(struct slice spki, struct slice secret)
{
    peer_write("spki", spki);
    peer_write("plain", secret);
    cr_assert(
        peer_run(&a, &said,
                 "openssl pkeyutl -encrypt -pubin -keyform DER -inkey spki -in plain -out cipher -pkeyopt "
                 "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"),
        "%s", said);
    return peer_read(&a, "cipher");
}

Test(recover, a_secret_can_come_encrypted, .init = begin_one, .fini = end)
{
    struct slice spki, again, plain;

    expect_refused(core_recovery_public_key(t.core, &a, &spki, &err), E_STATE_WRONG,
                   "server is not in expected state");
    expect_refused(core_recovery_decrypt(t.core, noise(512), &a, &plain, &err), E_RECOVERY_DECRYPT, "");
    lose_key();
    expect_refused(core_recovery_decrypt(t.core, noise(512), &a, &plain, &err), E_RECOVERY_DECRYPT,
                   "no recovery public key was asked for");
    cr_assert(core_recovery_public_key(t.core, &a, &spki, &err), "%s", err.text);
    cr_assert(core_recovery_public_key(t.core, &a, &again, &err), "%s", err.text);
    cr_expect(slice_equal(spki, again), "one for all parties");
    cr_assert(core_recovery_decrypt(t.core, encrypted(spki, secrets[0]), &a, &plain, &err), "%s", err.text);
    cr_expect(slice_equal(plain, secrets[0]));
    expect_refused(core_recovery_decrypt(t.core, noise(512), &a, &plain, &err), E_RECOVERY_DECRYPT,
                   "a recovery secret of 512 bytes is taken as encrypted");
    cr_assert(send(plain, signatures[0]), "%s", err.text);
    cr_expect_eq(remaining, 0);
    expect_refused(core_recovery_decrypt(t.core, noise(512), &a, &plain, &err), E_RECOVERY_DECRYPT, "");
}

/* ---- what is public --------------------------------------------------------------------------- */

Test(recover, public_data_are_those_of_marblerun)
{
    uint8_t ones[32], twos[32];
    const struct slice shares[] = {slice_of(ones, 32), slice_of(twos, 32)};

    pki_init();
    memset(ones, 1, sizeof ones);
    memset(twos, 2, sizeof twos);
    cr_expect_str_eq(arena_strndup(&a, recovery_data_of(shares, 2, &a)),
                     "{\"72cd6e8422c407fb6d098690f1130b7ded7ec2f7f5e1d30bd9d521f015363793\":true,"
                     "\"75877bb41d393b5fb8455ce60ecd8dda001d06316496b14dfa7f895656eeca4a\":true}");
    cr_expect_str_eq(arena_strndup(&a, recovery_data_of(NULL, 0, &a)), "null");
    arena_wipe(&a);
}
