/* SPDX-License-Identifier: Apache-2.0 */
/* What the size of a mesh costs: a manifest with SIZE marbles, as many secrets and a tenth as many users is
 * set, and marbles are activated in it, beside a mesh of ten in the same run. Wall time; of activations the
 * best of three rounds counts, because noise only adds. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "pki/cert.h"
#include "pki/pem.h"
#include "tests/bench/timing.h"
#include "tests/support/mesh.h"

enum { SMALL = 10, LARGE = 10000, ROUNDS = 3, ROUND_MS = 500 };

/* ---- the manifest ------------------------------------------------------------------------------ */

static void put_user(struct buf *b, const struct key *key, unsigned i, struct arena *a)
{
    const struct name_part subject = {OID_COMMON_NAME, arena_printf(a, "user%u", i)};
    const struct cert_spec spec = {.subject = &subject,
                                   .num_subject = 1,
                                   .not_before = clock_now(),
                                   .not_after = clock_now() + 3600,
                                   .path_len = -1};
    struct slice der;
    struct err err;

    must(cert_issue(&spec, key_spki(key, a), NULL, key, a, &der, &err), &err);
    buf_printf(b, "%s\"user%u\":{\"Roles\":[\"r\"],\"Certificate\":", i == 0 ? "" : ",", i);
    json_put_string(b, slice_str(pem_text(a, "CERTIFICATE", der)));
    buf_str(b, "}");
}

/* Each marble has a file with two secrets, private and shared; every hundredth secret is a shared
 * certificate. */
static char *manifest(unsigned size, struct arena *a)
{
    scoped(buf_wipe) struct buf marbles = buf_max(SIZE_MAX), more = buf_max(SIZE_MAX);
    scoped(key_wipe) struct key key = {0};
    struct err err;

    must(key_generate(KEY_P256, &key, &err), &err);
    for (unsigned i = 0; i < size; i++)
        buf_printf(&marbles,
                   "%s\"m%u\":{\"Package\":\"test\",\"MaxActivations\":%u,\"Parameters\":{\"Files\":{\"/f\":"
                   "\"{{ hex .Secrets.s%u }} {{ hex .Secrets.s%u }}\"}}}",
                   i == 0 ? "{" : ",", i, i == 1 ? 1000000 : 0, i, (i + 1) % size);
    buf_str(&marbles, "}");
    for (unsigned i = 0; i < size; i++)
        buf_printf(&more, "%s\"s%u\":{%s,\"Shared\":%s}", i == 0 ? ",\"Secrets\":{" : ",", i,
                   i % 100 == 50 ? "\"Type\":\"cert-ecdsa\",\"Size\":256"
                                 : "\"Type\":\"symmetric-key\",\"Size\":128",
                   i % 2 == 0 ? "true" : "false");
    buf_str(
        &more,
        "},\"Roles\":{\"r\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]}},\"Users\":{");
    for (unsigned i = 0; i < size / 10; i++)
        put_user(&more, &key, i, a);
    buf_str(&more, "}");
    return mesh_test_manifest_with(a, arena_strndup(a, buf_bytes(&marbles)),
                                   arena_strndup(a, buf_bytes(&more)));
}

/* ---- activations ------------------------------------------------------------------------------- */

static double activation_us(struct mesh_test *t, const char *type)
{
    scoped(arena_wipe) struct arena a = {0};
    struct asker who;
    double best = 0;

    asker_new(type, "11111111-2222-4333-8444-555555555555", &a, &who);
    for (int round = 0; round < ROUNDS; round++) {
        const double start = wall_us();
        unsigned n = 0;

        for (; wall_us() - start < ROUND_MS * 1e3; n++) {
            scoped(arena_wipe) struct arena scratch = {0};
            struct parameters got;
            struct err err;
            int status;

            must(asker_ask(t, &who, &scratch, &got, &status, &err), &err);
        }
        const double each = (wall_us() - start) / n;
        best = round == 0 || each < best ? each : best;
    }
    return best;
}

static void run(unsigned size)
{
    struct mesh_test t;
    double start;
    char *raw;

    mesh_test_begin(&t, NULL);
    raw = manifest(size, &t.arena);
    start = wall_us();
    (void)mesh_test_set(&t, raw);
    (void)printf("%6u marbles and secrets, %5u users, %8zu bytes: set in %8.1f ms", size, size / 10,
                 strlen(raw), (wall_us() - start) / 1e3);
    (void)printf(", activation %7.1f us", activation_us(&t, "m0"));
    (void)printf(", counted %7.1f us\n", activation_us(&t, "m1"));
    mesh_test_end(&t);
}

int main(void)
{
    run(SMALL);
    run(LARGE);
    return 0;
}
