/* SPDX-License-Identifier: Apache-2.0 */
/* Remembered signatures: found again, never taken for others, forgotten in time. */
#include "attestation/memo.h"

#include "pki/hash.h"
#include "tests/support/dcap_scene.h"

static struct key key;
static struct arena a;
static struct slice xy, spki;
static struct err err;

static void begin(void)
{
    pki_init();
    cr_assert(key_generate(KEY_P256, &key, &err), "%s", err.text);
    spki = key_spki(&key, &a);
    cr_assert(spki_p256_xy(spki, &xy, &err));
}

static void end(void)
{
    key_wipe(&key);
    arena_wipe(&a);
}

static struct slice signed_raw(const char *message)
{
    struct slice signature;

    cr_assert(key_sign_raw(&key, slice_str(message), &a, &signature, &err));
    return signature;
}

static bool verify(struct memo *m, int64_t now, int64_t until, const char *message, struct slice signature)
{
    return memo_p256_verify_raw(m, now, until, xy, slice_str(message), signature, &err);
}

static void expect_count(struct memo *m, uint64_t found, uint64_t verified)
{
    const struct memo_count c = memo_count(m);

    cr_expect_eq(c.found, found, "%llu found", (unsigned long long)c.found);
    cr_expect_eq(c.verified, verified, "%llu verified", (unsigned long long)c.verified);
}

Test(memo, what_held_is_found_until_its_end_and_not_after, .init = begin, .fini = end)
{
    struct memo *m = memo_new(100);
    const struct slice s = signed_raw("message");

    cr_expect(verify(m, 10, 20, "message", s));
    expect_count(m, 0, 1);
    cr_expect(verify(m, 11, 20, "message", s));
    cr_expect(verify(m, 20, 20, "message", s));
    expect_count(m, 2, 1);
    cr_expect(verify(m, 21, 30, "message", s), "after its end it is verified, and kept again");
    expect_count(m, 2, 2);
    cr_expect(verify(m, 30, 30, "message", s));
    expect_count(m, 3, 2);
    cr_expect(verify(m, 40, 39, "message", s), "what is over already is not kept");
    cr_expect(verify(m, 40, 39, "message", s));
    expect_count(m, 3, 4);
    memo_free(&m);
    cr_expect_null(m);
    memo_free(&m);
}

Test(memo, only_the_very_same_is_found_and_only_what_holds_is_kept, .init = begin, .fini = end)
{
    struct memo *m = memo_new(100);
    const struct slice s = signed_raw("message"), other = signed_raw("massage");
    struct slice bent = changed(&a, s, 63, 1), bent_key = changed(&a, xy, 0, 1), der;

    cr_expect(verify(m, 10, 20, "message", s));
    cr_expect_not(verify(m, 10, 20, "massage", s));
    cr_expect_eq(err.code, E_SIGNATURE);
    cr_expect_not(verify(m, 10, 20, "message", other));
    cr_expect_not(verify(m, 10, 20, "message", bent));
    cr_expect_not(memo_p256_verify_raw(m, 10, 20, bent_key, slice_str("message"), s, &err));
    cr_expect_not(verify(m, 10, 20, "message", bent), "a refusal is not kept: it is verified again");
    cr_expect(key_sign(&key, slice_str("message"), &a, &der, &err));
    cr_expect(memo_spki_verify(m, 10, 20, spki, SIG_ECDSA_SHA256, slice_str("message"), der, &err));
    cr_expect_not(memo_spki_verify(m, 10, 20, spki, SIG_ECDSA_SHA384, slice_str("message"), der, &err));
    expect_count(m, 0, 8);
    cr_expect(memo_spki_verify(m, 10, 20, spki, SIG_ECDSA_SHA256, slice_str("message"), der, &err));
    expect_count(m, 1, 8);
    memo_free(&m);
}

Test(memo, without_memory_all_is_verified, .init = begin, .fini = end)
{
    const struct slice s = signed_raw("message");

    cr_expect(verify(NULL, 10, 20, "message", s));
    cr_expect_not(verify(NULL, 10, 20, "massage", s));
    expect_count(NULL, 0, 0);
}

Test(memo, a_full_table_makes_room_and_stays_right, .init = begin, .fini = end)
{
    enum { MANY = 1000 };
    struct memo *m = memo_new(1); /* the least there can be */
    struct slice signatures[MANY];
    char name[16];

    for (int round = 0; round < 2; round++)
        for (int i = 0; i < MANY; i++) {
            (void)snprintf(name, sizeof name, "message %d", i);
            if (round == 0)
                signatures[i] = signed_raw(name);
            cr_expect(verify(m, 10, 20, name, signatures[i]));
            cr_expect(verify(m, 10, 20, name, signatures[i]), "the newest is there");
        }
    cr_expect_geq(memo_count(m).found, 2 * MANY);
    cr_expect_leq(memo_count(m).found, 2 * MANY + 128, "it does not grow");
    memo_free(&m);
}

/* ---- in an appraisal ---------------------------------------------------------------- */

Test(memo, a_warm_appraisal_verifies_the_quote_alone_and_says_the_same)
{
    const char *cold, *warm;
    struct memo_count before, after;
    struct scene s;

    scene_usual(&s);
    (void)judge(&s);
    cold = verdict_json(&s.v, &s.a);
    s.what.memo = memo_new(1024);
    (void)judge(&s);
    before = memo_count(s.what.memo);
    cr_expect_gt(before.verified, 8, "three of the chain, two lists, two of each document, the report");
    (void)judge(&s);
    warm = verdict_json(&s.v, &s.a);
    after = memo_count(s.what.memo);
    cr_expect_str_eq(warm, cold);
    cr_expect_eq(after.verified, before.verified, "nothing but the quote's own signature is verified again");
    memo_free(&s.what.memo);
    scene_close(&s);
}

/* What is remembered is that signatures hold: dates, revocation and policy are asked each time. */
Test(memo, memory_does_not_hide_what_changed_since)
{
    static const struct sim_collateral_options revoked = {.revoke_pck = true};
    struct collateral later;
    struct scene s;

    scene_usual(&s);
    s.what.memo = memo_new(1024);
    cr_assert_eq(judge(&s), E_NONE, "%s", s.v.reason.text);
    s.what.now = NOW + 40 * DAY;
    EXPECT_REFUSED(&s, E_CRL_EXPIRED, "");
    s.what.now = NOW;
    cr_assert(sim_collateral(&sim_platform_default, &revoked, NOW, &s.a, &later, &err), "%s", err.text);
    s.collateral.pck_crl = later.pck_crl;
    EXPECT_REFUSED(&s, E_CERT_REVOKED, "PCK certificate");
    memo_free(&s.what.memo);
    scene_close(&s);
}
