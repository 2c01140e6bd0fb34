/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "base/clock.h"
#include "base/text.h"
#include "coordinator/change.h"
#include "pki/hash.h"
#include "pki/pem.h"
#include "tests/support/mesh.h"
#include "tests/support/peer.h"

static struct mesh_test t;
static struct arena a;
static struct err err;

static void begin(void)
{
    mesh_test_begin(&t, NULL);
    (void)mesh_test_set(&t, mesh_test_manifest_with(&a, "{\"m\":{\"Package\":\"test\"}}",
                                                    ",\"Config\":{\"FeatureGates\":[\"monotoniccounter\"]}"));
}

static void end(void)
{
    arena_wipe(&a);
    mesh_test_end(&t);
}

static const struct marble_peer SOMEBODY = {"type", {{2, 3, 4}}};

/* What it was before. */
static uint64_t count(const struct marble_peer *who, const char *name, uint64_t value)
{
    uint64_t before = 99;

    cr_assert(core_counter(t.core, who, slice_str(name), value, &before, &err), "%s", err.text);
    return before;
}

Test(counters, only_rise_and_stay, .init = begin, .fini = end)
{
    cr_expect_eq(count(&SOMEBODY, "name", 5), 0);
    cr_expect_eq(count(&SOMEBODY, "name", 3), 5);
    cr_expect_eq(count(&SOMEBODY, "name", 0), 5, "asking");
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_expect_eq(count(&SOMEBODY, "name", UINT64_MAX), 5);
    cr_assert(mesh_test_restart(&t, &err), "%s", err.text);
    cr_expect_eq(count(&SOMEBODY, "name", 1), UINT64_MAX);
}

Test(counters, are_told_apart_by_type_uuid_and_name, .init = begin, .fini = end)
{
    const struct marble_peer type = {"type2", {{2, 3, 4}}}, uuid = {"type", {{2, 3, 5}}};

    cr_expect_eq(count(&SOMEBODY, "name", 5), 0);
    cr_expect_eq(count(&type, "name", 6), 0);
    cr_expect_eq(count(&uuid, "name", 7), 0);
    cr_expect_eq(count(&SOMEBODY, "name:", 8), 0);
    cr_expect_eq(count(&SOMEBODY, "", 9), 0);
    cr_expect_eq(count(&SOMEBODY, "name", 0), 5);
    cr_expect_eq(count(&type, "name", 0), 6);
    cr_expect_eq(count(&uuid, "name", 0), 7);
    cr_expect_eq(count(&SOMEBODY, "name:", 0), 8);
    cr_expect_eq(count(&SOMEBODY, "", 0), 9);
}

Test(counters, stand_in_the_store_as_marblerun_has_them, .init = begin, .fini = end)
{
    scoped(arena_wipe) struct arena scratch = {0};

    cr_expect_eq(count(&SOMEBODY, "name", 0x0102), 0);
    const struct entries e = store_entries(t.core->store, &scratch);
    const struct slice *found =
        entries_find(&e, "monotonicCounter:dHlwZQ==:AgMEAAAAAAAAAAAAAAAAAA==:bmFtZQ==");
    cr_assert_not_null(found);
    cr_expect_str_eq(hex_text(&a, *found), "0201000000000000");
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

Test(counters, say_which_entry_is_none, .init = begin, .fini = end)
{
    struct entry bad = {"monotonicCounter:dHlwZQ==:AgMEAAAAAAAAAAAAAAAAAA==:bmFtZQ==",
                        {(const uint8_t *)"1234567", 7}},
                 letters = {"activations:m", {(const uint8_t *)"1G", 2}};
    const struct marble limited = {.type = "m", .max_activations = 20};
    uint64_t before;

    cr_assert(store_update(t.core->store, put_entry, &bad, &err), "%s", err.text);
    cr_assert(store_update(t.core->store, put_entry, &letters, &err), "%s", err.text);
    cr_expect_not(core_counter(t.core, &SOMEBODY, slice_str("name"), 9, &before, &err));
    cr_expect_eq(err.code, E_STATE_CORRUPT);
    cr_expect_not_null(strstr(err.text, "bmFtZQ==\" is not a counter"), "%s", err.text);
    cr_expect_not(core_count_activation(t.core, &limited, &err));
    cr_expect_eq(err.code, E_STATE_CORRUPT);
    cr_expect_str_eq(err.text, "state: \"activations:m\" is not a count");
}

Test(counters, activations_are_hexadecimal_text, .init = begin, .fini = end)
{
    const struct marble limited = {.type = "m", .max_activations = 20};

    for (int i = 0; i < 11; i++)
        cr_assert(core_count_activation(t.core, &limited, &err), "%s", err.text);
    const struct entries e = store_entries(t.core->store, &a);
    cr_expect_str_eq(arena_strndup(&a, *entries_find(&e, "activations:m")), "b");
    cr_assert(core_may_activate(t.core, &limited, &err));
    const struct entries same = store_entries(t.core->store, &a);
    cr_expect_str_eq(arena_strndup(&a, *entries_find(&same, "activations:m")), "b", "looking does not count");
}

/* ---- whose they are --------------------------------------------------------------------------- */

Test(counters, a_marble_is_known_by_its_certificate, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    struct slice rest, chain[2];
    struct parameters got;
    struct marble_peer peer;
    struct pem_block block;
    struct asker who;
    int status;

    asker_new("m", "11111111-2222-4333-8444-555555555555", &a, &who);
    cr_assert(asker_ask(&t, &who, &a, &got, &status, &err), "%s", err.text);
    rest = given(got.env, got.num_env, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN");
    cr_assert(pem_next(&rest, &a, &block, &err), "%s", err.text);
    chain[0] = who.certificate;
    chain[1] = block.der;
    cr_expect_not(mesh_marble_peer(m, chain, 2, clock_now(), &a, &peer, &err), "behind another's");
    cr_assert(mesh_marble_peer(m, chain + 1, 1, clock_now(), &a, &peer, &err), "%s", err.text);
    cr_expect_str_eq(peer.type, "m");
    cr_expect_eq(peer.uuid.bytes[15], 0x55);
    cr_expect_not(mesh_marble_peer(m, chain, 1, clock_now(), &a, &peer, &err), "its certificate of before");
    cr_expect_eq(err.code, E_MARBLE_CERT);
    cr_expect_not(mesh_marble_peer(m, NULL, 0, clock_now(), &a, &peer, &err));
    cr_expect_eq(err.code, E_MARBLE_CERT);
}

Test(counters, features_are_off_unless_the_manifest_says_otherwise, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);

    cr_expect(mesh_feature(m, "MonotonicCounter", &err));
    cr_expect_not(mesh_feature(m, "SignQuoteEndpoint", &err));
    cr_expect_eq(err.code, E_FEATURE_OFF);
    cr_expect_str_eq(err.text, "Config.FeatureGates of the manifest does not list \"SignQuoteEndpoint\"");
}

/* ---- quotes ----------------------------------------------------------------------------------- */

Test(counters, what_is_signed_of_a_quote_is_marbleruns)
{
    uint8_t hash[SHA256_LEN];

    pki_init();
    sha256(hash, slice_str(sign_quote_text(slice_str("quote"), "SWHardeningNeeded", &a)));
    cr_expect_str_eq(hex_text(&a, slice_of(hash, sizeof hash)),
                     "cfbb733899ddc36c1624d2431d3b3763c100e544ee7f24f053888e14e5bdfd15");
    arena_wipe(&a);
}

Test(counters, a_genuine_quote_is_signed_and_another_is_not, .init = begin, .fini = end)
{
    scoped(mesh_release) struct mesh *m = core_mesh(t.core);
    uint8_t report_data[64] = {0};
    struct slice quote, signature;
    const char *status;

    cr_assert(core_tee(t.core)->evidence(report_data, &a, &quote, &err), "%s", err.text);
    for (int wrapped = 0; wrapped < 2; wrapped++) {
        cr_assert(core_sign_quote(t.core, m, quote, clock_now(), &a, &status, &signature, &err), "%s",
                  err.text);
        cr_expect_str_eq(status, "UpToDate");
        cr_expect(spki_verify(m->ca->root.spki, SIG_ECDSA_SHA256,
                              slice_str(sign_quote_text(quote, status, &a)), signature, &err),
                  "%s", err.text);
        quote = evidence_wrap_oe(&a, quote);
    }
    ((uint8_t *)(uintptr_t)quote.ptr)[100] ^= 1;
    cr_expect_not(core_sign_quote(t.core, m, quote, clock_now(), &a, &status, &signature, &err));
    cr_expect_eq(strncmp(err.text, "verifying the quote: ", 21), 0, "%s", err.text);
    cr_expect_not(core_sign_quote(t.core, m, slice_str("quote"), clock_now(), &a, &status, &signature, &err));
    cr_expect_eq(err.code, E_EVIDENCE_FORMAT);
    cr_expect_not(core_sign_quote(t.core, m, slice_of(arena_alloc(&a, 65537), 65537), clock_now(), &a,
                                  &status, &signature, &err));
    cr_expect_eq(err.code, E_EVIDENCE_FORMAT);
}
