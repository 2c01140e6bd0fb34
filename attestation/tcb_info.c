/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/tcb_info.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/text.h"

/* Version 2: "sgxtcbcomp01svn" to "sgxtcbcomp16svn". */
static void read_components_v2(struct fields *tcb, struct tcb_level *out)
{
    char name[] = "sgxtcbcomp00svn";

    for (unsigned i = 0; i < NUM_TCB_COMPONENTS; i++) {
        (void)snprintf(name, sizeof name, "sgxtcbcomp%02usvn", (i + 1) % 100);
        out->components[i] = (uint16_t)field_needed_uint(tcb, name, UINT16_MAX);
    }
}

/* Version 3: NAME: [{"svn": 5, "category": "BIOS", ...}, ...]. */
static void read_components_v3(struct fields *tcb, const char *name, uint16_t out[NUM_TCB_COMPONENTS])
{
    const json_t *list = field_array(tcb, name);

    field_need(tcb, name);
    if (fields_done(tcb) && json_array_size(list) != NUM_TCB_COMPONENTS)
        (void)field_fault(tcb, name, "expected 16 components, found %zu", json_array_size(list));
    for (size_t i = 0; i < NUM_TCB_COMPONENTS && fields_done(tcb); i++) {
        struct fields component =
            fields_of(json_array_get(list, i), arena_printf(tcb->arena, "%s.%s[%zu]", tcb->path, name, i),
                      JSON_EXACT, tcb->code, tcb->arena, tcb->err);

        out[i] = (uint16_t)field_needed_uint(&component, "svn", UINT16_MAX);
        tcb->bad = !fields_done(&component);
    }
}

static void read_sgx_v3(struct fields *tcb, struct tcb_level *out)
{
    read_components_v3(tcb, "sgxtcbcomponents", out->components);
}

static void read_tdx_v3(struct fields *tcb, struct tcb_level *out)
{
    read_sgx_v3(tcb, out);
    read_components_v3(tcb, "tdxtcbcomponents", out->tdx_components);
}

static void read_level(struct fields *level, struct tcb_level *out,
                       void (*components)(struct fields *tcb, struct tcb_level *out))
{
    struct fields tcb;

    field_need(level, "tcb");
    if (!fields_done(level))
        return;
    tcb = fields_of(field(level, "tcb"), field_path(level, "tcb"), JSON_EXACT, level->code, level->arena,
                    level->err);
    components(&tcb, out);
    out->pce_svn = (unsigned)field_needed_uint(&tcb, "pcesvn", UINT16_MAX);
    level->bad = !fields_done(&tcb);
    (void)tcb_level_common(level, out);
}

static void read_level_v2(struct fields *level, struct tcb_level *out)
{
    read_level(level, out, read_components_v2);
}
static void read_level_sgx(struct fields *level, struct tcb_level *out)
{
    read_level(level, out, read_sgx_v3);
}
static void read_level_tdx(struct fields *level, struct tcb_level *out)
{
    read_level(level, out, read_tdx_v3);
}

static int compare_components(const uint16_t a[NUM_TCB_COMPONENTS], const uint16_t b[NUM_TCB_COMPONENTS])
{
    for (size_t i = 0; i < NUM_TCB_COMPONENTS; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* Descending: components like the letters of a word, then PCESVN, then those of TDX. */
static int higher_first(const void *left, const void *right)
{
    const struct tcb_level *a = left, *b = right;
    const int order = compare_components(b->components, a->components);

    if (order != 0 || b->pce_svn != a->pce_svn)
        return order != 0 ? order : (b->pce_svn > a->pce_svn) - (b->pce_svn < a->pce_svn);
    return compare_components(b->tdx_components, a->tdx_components);
}

static void read_identity(struct fields *f, struct tcb_info *out)
{
    const char *id = field_str(f, "id");

    out->version = (unsigned)field_needed_uint(f, "version", UINT16_MAX);
    if (fields_done(f) && out->version != 2 && out->version != 3) {
        f->code = E_COLLATERAL_MISMATCH; /* well-formed for all we know, and not what can be judged by */
        (void)field_fault(f, "version", "expected 2 or 3, found %u", out->version);
    }
    if (out->version == 3)
        field_need(f, "id");
    out->id = id == NULL ? "SGX" : id;
    if (fields_done(f) && out->version == 2 && strcmp(out->id, "SGX") != 0)
        (void)field_fault(f, "id", "version 2 is of SGX only, found \"%s\"",
                          text_shown(f->arena, slice_str(out->id)));
    if (strcmp(out->id, "SGX") == 0 &&
        (field_present(f, "tdxModule") || field_present(f, "tdxModuleIdentities")))
        (void)field_fault(f, "tdxModule", "does not belong into TCB info of SGX");
}

static void read_body(struct fields *f, struct tcb_info *out)
{
    read_identity(f, out);
    out->issue_date = field_time(f, "issueDate");
    out->next_update = field_time(f, "nextUpdate");
    out->fmspc = field_needed_hex(f, "fmspc", 6);
    out->pce_id = field_needed_hex(f, "pceId", 2);
    out->tcb_type = (unsigned)field_uint(f, "tcbType", UINT16_MAX);
    out->tcb_evaluation_data_number = field_needed_uint(f, "tcbEvaluationDataNumber", UINT32_MAX);
}

/* ---- TDX modules -------------------------------------------------------------------- */

static void read_module(struct fields *f, struct tdx_module *out)
{
    out->mr_signer = field_needed_hex(f, "mrsigner", 48);
    out->attributes = field_needed_hex(f, "attributes", 8);
    out->attributes_mask = field_needed_hex(f, "attributesMask", 8);
}

static void read_module_identity(struct fields *f, struct tdx_module *out)
{
    field_need(f, "id");
    out->id = field_str(f, "id");
    read_module(f, out);
    out->levels = tcb_isv_levels(f, LEVELS_OF_MODULE, &out->num_levels);
}

/* Intel writes "TDX_0A"; verifiers compare without case. */
static bool is_version(const struct tdx_module *m, uint8_t version)
{
    char id[] = "TDX_00";

    (void)snprintf(id, sizeof id, "TDX_%02X", (unsigned)version);
    return text_equal_fold(slice_str(m->id), slice_str(id));
}

static void check_doubles(struct fields *f, const struct tcb_info *info)
{
    for (size_t i = 0; i < info->num_modules; i++)
        for (size_t k = 0; k < i; k++)
            if (text_equal_fold(slice_str(info->modules[i].id), slice_str(info->modules[k].id)))
                (void)field_fault(f, "tdxModuleIdentities", "two identities have the id \"%s\"",
                                  text_shown(f->arena, slice_str(info->modules[i].id)));
}

static void read_module_identities(struct fields *f, struct tcb_info *out)
{
    const json_t *list = field_array(f, "tdxModuleIdentities");
    const size_t n = json_array_size(list);

    if (n > LIMIT_TDX_MODULES)
        (void)field_fault(f, "tdxModuleIdentities", "%zu, more than the %d allowed", n, LIMIT_TDX_MODULES);
    if (!fields_done(f))
        return;
    out->modules = arena_array(f->arena, n + 1, sizeof *out->modules);
    for (size_t i = 0; i < n && fields_done(f); i++) {
        struct fields one = fields_of(json_array_get(list, i),
                                      arena_printf(f->arena, "%s.tdxModuleIdentities[%zu]", f->path, i),
                                      JSON_EXACT, f->code, f->arena, f->err);

        read_module_identity(&one, &out->modules[i]);
        f->bad = !fields_done(&one);
    }
    if (!fields_done(f))
        return;
    out->num_modules = n;
    check_doubles(f, out);
}

/* That there is a "tdxModule" is asked where it is needed: without it no TD can be judged. */
static void read_tdx(struct fields *f, struct tcb_info *out)
{
    struct fields module;

    out->levels = tcb_levels(f, read_level_tdx, higher_first, &out->num_levels);
    out->has_module = field_present(f, "tdxModule");
    if (fields_done(f) && out->has_module) {
        module = fields_of(field(f, "tdxModule"), field_path(f, "tdxModule"), JSON_EXACT, f->code, f->arena,
                           f->err);
        read_module(&module, &out->module);
        f->bad = !fields_done(&module);
    }
    read_module_identities(f, out);
}

const struct tdx_module *tcb_info_module(const struct tcb_info *info, uint8_t version)
{
    if (version == 0)
        return info->has_module ? &info->module : NULL;
    for (size_t i = 0; i < info->num_modules; i++)
        if (is_version(&info->modules[i], version))
            return &info->modules[i];
    return NULL;
}

/* ---- the whole ---------------------------------------------------------------------- */

bool tcb_info_parse(struct slice body, struct arena *a, struct tcb_info *out, struct err *err)
{
    scoped(json_release) json_t *doc = NULL;
    struct tcb_info info = {0};
    struct fields f;

    if (!json_parse(body, JSON_NO_DUPLICATES, E_COLLATERAL_FORMAT, &doc, err))
        return err_in(err, "tcbInfo");
    f = fields_of(doc, "$.tcbInfo", JSON_EXACT, E_COLLATERAL_FORMAT, a, err);
    read_body(&f, &info);
    if (fields_done(&f) && strcmp(info.id, "SGX") == 0)
        info.levels = tcb_levels(&f, info.version == 2 ? read_level_v2 : read_level_sgx, higher_first,
                                 &info.num_levels);
    else if (fields_done(&f) && strcmp(info.id, "TDX") == 0)
        read_tdx(&f, &info);
    if (!fields_done(&f))
        return false;
    *out = info;
    return true;
}
