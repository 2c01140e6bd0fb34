/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/qe_identity.h"

#include "base/text.h"

/* Statuses that say something about the platform only, not about an enclave. */
static bool is_platform_only(enum tcb_status s)
{
    return s == TCB_SW_HARDENING_NEEDED || s == TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED;
}

static void read_level(struct fields *level, struct tcb_level *out)
{
    struct fields tcb;

    field_need(level, "tcb");
    if (!fields_done(level))
        return;
    tcb = fields_of(field(level, "tcb"), field_path(level, "tcb"), JSON_EXACT, level->code, level->arena,
                    level->err);
    out->isv_svn = (unsigned)field_needed_uint(&tcb, "isvsvn", UINT16_MAX);
    level->bad = !fields_done(&tcb);
    if (!tcb_level_common(level, out) || !is_platform_only(out->status))
        return;
    level->code = E_TCB_STATUS_UNKNOWN;
    (void)field_fault(level, "tcbStatus", "expected a status of an enclave, found %s",
                      tcb_status_name(out->status));
}

static int higher_first(const void *left, const void *right)
{
    const struct tcb_level *a = left, *b = right;

    return (b->isv_svn > a->isv_svn) - (b->isv_svn < a->isv_svn);
}

static void read_body(struct fields *f, struct qe_identity *out)
{
    field_need(f, "id");
    out->id = field_str(f, "id");
    out->version = (unsigned)field_needed_uint(f, "version", UINT16_MAX);
    out->issue_date = field_time(f, "issueDate");
    out->next_update = field_time(f, "nextUpdate");
    out->tcb_evaluation_data_number = field_needed_uint(f, "tcbEvaluationDataNumber", UINT32_MAX);
    out->misc_select = field_needed_hex(f, "miscselect", 4);
    out->misc_select_mask = field_needed_hex(f, "miscselectMask", 4);
    out->attributes = field_needed_hex(f, "attributes", 16);
    out->attributes_mask = field_needed_hex(f, "attributesMask", 16);
    out->mr_signer = field_needed_hex(f, "mrsigner", 32);
    out->isv_prod_id = (unsigned)field_needed_uint(f, "isvprodid", UINT16_MAX);
    out->levels = tcb_levels(f, read_level, higher_first, &out->num_levels);
}

bool qe_identity_parse(struct slice body, struct arena *a, struct qe_identity *out, struct err *err)
{
    scoped(json_release) json_t *doc = NULL;
    struct qe_identity id = {0};
    struct fields f;

    if (!json_parse(body, JSON_NO_DUPLICATES, E_COLLATERAL_FORMAT, &doc, err))
        return err_in(err, "enclaveIdentity");
    f = fields_of(doc, "$.enclaveIdentity", JSON_EXACT, E_COLLATERAL_FORMAT, a, err);
    read_body(&f, &id);
    if (!fields_done(&f))
        return false;
    *out = id;
    return true;
}

static bool equal_under_mask(struct slice found, struct slice mask, struct slice expected)
{
    if (found.len != mask.len || found.len != expected.len)
        return false;
    for (size_t i = 0; i < found.len; i++)
        if ((found.ptr[i] & mask.ptr[i]) != expected.ptr[i])
            return false;
    return true;
}

/* Both in hexadecimal, for the message. */
static bool differs(const char *what, struct slice expected, struct slice found, struct err *err)
{
    char want[65], got[65];

    hex_encode(want, expected);
    hex_encode(got, found);
    return err_set(err, E_QE_IDENTITY, "quoting enclave: %s: expected %s, found %s", what, want, got);
}

bool qe_identity_match(const struct qe_identity *id, const struct sgx_report *qe, struct err *err)
{
    if (!equal_under_mask(qe->misc_select, id->misc_select_mask, id->misc_select))
        return differs("MISCSELECT under its mask", id->misc_select, qe->misc_select, err);
    if (!equal_under_mask(qe->attributes, id->attributes_mask, id->attributes))
        return differs("ATTRIBUTES under their mask", id->attributes, qe->attributes, err);
    if (!slice_equal(qe->mr_signer, id->mr_signer))
        return differs("MRSIGNER", id->mr_signer, qe->mr_signer, err);
    if (qe->isv_prod_id != id->isv_prod_id)
        return err_set(err, E_QE_IDENTITY, "quoting enclave: ISVPRODID: expected %u, found %u",
                       id->isv_prod_id, qe->isv_prod_id);
    return true;
}
