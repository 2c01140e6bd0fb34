/* SPDX-License-Identifier: Apache-2.0 */
/* TCB info, QE identity, their envelope and the bundle. What was read and cut out must parse again to the
 * same. */
#include <stdlib.h>

#include "attestation/collect.h"
#include "attestation/qe_identity.h"
#include "attestation/signed_json.h"
#include "attestation/tcb_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_body(struct slice body, struct arena *a)
{
    struct qe_identity id;
    struct tcb_info info = {0};
    struct err err;

    if (tcb_info_parse(body, a, &info, &err))
        for (size_t i = 1; i < info.num_levels; i++)
            if (memcmp(info.levels[i - 1].components, info.levels[i].components, 16) < 0)
                abort();
    for (size_t i = 0; i < info.num_modules; i++)
        for (size_t k = 1; k < info.modules[i].num_levels; k++)
            if (info.modules[i].levels[k - 1].isv_svn <= info.modules[i].levels[k].isv_svn)
                abort();
    if (qe_identity_parse(body, a, &id, &err))
        for (size_t i = 1; i < id.num_levels; i++)
            if (id.levels[i - 1].isv_svn <= id.levels[i].isv_svn)
                abort();
}

static void try_envelope(struct slice text, const char *member, struct arena *a)
{
    json_t *body = NULL;
    struct signed_json j;
    struct err err;

    if (!signed_json_split(text, member, a, &j, &err))
        return;
    if (!json_parse(j.body, JSON_NO_DUPLICATES, E_COLLATERAL_FORMAT, &body, &err) || !json_is_object(body))
        abort(); /* what was cut out is not the object that the parser saw */
    json_decref(body);
    try_body(j.body, a);
}

static void try_bundle(struct slice text, struct arena *a)
{
    struct collateral c, again;
    struct err err;

    if (!bundle_parse(text, a, &c, &err))
        return;
    if (!bundle_parse(slice_str(bundle_text(&c, a)), a, &again, &err) ||
        !slice_equal(c.tcb_info, again.tcb_info) || !slice_equal(c.pck_crl, again.pck_crl) ||
        !slice_equal(c.pck_chain, again.pck_chain))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice in = slice_of(data, size);
    struct arena a = {0};

    try_body(in, &a);
    try_envelope(in, "tcbInfo", &a);
    try_envelope(in, "enclaveIdentity", &a);
    try_bundle(in, &a);
    arena_wipe(&a);
    return 0;
}
