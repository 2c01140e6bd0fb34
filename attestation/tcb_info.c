/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/tcb_info.h"

#include <stdio.h>

/* Version 2: "sgxtcbcomp01svn" to "sgxtcbcomp16svn". */
static void read_components_v2(struct fields *tcb, struct tcb_level *out)
{
    char name[] = "sgxtcbcomp00svn";

    for (unsigned i = 0; i < sizeof out->components; i++) {
        (void)snprintf(name, sizeof name, "sgxtcbcomp%02usvn", (i + 1) % 100);
        out->components[i] = (uint8_t)field_needed_uint(tcb, name, UINT8_MAX);
    }
}

/* Version 3: "sgxtcbcomponents": [{"svn": 5, "category": "BIOS", ...}, ...]. */
static void read_components_v3(struct fields *tcb, struct tcb_level *out)
{
    const json_t *list = field_array(tcb, "sgxtcbcomponents");

    field_need(tcb, "sgxtcbcomponents");
    if (fields_done(tcb) && json_array_size(list) != sizeof out->components)
        (void)field_fault(tcb, "sgxtcbcomponents", "expected 16 components, found %zu",
                          json_array_size(list));
    for (size_t i = 0; i < sizeof out->components && fields_done(tcb); i++) {
        struct fields component = fields_of(
            json_array_get(list, i), arena_printf(tcb->arena, "%s.sgxtcbcomponents[%zu]", tcb->path, i),
            JSON_EXACT, tcb->code, tcb->arena, tcb->err);

        out->components[i] = (uint8_t)field_needed_uint(&component, "svn", UINT8_MAX);
        tcb->bad = !fields_done(&component);
    }
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
static void read_level_v3(struct fields *level, struct tcb_level *out)
{
    read_level(level, out, read_components_v3);
}

/* Descending: components like the letters of a word, then PCESVN. */
static int higher_first(const void *left, const void *right)
{
    const struct tcb_level *a = left, *b = right;
    const int order = memcmp(b->components, a->components, sizeof a->components);

    return order != 0 ? order : (b->pce_svn > a->pce_svn) - (b->pce_svn < a->pce_svn);
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
        info.levels =
            tcb_levels(&f, info.version == 2 ? read_level_v2 : read_level_v3, higher_first, &info.num_levels);
    if (!fields_done(&f))
        return false;
    *out = info;
    return true;
}
