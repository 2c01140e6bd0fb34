/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps on the way of a service cost, beside the cryptography that cannot be avoided, measured in
 * the same run. One thread, CPU time; the best of three rounds counts, because noise only adds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "attestation/collect.h"
#include "attestation/sim/sim.h"
#include "base/clock.h"
#include "coordinator/ca.h"
#include "pki/cert.h"
#include "pki/hash.h"
#include "tests/bench/timing.h"
#include "tests/support/mesh.h"

enum { ROUND_MS = 400 };

static struct {
    struct mesh_test mesh;
    struct arena arena;
    struct key key;
    struct slice xy, signature, quote;
    struct collateral collateral;
    struct asker asker;
    struct tls_identity *identity;
} b;

/* ---- the reference ----------------------------------------------------------------------------- */

static const char MESSAGE[] = "what is signed";

static void verify_once(void)
{
    struct err err;

    must(p256_verify_raw(b.xy, slice_str(MESSAGE), b.signature, &err), &err);
}

static void sign_once(void)
{
    scoped(arena_wipe) struct arena a = {0};
    struct slice signature;
    struct err err;

    must(key_sign_raw(&b.key, slice_str(MESSAGE), &a, &signature, &err), &err);
}

static void make_key_once(void)
{
    scoped(key_wipe) struct key k = {0};
    struct err err;

    must(key_generate(KEY_P256, &k, &err), &err);
}

/* ---- what is measured -------------------------------------------------------------------------- */

static void appraise_once(void)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct evidence evidence = {.kind = EVIDENCE_DCAP, .quote = b.quote};
    const struct appraisal what = {
        .evidence = &evidence, .collateral = &b.collateral, .roots = sim_roots(), .now = clock_now()};
    struct verdict v;

    appraise(&what, &a, &v);
    must(v.genuine, &v.reason);
}

static void activate_once(void)
{
    scoped(arena_wipe) struct arena a = {0};
    struct parameters got;
    struct err err = {0};
    int status;

    must(asker_ask(&b.mesh, &b.asker, &a, &got, &status, &err), &err);
}

static void pass(struct tls *from, struct tls *to)
{
    const struct slice out = tls_pending(from);

    if (out.len > 0 && tls_feed(to, out))
        tls_sent(from, out.len);
}

static void handshake_once(void)
{
    static const char *const alpn[] = {"h2", NULL};
    const struct tls_settings server = {
        .server = true, .alpn = alpn, .client_auth = TLS_CLIENT_REQUIRED, .min_version = 13};
    const struct tls_settings client = {.alpn = alpn, .min_version = 13};
    struct tls *s = NULL, *c = NULL;
    enum tls_result at_s = TLS_WANT_INPUT, at_c = TLS_WANT_INPUT;
    struct err err = {0};

    must(tls_new(&server, b.identity, &s, &err) && tls_new(&client, b.identity, &c, &err), &err);
    while (at_s == TLS_WANT_INPUT || at_c == TLS_WANT_INPUT) {
        at_c = tls_handshake(c, &err);
        pass(c, s);
        at_s = tls_handshake(s, &err);
        pass(s, c);
    }
    must(at_s == TLS_DONE && at_c == TLS_DONE, &err);
    tls_free(&s);
    tls_free(&c);
}

/* ---- the run ----------------------------------------------------------------------------------- */

static void begin_crypto(void)
{
    struct err err;

    must(key_generate(KEY_P256, &b.key, &err) &&
             key_sign_raw(&b.key, slice_str(MESSAGE), &b.arena, &b.signature, &err) &&
             spki_p256_xy(key_spki(&b.key, &b.arena), &b.xy, &err),
         &err);
}

static void begin_evidence(void)
{
    static const struct sim_collateral_options options;
    static const uint8_t report_data[64];
    struct sim_identity id;
    struct err err;

    must(sim_measure("/proc/self/exe", &id, &err) &&
             sim_quote(&sim_platform_default, &id, report_data, &b.arena, &b.quote, &err) &&
             sim_collateral(&sim_platform_default, &options, clock_now(), &b.arena, &b.collateral, &err),
         &err);
}

static void begin_mesh(void)
{
    mesh_test_begin(&b.mesh, NULL);
    mesh_test_set(
        &b.mesh,
        mesh_test_manifest(
            &b.arena,
            "{\"m\":{\"Package\":\"test\",\"Parameters\":{\"Env\":{\"A\":\"{{ hex .Secrets.s }}\"}}}}",
            "{\"s\":{\"Type\":\"symmetric-key\",\"Size\":256}}"));
    asker_new("m", "11111111-2222-4333-8444-555555555555", &b.arena, &b.asker);
    scoped(mesh_release) struct mesh *m = core_mesh(b.mesh.core);
    b.identity = tls_identity_hold(m->ca->client_identity);
}

static void line(const char *what, double us, double reference, const char *of)
{
    (void)printf("%-46s %9.1f us  %7.0f /s", what, us, 1e6 / us);
    if (reference > 0)
        (void)printf("  %6.2f x %s", us / reference, of);
    (void)printf("\n");
}

int main(void)
{
    pki_init();
    json_init();
    begin_crypto();
    begin_evidence();
    begin_mesh();

    const double verify = measure(verify_once, ROUND_MS), sign = measure(sign_once, ROUND_MS),
                 make = measure(make_key_once, ROUND_MS);
    const double appraisal = measure(appraise_once, ROUND_MS);

    line("P-256: verify", verify, 0, NULL);
    line("P-256: sign", sign, 0, NULL);
    line("P-256: make a key", make, 0, NULL);
    line("appraise an SGX quote, nothing remembered", appraisal, verify, "verify");
    /* Besides the appraisal: the request's signature, the marble's key, its certificate's signature. */
    line("activate a marble, collateral made as well", measure(activate_once, ROUND_MS),
         appraisal + verify + make + sign, "(appraise + verify + make a key + sign)");
    /* Both ends: each signs once, verifies once, and makes and uses a key for the exchange. */
    line("mutual TLS 1.3 handshake, both ends", measure(handshake_once, ROUND_MS),
         2 * (sign + verify + 2 * make), "(2 verify + 2 sign + 4 make a key)");

    tls_identity_release(&b.identity);
    mesh_test_end(&b.mesh);
    key_wipe(&b.key);
    arena_wipe(&b.arena);
    return 0;
}
