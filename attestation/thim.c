/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/thim.h"

#include "base/json.h"
#include "base/limits.h"

enum { TCB_LEN = 8 };

static struct slice reversed(struct slice s, struct arena *a)
{
    uint8_t *out = arena_alloc(a, s.len);

    for (size_t i = 0; i < s.len; i++)
        out[i] = s.ptr[s.len - 1 - i];
    return slice_of(out, s.len);
}

bool thim_parse(struct slice json, struct arena *a, struct thim *out, struct err *err)
{
    scoped(json_release) json_t *v = NULL;
    struct slice tcb;
    struct thim t;
    struct fields f;

    if (json.len > LIMIT_COLLATERAL_CHAIN)
        return err_set(err, E_EVIDENCE_FORMAT, "THIM: %zu bytes, more than the %d allowed", json.len,
                       LIMIT_COLLATERAL_CHAIN);
    if (!json_parse(json, JSON_NO_DUPLICATES, E_EVIDENCE_FORMAT, &v, err))
        return err_in(err, "THIM");
    f = fields_of(v, "$", JSON_EXACT, E_EVIDENCE_FORMAT, a, err);
    field_need(&f, "vcekCert");
    field_need(&f, "certificateChain");
    field_need(&f, "tcbm");
    t.vek = field_text(&f, "vcekCert");
    t.vek_chain = field_text(&f, "certificateChain");
    tcb = field_hex(&f, "tcbm", TCB_LEN);
    if (!fields_done(&f))
        return err_in(err, "THIM");
    t.tcb = reversed(tcb, a);
    *out = t;
    return true;
}
