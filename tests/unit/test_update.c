/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/change.h"
#include "coordinator/state_keys.h"
#include "pki/hash.h"
#include "tests/support/mesh.h"
#include "tests/support/peer.h"
#include "tests/support/people.h"

static struct mesh_test t;
static struct arena a;
static struct err err;
static struct update_result result;

static const char MARBLES[] =
    "{\"m\":{\"Package\":\"test\",\"Parameters\":{\"Env\":{"
    "\"KEY\":\"{{ hex .Secrets.key }}\",\"WAS\":\"{{ hex .Previous.Secrets.key }}\"}}},"
    "\"old\":{\"Package\":\"product\",\"MaxActivations\":2}}";

/* Three who may update the manifest, one who may raise the version of "product", one who may nothing. */
static const char ROLES[] = "{\"updater\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]},"
                            "\"raiser\":{\"ResourceType\":\"Packages\",\"ResourceNames\":[\"product\"],"
                            "\"Actions\":[\"UpdateSecurityVersion\"]}}";

static const char SECRETS[] = "{\"key\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true},"
                              "\"cert\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Shared\":true},"
                              "\"user\":{\"Type\":\"plain\",\"UserDefined\":true}}";

static char *users(void)
{
    return arena_printf(&a, "{%s,%s,%s,%s,%s}", user_member(&a, "alice", "\"updater\""),
                        user_member(&a, "bob", "\"updater\""), user_member(&a, "carl", "\"updater\""),
                        user_member(&a, "rita", "\"raiser\""), user_member(&a, "nobody", ""));
}

/* A manifest with the package "product" (version `svn`) beside "test", these secrets and this Config. */
static char *manifest_of(unsigned svn, const char *secrets, const char *config)
{
    char *m =
        mesh_test_manifest_with(&a, MARBLES,
                                arena_printf(&a, ",\"Secrets\":%s,\"Users\":%s,\"Roles\":%s,\"Config\":%s",
                                             secrets, users(), ROLES, config));
    static const char PACKAGES[] = "\"Packages\":{";
    char *at = strstr(m, PACKAGES) + strlen(PACKAGES);

    return arena_printf(&a,
                        "%.*s\"product\":{\"SignerID\":\"%064d\",\"ProductID\":7,\"SecurityVersion\":%u},%s",
                        (int)(at - m), m, 0, svn, at);
}

static char *manifest(unsigned svn, const char *config) { return manifest_of(svn, SECRETS, config); }

static void begin_with(const char *config)
{
    static const char *const names[] = {"alice", "bob", "carl", "rita", "nobody"};

    mesh_test_begin(&t, NULL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        user_make(names[i]);
    (void)mesh_test_set(&t, manifest(3, config));
}

static void begin(void) { begin_with("{\"UpdateThreshold\":1}"); }
static void begin_all(void) { begin_with("{}"); }

static void end(void)
{
    arena_wipe(&a);
    mesh_test_end(&t);
}

static bool update(const char *user, const char *raw)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);

    result = (struct update_result){0};
    return core_update(t.core, user_of(m, user), slice_str(raw), clock_now(), &a, &result, &err);
}

static bool acknowledge(const char *user, const char *raw)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);

    result = (struct update_result){0};
    return core_acknowledge_update(t.core, user_of(m, user), slice_str(raw), clock_now(), &a, &result, &err);
}

static bool cancel(const char *user)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);

    return core_cancel_update(t.core, user_of(m, user), clock_now(), &err);
}

static void restart(void) { cr_assert(mesh_test_restart(&t, &err), "%s", err.text); }

static char *raise_to(const char *package, const char *version)
{
    return arena_printf(&a, "{\"Packages\":{\"%s\":{\"SecurityVersion\":%s}}}", package, version);
}

static uint64_t version_in_force(const char *package)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);

    return package_find(m->packages, m->manifest->num_packages, package)->policy.security_version;
}

/* A copy of something that changes or does not. */
enum thing { ROOT, INTERMEDIATE, MARBLE_ROOT, KEY, CERT, PREVIOUS_KEY, PREVIOUS_CERT, ROOT_SECRET, MANIFEST };

static struct slice look(enum thing what)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    const struct secret_set *now = &m->secrets.now, *previous = &m->secrets.previous;

    switch (what) {
    case ROOT:
        return arena_copy(&a, m->ca->root.der);
    case INTERMEDIATE:
        return arena_copy(&a, m->ca->intermediate.der);
    case MARBLE_ROOT:
        return arena_copy(&a, m->ca->marble_root.der);
    case KEY:
        return arena_copy(&a, secret_find(now, "key")->private_key);
    case CERT:
        return arena_copy(&a, secret_find(now, "cert")->cert);
    case PREVIOUS_KEY:
        return arena_copy(&a, secret_find(previous, "key")->private_key);
    case PREVIOUS_CERT:
        return arena_copy(&a, secret_find(previous, "cert")->cert);
    case ROOT_SECRET:
        return arena_copy(&a, m->secrets.root_secret);
    default:
        return arena_copy(&a, m->manifest->raw);
    }
}

static const char *update_log(void)
{
    const char *text;

    cr_assert(core_update_log(t.core, &a, &text, &err), "%s", err.text);
    return text;
}

/* The lines of the log, without their times. */
static void expect_log(const char *const *lines, size_t num)
{
    const char *at = update_log();

    for (size_t i = 0; i < num; i++) {
        const char *line_end = strchr(at, '\n'), *line = strstr(at, "\"update\"");

        cr_assert(line_end != NULL && line != NULL && line < line_end, "line %zu is missing", i);
        cr_expect_str_eq(arena_strndup(&a, slice_of(line, (size_t)(line_end - line))), lines[i], "line %zu",
                         i);
        at = line_end + 1;
    }
    cr_expect_str_eq(at, "", "nothing more");
}

static char *fingerprint(const char *raw)
{
    uint8_t hash[SHA256_LEN];

    sha256(hash, slice_str(raw));
    return hex_text(&a, slice_of(hash, sizeof hash));
}

static void expect_refused(bool ok, enum err_code code, const char *text)
{
    cr_expect_not(ok, "%s", text);
    cr_expect_eq(err.code, code, "%s: %s", text, err.text);
    cr_expect_not_null(strstr(err.text, text), "%s: %s", text, err.text);
}

/* ---- package updates -------------------------------------------------------------------------- */

Test(update, a_package_update_raises_a_version_and_rotates_the_intermediate, .init = begin, .fini = end)
{
    const struct slice root = look(ROOT), intermediate = look(INTERMEDIATE), marble_root = look(MARBLE_ROOT),
                       key = look(KEY), cert = look(CERT), was = look(PREVIOUS_CERT), raw = look(MANIFEST);

    cr_assert(update("rita", raise_to("product", "5")), "%s", err.text);
    cr_expect(result.applied);
    cr_expect_eq(result.missing_acknowledgments, 0);
    cr_expect_null(result.missing_users);
    for (int again = 0; again < 2; again++) {
        cr_expect_eq(version_in_force("product"), 5);
        cr_expect(slice_equal(look(ROOT), root));
        cr_expect_not(slice_equal(look(INTERMEDIATE), intermediate));
        cr_expect_not(slice_equal(look(MARBLE_ROOT), marble_root));
        cr_expect(slice_equal(look(KEY), key), "symmetric keys stay");
        cr_expect_not(slice_equal(look(CERT), cert));
        cr_expect(slice_equal(look(PREVIOUS_CERT), was), "previous values are not touched");
        cr_expect(slice_equal(look(MANIFEST), raw), "the manifest is what was uploaded");
        restart();
    }
    const char *const lines[] = {"\"update\":\"initial manifest set\"}",
                                 "\"update\":\"SecurityVersion of a package set\",\"user\":\"rita\","
                                 "\"package\":\"product\",\"new version\":5}"};
    expect_log(lines, 2);
}

Test(update, the_same_version_again_is_fine_and_a_lower_one_is_not, .init = begin, .fini = end)
{
    cr_assert(update("rita", raise_to("product", "5")), "%s", err.text);
    cr_assert(update("rita", raise_to("product", "5")), "%s", err.text);
    expect_refused(update("rita", raise_to("product", "4")), E_UPDATE_DOWNGRADE,
                   "update manifest tries to downgrade SecurityVersion of the original manifest");
    cr_expect_eq(version_in_force("product"), 5);
}

Test(update, a_package_update_is_refused_for_what_it_may_not_change, .init = begin, .fini = end)
{
    const struct slice before = look(INTERMEDIATE);
    const char *log = update_log();

    expect_refused(update("nobody", raise_to("product", "5")), E_USER_DENIED,
                   "user \"nobody\" may not update");
    expect_refused(update("alice", raise_to("product", "5")), E_USER_DENIED, "package \"product\"");
    expect_refused(update("rita", raise_to("test", "5")), E_USER_DENIED, "package \"test\"");
    expect_refused(update("rita", raise_to("nowhere", "5")), E_USER_DENIED, "package \"nowhere\"");
    expect_refused(update("rita", "{}"), E_UPDATE_PACKAGE, "package update: ");
    expect_refused(update("rita", "{\"Packages\":{\"product\":{}}}"), E_UPDATE_PACKAGE, "package update: ");
    expect_refused(update("rita", "{\"Packages\":{\"product\":{\"SecurityVersion\":5,\"Debug\":true}}}"),
                   E_UPDATE_PACKAGE, "package update: ");
    expect_refused(update("rita", "{"), E_MANIFEST_SYNTAX, "update: ");
    cr_expect(slice_equal(look(INTERMEDIATE), before), "nothing has changed");
    cr_expect_str_eq(update_log(), log);
    cr_expect_eq(version_in_force("product"), 3);
}

Test(update, a_raised_version_is_what_marbles_are_held_against, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *before = core_mesh(t.core);
    const struct marble *old = manifest_marble(before->manifest, "old");

    cr_expect_eq(mesh_package(before, old)->policy.security_version, 3);
    cr_assert(update("rita", raise_to("product", "9")), "%s", err.text);
    scoped(mesh_release) struct mesh *after = core_mesh(t.core);
    cr_expect_eq(mesh_package(after, manifest_marble(after->manifest, "old"))->policy.security_version, 9);
    cr_expect_eq(mesh_package(before, old)->policy.security_version, 3, "a snapshot does not change");
}

/* ---- full updates by one ---------------------------------------------------------------------- */

Test(update, a_full_update_by_one_takes_effect_at_once, .init = begin, .fini = end)
{
    const struct slice root = look(ROOT), intermediate = look(INTERMEDIATE), key = look(KEY),
                       cert = look(CERT);
    char *next = manifest(4, "{\"UpdateThreshold\":1,\"FeatureGates\":[]}");

    cr_assert(update("bob", next), "%s", err.text);
    cr_expect(result.applied);
    cr_expect_not(result.has_recovery_secrets, "nothing of recovery has changed");
    for (int again = 0; again < 2; again++) {
        cr_expect(slice_equal(look(ROOT), root));
        cr_expect_not(slice_equal(look(INTERMEDIATE), intermediate));
        cr_expect(slice_equal(look(MANIFEST), slice_str(next)));
        cr_expect(slice_equal(look(KEY), key));
        cr_expect(slice_equal(look(PREVIOUS_KEY), key));
        cr_expect_not(slice_equal(look(CERT), cert));
        cr_expect(slice_equal(look(PREVIOUS_CERT), cert), "what it was before");
        cr_expect_eq(version_in_force("product"), 4);
        restart();
    }
    const char *const lines[] = {
        "\"update\":\"initial manifest set\"}",
        arena_printf(
            &a,
            "\"update\":\"full manifest update initiated\",\"user\":\"bob\",\"manifestFingerprint\":\"%s\"}",
            fingerprint(next)),
        arena_printf(&a, "\"update\":\"full manifest update applied\",\"manifestFingerprint\":\"%s\"}",
                     fingerprint(next))};
    expect_log(lines, 3);
}

Test(update, rotating_the_root_secret_changes_symmetric_keys, .init = begin, .fini = end)
{
    const struct slice key = look(KEY), secret = look(ROOT_SECRET);

    cr_assert(update("bob", manifest(3, "{\"UpdateThreshold\":1,\"RotateRootSecret\":true}")), "%s",
              err.text);
    for (int again = 0; again < 2; again++) {
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);

        cr_expect_not(slice_equal(look(KEY), key));
        cr_expect(slice_equal(look(PREVIOUS_KEY), key));
        cr_expect_not(slice_equal(look(ROOT_SECRET), secret));
        cr_expect(slice_equal(m->secrets.previous_root_secret, secret));
        restart();
    }
}

Test(update, secrets_come_and_go_with_the_manifest, .init = begin, .fini = end)
{
    const char *fewer = "{\"key\":{\"Type\":\"symmetric-key\",\"Size\":256,\"Shared\":true},"
                        "\"more\":{\"Type\":\"symmetric-key\",\"Size\":64,\"Shared\":true}}";

    cr_assert(update("bob", manifest_of(3, fewer, "{\"UpdateThreshold\":1}")), "%s", err.text);
    for (int again = 0; again < 2; again++) {
        scoped(mesh_release) struct mesh *m = core_mesh(t.core);

        cr_expect_eq(m->secrets.now.num, 2);
        cr_expect_null(secret_find(&m->secrets.now, "cert"));
        cr_expect_null(secret_find(&m->secrets.previous, "cert"));
        cr_expect_eq(secret_find(&m->secrets.now, "key")->private_key.len, 32, "redefined: a new one");
        cr_expect_eq(secret_find(&m->secrets.previous, "key")->private_key.len, 32);
        cr_expect_eq(secret_find(&m->secrets.now, "more")->private_key.len, 8);
        restart();
    }
}

Test(update, is_refused_whole_if_anything_is_wrong_with_it, .init = begin, .fini = end)
{
    const struct slice before = look(INTERMEDIATE);
    const char *log = update_log();

    expect_refused(update("nobody", manifest(3, "{}")), E_USER_DENIED,
                   "user \"nobody\" may not update the manifest");
    expect_refused(update("rita", manifest(3, "{}")), E_USER_DENIED,
                   "user \"rita\" may not update the manifest");
    expect_refused(update("bob", manifest(3, "{\"UpdateThreshold\":9}")), E_MANIFEST_CONFIG, "update: ");
    expect_refused(update("bob", manifest_of(3, "{\"key\":{\"Type\":\"symmetric-key\",\"Size\":7}}",
                                             "{\"UpdateThreshold\":1}")),
                   E_SECRET_SIZE, "update: ");
    cr_expect(slice_equal(look(INTERMEDIATE), before));
    cr_expect_str_eq(update_log(), log);
    restart();
    cr_expect(slice_equal(look(INTERMEDIATE), before));
}

/* A manifest that was edited from the one in force must not undo a package update by not knowing of it. */
Test(update, what_a_package_update_raised_stays_raised, .init = begin, .fini = end)
{
    cr_assert(update("rita", raise_to("product", "8")), "%s", err.text);
    cr_assert(update("bob", manifest(3, "{\"UpdateThreshold\":1}")), "%s", err.text);
    cr_expect_eq(version_in_force("product"), 8, "still");
    restart();
    cr_expect_eq(version_in_force("product"), 8);
    cr_assert(update("bob", manifest(9, "{\"UpdateThreshold\":1}")), "%s", err.text);
    cr_expect_eq(version_in_force("product"), 9);
    cr_assert(update("bob", manifest(2, "{\"UpdateThreshold\":1}")), "%s", err.text);
    cr_expect_eq(version_in_force("product"), 2, "what only the manifest said, a manifest can change");
}

Test(update, activations_are_counted_on_after_an_update, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *before = core_mesh(t.core);

    cr_assert(core_count_activation(t.core, manifest_marble(before->manifest, "old"), &err), "%s", err.text);
    cr_assert(update("bob", manifest(3, "{\"UpdateThreshold\":1}")), "%s", err.text);
    scoped(mesh_release) struct mesh *after = core_mesh(t.core);
    cr_assert(core_count_activation(t.core, manifest_marble(after->manifest, "old"), &err), "%s", err.text);
    cr_expect_not(core_count_activation(t.core, manifest_marble(after->manifest, "old"), &err));
    cr_expect_eq(err.code, E_MARBLE_LIMIT);
}

/* ---- by several ------------------------------------------------------------------------------- */

static void expect_missing(size_t acknowledgments, const char *const *names, size_t num)
{
    cr_expect_eq(result.missing_acknowledgments, acknowledgments);
    cr_assert_eq(result.num_missing_users, num);
    for (size_t i = 0; i < num; i++)
        cr_expect_str_eq(result.missing_users[i], names[i]);
}

Test(update, one_that_needs_all_waits_for_all, .init = begin_all, .fini = end)
{
    const struct slice before = look(INTERMEDIATE);
    char *next = manifest(4, "{}");

    cr_assert(update("bob", next), "%s", err.text);
    cr_expect_not(result.applied);
    expect_missing(2, (const char *const[]){"alice", "carl"}, 2);
    cr_expect(slice_equal(look(INTERMEDIATE), before), "nothing is in force yet");
    restart();
    cr_assert(acknowledge("alice", next), "%s", err.text);
    expect_missing(1, (const char *const[]){"carl"}, 1);
    cr_assert(acknowledge("alice", next), "twice is once: %s", err.text);
    expect_missing(1, (const char *const[]){"carl"}, 1);
    restart();
    cr_expect_eq(version_in_force("product"), 3);
    cr_assert(acknowledge("carl", next), "%s", err.text);
    cr_expect(result.applied);
    expect_missing(0, NULL, 0);
    cr_expect_eq(version_in_force("product"), 4);
    cr_expect_not(acknowledge("alice", next));
    cr_expect_eq(err.code, E_UPDATE_NONE);
    restart();
    cr_expect_eq(version_in_force("product"), 4);

    const char *hash = fingerprint(next);
    const char *const lines[] = {
        "\"update\":\"initial manifest set\"}",
        arena_printf(
            &a,
            "\"update\":\"full manifest update initiated\",\"user\":\"bob\",\"missingAcknowledgments\":2,"
            "\"missingUsers\":[\"alice\",\"carl\"],\"manifestFingerprint\":\"%s\"}",
            hash),
        arena_printf(
            &a,
            "\"update\":\"full manifest update acknowledged\",\"user\":\"alice\","
            "\"missingAcknowledgments\":1,\"missingUsers\":[\"carl\"],\"manifestFingerprint\":\"%s\"}",
            hash),
        arena_printf(&a,
                     "\"update\":\"full manifest update acknowledged\",\"user\":\"carl\","
                     "\"missingAcknowledgments\":0,\"missingUsers\":[],\"manifestFingerprint\":\"%s\"}",
                     hash),
        arena_printf(&a, "\"update\":\"full manifest update applied\",\"manifestFingerprint\":\"%s\"}",
                     hash)};
    expect_log(lines, 5);
}

static void begin_two(void) { begin_with("{\"UpdateThreshold\":2}"); }

Test(update, a_threshold_of_the_manifest_in_force_is_enough, .init = begin_two, .fini = end)
{
    char *next = manifest(4, "{\"UpdateThreshold\":3}");

    cr_assert(update("bob", next), "%s", err.text);
    expect_missing(1, (const char *const[]){"alice", "carl"}, 2);
    cr_assert(acknowledge("carl", next), "%s", err.text);
    cr_expect(result.applied);
    expect_missing(0, (const char *const[]){"alice"}, 1);
    cr_assert(update("bob", manifest(5, "{}")), "%s", err.text);
    cr_expect_eq(result.missing_acknowledgments, 2, "the new threshold counts from now on");
}

Test(update, while_one_waits_there_is_no_other, .init = begin_all, .fini = end)
{
    char *next = manifest(4, "{}");

    cr_assert(update("bob", next), "%s", err.text);
    expect_refused(update("alice", manifest(5, "{}")), E_UPDATE_PENDING, "an update is in progress");
    expect_refused(update("bob", next), E_UPDATE_PENDING, "an update is in progress");
    expect_refused(update("rita", raise_to("product", "5")), E_UPDATE_PENDING, "an update is in progress");
    expect_refused(acknowledge("alice", manifest(5, "{}")), E_UPDATE_OTHER, "not the one that waits");
    expect_refused(acknowledge("rita", next), E_USER_DENIED, "is not one of those who may acknowledge");
    cr_expect_not(result.applied);
}

Test(update, the_one_that_waits_can_be_looked_at, .init = begin_all, .fini = end)
{
    char *next = manifest(4, "{}");
    struct slice raw;

    expect_refused(core_pending_update(t.core, &a, &raw, &result, &err), E_UPDATE_NONE,
                   "no update in progress");
    cr_assert(update("bob", next), "%s", err.text);
    cr_assert(core_pending_update(t.core, &a, &raw, &result, &err), "%s", err.text);
    cr_expect(slice_equal(raw, slice_str(next)));
    expect_missing(2, (const char *const[]){"alice", "carl"}, 2);
}

Test(update, is_cancelled_by_who_may_update, .init = begin_all, .fini = end)
{
    char *next = manifest(4, "{}");

    expect_refused(cancel("bob"), E_UPDATE_NONE, "no update in progress");
    expect_refused(acknowledge("bob", next), E_UPDATE_NONE, "no update in progress");
    cr_assert(update("bob", next), "%s", err.text);
    expect_refused(cancel("rita"), E_USER_DENIED, "may not update the manifest");
    cr_assert(cancel("carl"), "%s", err.text);
    restart();
    expect_refused(acknowledge("alice", next), E_UPDATE_NONE, "no update in progress");
    cr_expect_eq(version_in_force("product"), 3);
    cr_expect_not_null(strstr(update_log(), "\"update\":\"full manifest update cancelled\",\"user\":\"carl\","
                                            "\"manifestFingerprint\":\""));
    cr_assert(update("bob", next), "the way is free: %s", err.text);
}

static bool put_entry(void *ctx, const struct store_view *v, struct arena *arena, struct store_changes *out,
                      struct err *e)
{
    (void)v;
    (void)arena;
    (void)e;
    *out = (struct store_changes){ctx, 1};
    return true;
}

/* Another version may have let it wait. */
Test(update, one_that_cannot_be_applied_does_not_wait_for_ever, .init = begin_all, .fini = end)
{
    struct entry waits = {
        KEY_PENDING_UPDATE,
        slice_str("{\"manifestRaw\":\"e30=\",\"requiredUsers\":{\"alice\":true,\"bob\":false}}")};
    struct slice raw;

    cr_assert(store_update(t.core->store, put_entry, &waits, &err), "%s", err.text);
    restart();
    cr_assert(core_pending_update(t.core, &a, &raw, &result, &err), "%s", err.text);
    expect_refused(acknowledge("bob", "{}"), E_MANIFEST_EMPTY,
                   "the update cannot be applied, and is cancelled");
    for (int again = 0; again < 2; again++) {
        expect_refused(core_pending_update(t.core, &a, &raw, &result, &err), E_UPDATE_NONE,
                       "no update in progress");
        cr_expect_not_null(
            strstr(update_log(), arena_printf(&a,
                                              "\"update\":\"full manifest update cancelled: it could "
                                              "not be applied\",\"manifestFingerprint\":\"%s\"}",
                                              fingerprint("{}"))));
        cr_expect_null(strstr(update_log(), "acknowledged"), "what came to nothing is not told");
        restart();
    }
}

/* A user whom an update took away while his request was on its way. */
Test(update, who_is_no_user_any_more_changes_nothing, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *before = core_mesh(t.core);
    const struct user *bob = user_of(before, "bob");
    char *without = arena_strdup(&a, manifest(4, "{\"UpdateThreshold\":1}"));
    char *at = strstr(without, "\"bob\"");

    memcpy(at, "\"bab\"", 5);
    cr_assert(update("alice", without), "%s", err.text);
    expect_refused(core_update(t.core, bob, slice_str(without), clock_now(), &a, &result, &err),
                   E_USER_UNKNOWN, "unauthorized user");
    expect_refused(core_cancel_update(t.core, bob, clock_now(), &err), E_USER_UNKNOWN, "unauthorized user");
}

/* ---- what is sealed --------------------------------------------------------------------------- */

Test(update, another_seal_mode_seals_the_same_key_anew, .init = begin, .fini = end)
{
    const struct slice root = look(ROOT);
    char *said;

    cr_assert(peer_run(&a, &said, "cp state/sealed_key before"));
    cr_assert(update("bob", manifest(4, "{\"UpdateThreshold\":1,\"SealMode\":\"UniqueKey\"}")), "%s",
              err.text);
    cr_expect_not(result.has_recovery_secrets);
    cr_expect_not(peer_run(&a, &said, "cmp before state/sealed_key"), "%s", said);
    restart();
    cr_expect(slice_equal(look(ROOT), root));
    cr_expect_eq(version_in_force("product"), 4);
}

Test(update, needs_a_manifest_first, .fini = end)
{
    static const struct user somebody = {.name = "somebody"};
    const char *text;

    mesh_test_begin(&t, NULL);
    expect_refused(core_update(t.core, &somebody, slice_str("{}"), clock_now(), &a, &result, &err),
                   E_STATE_WRONG, "server is not in expected state");
    expect_refused(core_cancel_update(t.core, &somebody, clock_now(), &err), E_STATE_WRONG,
                   "server is not in expected state");
    expect_refused(core_update_log(t.core, &a, &text, &err), E_STATE_WRONG,
                   "server is not in expected state");
}
