/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect_aci.h"

#include <stdlib.h>

#include "attestation/collect_snp.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"

#define VARIABLE "UVM_SECURITY_CONTEXT_DIR"

enum { POLICY_SENT_MAX = 24 * KIB, FILE_MAX = 4 * MIB };

static bool read_base64(const char *folder, const char *name, struct arena *a, struct slice *out,
                        struct err *err)
{
    const char *path = arena_printf(a, "%s/%s", folder, name);
    struct slice text;

    if (!file_read(path, FILE_MAX, a, &text, err))
        return err_as(err, E_EVIDENCE_UNAVAILABLE);
    return base64_decode(text, BASE64_STD, a, out) ||
           err_set(err, E_EVIDENCE_UNAVAILABLE, "%s: expected base64", path);
}

/* The policy goes along for people to read; the report has its digest, so a long one need not. */
bool aci_context(const char *folder, struct arena *a, struct evidence *e, struct err *err)
{
    struct slice policy;

    if (!read_base64(folder, "security-policy-base64", a, &policy, err) ||
        !read_base64(folder, "reference-info-base64", a, &e->uvm_endorsements, err) ||
        !read_base64(folder, "host-amd-cert-base64", a, &e->thim_json, err))
        return false;
    if (policy.len <= POLICY_SENT_MAX)
        e->cce_policy = policy;
    return true;
}

/* The one thing that says where they are, and Azure's alone. */
static const char *context_folder(void) { return collect_variable(VARIABLE); }

static bool probe(struct err *err)
{
    const char *folder = context_folder();
    struct err why;

    if (folder == NULL || folder[0] == '\0')
        return err_set(err, E_NO_TEE, VARIABLE " is not set, so this is no confidential container group");
    if (!file_exists(folder))
        return err_set(err, E_NO_TEE, VARIABLE ": %s does not exist", folder);
    if (tee_sev_guest.probe(&why))
        return true;
    return err_set(err, E_NO_TEE, "%s is there, and %s", folder, why.text);
}

static bool evidence(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    struct evidence e = {.kind = EVIDENCE_SNP};

    if (!sev_guest_report(report_data, a, &e, err) || !aci_context(context_folder(), a, &e, err))
        return false;
    *out = evidence_encode(&e, a);
    return true;
}

const struct tee tee_aci = {
    .name = "snp-aci",
    .probe = probe,
    .evidence = evidence,
    .why_no_seal_key =
        "a key of the chip would be bound to the utility VM, which is the same for every container group"};
