/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures and texts remembered: found again, never taken for others, forgotten in time; and verdicts that
 * are the same with and without. */
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
    struct memo *m = memo_new(1 << 20);
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
    struct memo *m = memo_new(1 << 20);
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

Test(memo, a_full_memory_makes_room_and_stays_right, .init = begin, .fini = end)
{
    enum { MANY = 1000, BYTES = 16 * 4096 };
    struct memo *m = memo_new(BYTES);
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
    cr_expect_leq(memo_count(m).bytes, BYTES);
    memo_free(&m);
}

Test(memo, what_is_used_stays_while_others_come_and_go, .init = begin, .fini = end)
{
    struct memo *m = memo_new(16 * 8192);
    const struct slice s = signed_raw("message");
    uint64_t verified;
    char name[16];

    cr_expect(verify(m, 10, 20, "message", s));
    verified = memo_count(m).verified;
    for (int i = 0; i < 500; i++) {
        (void)snprintf(name, sizeof name, "message %d", i);
        cr_expect(verify(m, 10, 20, name, signed_raw(name)));
        cr_expect(verify(m, 10, 20, "message", s));
    }
    cr_expect_eq(memo_count(m).verified, verified + 500, "the one in use was never verified again");
    memo_free(&m);
}

/* ---- what was read ------------------------------------------------------------------ */

struct words {
    struct slice first;
    char *all;
};

static int times_read;

static bool read_words(struct slice text, struct arena *arena, void *out, struct err *why)
{
    struct words *w = out;
    size_t len = 0;

    times_read++;
    while (len < text.len && text.ptr[len] != ' ')
        len++;
    if (len == 0)
        return err_set(why, E_COLLATERAL_FORMAT, "no word");
    *w = (struct words){slice_of(text.ptr, len), arena_strndup(arena, text)};
    return true;
}

static bool read_other(struct slice text, struct arena *arena, void *out, struct err *why)
{
    return read_words(text, arena, out, why);
}

static bool read_text(struct memo *m, int64_t now, const char *text, struct arena *arena, struct words *out,
                      struct memo_entry **fresh)
{
    return memo_read(m, now, read_words, slice_str(text), arena, out, sizeof *out, fresh, &err);
}

Test(memo, what_was_read_is_kept_when_it_is_known_to_hold_and_outlives_the_memory, .init = begin, .fini = end)
{
    struct memo *m = memo_new(1 << 20);
    char text[] = "TCB info";
    struct words cold, warm, other;
    struct memo_entry *fresh;

    times_read = 0;
    cr_assert(read_text(m, 10, text, &a, &cold, &fresh));
    cr_assert_not_null(fresh);
    cr_assert(read_text(m, 10, text, &a, &cold, &fresh));
    cr_expect_eq(times_read, 2, "nobody said that it holds");
    memo_keep(m, 10, 20, fresh);
    cr_assert(read_text(m, 20, text, &a, &warm, &fresh));
    cr_expect_null(fresh);
    cr_expect_eq(times_read, 2);
    cr_assert(memo_read(m, 10, read_other, slice_str(text), &a, &other, sizeof other, &fresh, &err));
    cr_expect_eq(times_read, 3, "another reader's result is another");
    cr_assert(read_text(m, 21, text, &a, &cold, &fresh));
    cr_expect_eq(times_read, 4, "it is over");
    memo_keep(m, 21, 20, fresh);
    memset(text, '?', sizeof text - 1);
    memo_free(&m);
    cr_expect_str_eq(warm.all, "TCB info");
    cr_expect(slice_equal(warm.first, slice_str("TCB")), "borrowed from the memory's own copy");
}

Test(memo, what_cannot_be_read_is_refused_each_time_in_the_same_words, .init = begin, .fini = end)
{
    struct memo *m = memo_new(1 << 20);
    struct memo_entry *fresh;
    struct words w;

    for (int i = 0; i < 2; i++) {
        cr_expect_not(read_text(m, 10, " nothing", &a, &w, &fresh));
        cr_expect_null(fresh);
        cr_expect_eq(err.code, E_COLLATERAL_FORMAT);
        cr_expect_str_eq(err.text, "no word");
    }
    cr_expect_eq(memo_count(m).bytes, 0);
    memo_free(&m);
}

Test(memo, what_is_larger_than_its_share_is_read_each_time, .init = begin, .fini = end)
{
    struct memo *m = memo_new(16 * 4096);
    struct memo_entry *fresh;
    char text[8192];
    struct words w;

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    times_read = 0;
    for (int i = 0; i < 3; i++) {
        cr_assert(read_text(m, 10, text, &a, &w, &fresh));
        memo_keep(m, 10, 20, fresh);
    }
    cr_expect_eq(times_read, 3);
    cr_expect_eq(memo_count(m).bytes, 0);
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
    s.what.memo = memo_new(1 << 20);
    (void)judge(&s);
    before = memo_count(s.what.memo);
    cr_expect_geq(before.verified, 18,
                  "three of the chain, two lists, two of each document, the report; and the chain, "
                  "the lists, each document's chain, envelope and body as they were read");
    (void)judge(&s);
    warm = verdict_json(&s.v, &s.a);
    after = memo_count(s.what.memo);
    cr_expect_str_eq(warm, cold);
    cr_expect_eq(after.verified, before.verified,
                 "nothing but the quote's own signature is verified again, nothing read");
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
    s.what.memo = memo_new(1 << 20);
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

/* What another root signed is read, and not kept: an attacker can make as much of it as he likes. */
Test(memo, evidence_under_an_unknown_root_leaves_nothing_behind)
{
    struct memo_count first;
    struct roots none;
    struct scene s;

    scene_usual(&s);
    none = *s.what.roots;
    none.num_intel = 0;
    s.what.roots = &none;
    s.what.memo = memo_new(1 << 20);
    EXPECT_REFUSED(&s, E_ROOT, "");
    first = memo_count(s.what.memo);
    cr_expect_eq(first.bytes, 0);
    EXPECT_REFUSED(&s, E_ROOT, "");
    cr_expect_eq(memo_count(s.what.memo).found, first.found);
    memo_free(&s.what.memo);
    scene_close(&s);
}

/* ---- the same verdict, to the byte --------------------------------------------------- */

/* All that an appraisal depends on, each in more than one value. */
static const struct sim_collateral_options options[] = {
    {0},
    {.revoke_pck = true},
    {.revoke_platform_ca = true},
    {.revoke_tcb_signing = true},
    {.module_status = "Revoked"},
    {.tcb_status = "OutOfDate"},
};
static const int64_t times[] = {NOW, NOW - 400 * DAY, NOW + 20 * DAY, NOW + 31 * DAY, NOW + 4000 * DAY, NOW};
static const int64_t graces[] = {0, 20 * DAY};
static const uint64_t numbers[] = {0, 1000000};

static void expect_same(struct scene *s, struct memo *m, struct roots *no_roots)
{
    for (size_t i = 0; i < 2 * 2 * 2 * (sizeof times / sizeof times[0]); i++) {
        const char *without;

        s->what.grace = graces[i % 2];
        s->what.min_tcb_evaluation_data_number = numbers[i / 2 % 2];
        s->what.roots = i / 4 % 2 == 0 ? sim_roots() : no_roots;
        s->what.now = times[i / 8];
        s->what.memo = NULL;
        (void)judge(s);
        without = verdict_json(&s->v, &s->a);
        s->what.memo = m;
        for (int again = 0; again < 2; again++) {
            (void)judge(s);
            cr_expect_str_eq(verdict_json(&s->v, &s->a), without);
        }
    }
}

/* One memory through all of it, so that each case meets what the others left. */
Test(memo, with_memory_each_verdict_is_the_same_to_the_byte)
{
    struct roots no_roots = *sim_roots();
    struct memo *m = memo_new(1 << 20), *small = memo_new(16 * 8192);
    struct scene s;

    no_roots.num_intel = 0;
    for (size_t i = 0; i < 3 * (sizeof options / sizeof options[0]); i++) {
        const struct sim_collateral_options *o = &options[i / 3];
        static const struct sim_quote_options as_usual = {0};
        struct sim_td td = sim_td_default;

        td.is_td15 = i % 3 == 2;
        memcpy(td.tee_tcb_svn2, td.tee_tcb_svn, sizeof td.tee_tcb_svn2);
        if (i % 3 == 0)
            scene_of(&s, &sim_platform_default, &sim_platform_default, o);
        else
            scene_of_td(&s, &td, &as_usual, o);
        expect_same(&s, m, &no_roots);
        expect_same(&s, small, &no_roots);
        scene_close(&s);
    }
    cr_expect_gt(memo_count(m).found, memo_count(m).verified);
    memo_free(&m);
    memo_free(&small);
}

Test(memo, a_verdict_outlives_the_memory_it_was_made_with)
{
    const char *before;
    struct scene s;

    scene_usual(&s);
    s.what.memo = memo_new(1 << 20);
    (void)judge(&s);
    (void)judge(&s);
    before = verdict_json(&s.v, &s.a);
    memo_free(&s.what.memo);
    cr_expect_str_eq(verdict_json(&s.v, &s.a), before);
    scene_close(&s);
}
