/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests of an unknown author: refused with a reason, or sorted, found again and judged alike twice. */
#include "base/json.h"
#include "manifest/manifest.h"
#include "pki/hash.h"

static void look(const struct manifest *m)
{
    for (size_t i = 0; i < m->num_marbles; i++)
        if (manifest_marble(m, m->marbles[i].type) != &m->marbles[i] ||
            (i > 0 && strcmp(m->marbles[i - 1].type, m->marbles[i].type) >= 0))
            __builtin_trap();
    for (size_t i = 0; i < m->num_secrets; i++)
        if (manifest_secret(m, m->secrets[i].name) != &m->secrets[i])
            __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct slice raw = slice_of(data, len);
    struct err err = {0}, again = {0};
    struct manifest m, n;
    struct arena a = {0};
    static bool ready;

    if (!ready) {
        json_init();
        pki_init();
        ready = true;
    }
    if (manifest_parse(raw, &a, &m, &err)) {
        const bool accepted = manifest_check(&m, &err);

        look(&m);
        if (!slice_equal(m.raw, raw) || !manifest_parse(raw, &a, &n, &again) ||
            manifest_check(&n, &again) != accepted || err.code != again.code ||
            accepted != (err.code == E_NONE))
            __builtin_trap();
    } else if (err.code == E_NONE) {
        __builtin_trap();
    }
    arena_wipe(&a);
    return 0;
}
