/* SPDX-License-Identifier: Apache-2.0 */
/* TCB info, QE identity, their envelope and the bundle. What was read and cut out must parse again to the
 * same. */
#include <stdlib.h>

#include "attestation/collateral.h"
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
            if (info.levels[i - 1].components[0] < info.levels[i].components[0])
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
    struct collateral_items items, again;
    struct err err;

    if (!bundle_parse(text, a, &items, &err))
        return;
    if (!bundle_parse(slice_str(bundle_text(&items, a)), a, &again, &err) || items.num != again.num)
        abort();
    for (size_t i = 0; i < items.num; i++)
        if (strcmp(items.at[i].name, again.at[i].name) != 0 || !slice_equal(items.at[i].body, again.at[i].body) ||
            !slice_equal(items.at[i].chain, again.at[i].chain))
            abort();
}

/* Names of items: what is taken is written into paths, and has to be plain. */
static void try_name(struct slice text, struct arena *a)
{
    struct collateral_need need;
    struct err err;

    if (memchr(text.ptr, 0, text.len) == NULL && collateral_need_named(arena_strndup(a, text), a, &need, &err) &&
        need.path[0] != '/')
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
    if (size > 0)
        try_name(in, &a);
    arena_wipe(&a);
    return 0;
}
