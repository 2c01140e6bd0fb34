/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/qe_identity.h"

#include "base/text.h"

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
    out->levels = tcb_isv_levels(f, LEVELS_OF_ENCLAVE, &out->num_levels);
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
    if (!equal_under_mask(qe->claims.misc_select, id->misc_select_mask, id->misc_select))
        return differs("MISCSELECT under its mask", id->misc_select, qe->claims.misc_select, err);
    if (!equal_under_mask(qe->claims.attributes, id->attributes_mask, id->attributes))
        return differs("ATTRIBUTES under their mask", id->attributes, qe->claims.attributes, err);
    if (!slice_equal(qe->claims.mr_signer, id->mr_signer))
        return differs("MRSIGNER", id->mr_signer, qe->claims.mr_signer, err);
    if (qe->claims.isv_prod_id != id->isv_prod_id)
        return err_set(err, E_QE_IDENTITY, "quoting enclave: ISVPRODID: expected %u, found %u",
                       id->isv_prod_id, qe->claims.isv_prod_id);
    return true;
}
