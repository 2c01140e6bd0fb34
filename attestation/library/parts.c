/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/library/parts.h"

#define PART(member) {#member, true, offsetof(struct evidence, member)}
#define ITEM(member) {#member, false, offsetof(struct collateral, member)}

static const struct part {
    const char *name;
    bool is_evidence;
    size_t offset;
} parts[] = {
    PART(quote),
    PART(tpm_quote_msg),
    PART(tpm_quote_sig),
    PART(tpm_pcrs),
    PART(vek),
    PART(vek_chain),
    PART(thim_json),
    PART(uvm_endorsements),
    PART(cce_policy),
    PART(runtime_data),
    ITEM(tcb_info),
    ITEM(tcb_issuer_chain),
    ITEM(qe_identity),
    ITEM(qe_issuer_chain),
    ITEM(pck_crl),
    ITEM(root_ca_crl),
    ITEM(pck_crl_issuer_chain),
    ITEM(pck_chain),
    ITEM(vek_crl),
};

struct slice *part_named(const char *name, struct evidence *e, struct collateral *c)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(parts[i].name, name) == 0)
            return (struct slice *)(void *)((parts[i].is_evidence ? (char *)e : (char *)c) + parts[i].offset);
    return NULL;
}
