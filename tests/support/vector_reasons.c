/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/vector_reasons.h"

#include <string.h>

/* Words that are the same need no row. */
enum { MAX_OURS = 8 };
static const struct {
    const char *theirs, *ours[MAX_OURS];
} rows[] = {
    {"format", {"evidence_format", "collateral_format", "evidence_missing", "cert_format"}},
    {"cert_sig", {"signature"}},
    {"revoked", {"cert_revoked"}},
    {"collateral_sig", {"collateral_signature"}},
    {"qe_report_sig", {"qe_report_signature"}},
    {"quote_sig", {"quote_signature"}},
    {"tpm_sig", {"tpm_signature"}},
    {"tcb_unknown_status", {"tcb_status_unknown"}},
    {"tcb_eval_data_number", {"tcb_evaluation"}},
    {"report_data", {"key_binding"}},
    {"pubkey_binding", {"key_binding"}},
    {"report_sig", {"report_signature"}},
    {"chain", {"nitro_chain"}},
    {"tpm_sig", {"tpm_signature"}},
    {"doc_sig", {"document_signature"}},
    {"policy", {"tcb_status", "report_data", "debug"}},
};

static bool means(const char *theirs, const char *ours)
{
    if (theirs != NULL && strcmp(theirs, ours) == 0)
        return true;
    for (size_t i = 0; theirs != NULL && i < sizeof rows / sizeof rows[0]; i++)
        for (size_t k = 0; strcmp(rows[i].theirs, theirs) == 0 && k < MAX_OURS && rows[i].ours[k] != NULL;
             k++)
            if (strcmp(rows[i].ours[k], ours) == 0)
                return true;
    return false;
}

bool vector_reason_is(const json_t *reason, const char *ours)
{
    for (size_t i = 0; i < json_array_size(reason); i++)
        if (means(json_string_value(json_array_get(reason, i)), ours))
            return true;
    return means(json_string_value(reason), ours);
}
