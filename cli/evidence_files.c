/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence_files.h"

#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "pki/pem.h"

#define PART(member) offsetof(struct evidence, member), 0
#define ITEM(member) 0, offsetof(struct collateral, member)

/* A file's name and which member it is: of struct evidence, or of struct collateral. */
static const struct named {
    const char *file;
    bool is_part;
    size_t part, item;
    enum evidence_kind kind; /* of a file that is evidence by itself */
} FILES[] = {
    {"quote.bin", true, PART(quote), EVIDENCE_DCAP},
    {"oe_report.bin", true, PART(quote), EVIDENCE_DCAP},
    {"report.bin", true, PART(report), EVIDENCE_SNP},
    {"hcl_report.bin", true, PART(hcl_report), EVIDENCE_AZURE},
    {"document.cose", true, PART(document), EVIDENCE_NITRO},
    {"certificate.pem", true, PART(certificate), EVIDENCE_CERTIFICATE},
    {"certificate.der", true, PART(certificate), EVIDENCE_CERTIFICATE},
    {"tpm_quote.msg", true, PART(tpm_quote_msg), 0},
    {"tpm_quote.sig", true, PART(tpm_quote_sig), 0},
    {"tpm_pcrs.json", true, PART(tpm_pcrs), 0},
    {"thim_certs.json", true, PART(thim_json), 0},
    {"uvm_endorsements.cose", true, PART(uvm_endorsements), 0},
    {"cce_policy.rego", true, PART(cce_policy), 0},
    {"runtime_data.bin", true, PART(runtime_data), 0},
    {"tcb_info.json", false, ITEM(tcb_info), 0},
    {"tcb_issuer_chain.pem", false, ITEM(tcb_issuer_chain), 0},
    {"qe_identity.json", false, ITEM(qe_identity), 0},
    {"qe_issuer_chain.pem", false, ITEM(qe_issuer_chain), 0},
    {"pck_crl.der", false, ITEM(pck_crl), 0},
    {"pck_crl.pem", false, ITEM(pck_crl), 0},
    {"pck_crl.hex", false, ITEM(pck_crl), 0},
    {"root_ca_crl.der", false, ITEM(root_ca_crl), 0},
    {"root_ca_crl.pem", false, ITEM(root_ca_crl), 0},
    {"root_ca_crl.hex", false, ITEM(root_ca_crl), 0},
    {"pck_crl_issuer_chain.pem", false, ITEM(pck_crl_issuer_chain), 0},
    {"pck_chain.pem", false, ITEM(pck_chain), 0},
    {"vek.der", false, ITEM(vek), 0},
    {"vek.pem", false, ITEM(vek), 0},
    {"vek_chain.pem", false, ITEM(vek_chain), 0},
    {"vek_crl.der", false, ITEM(vek_crl), 0},
    {"vek_crl.pem", false, ITEM(vek_crl), 0},
};
enum { NUM_FILES = sizeof FILES / sizeof FILES[0] };

static struct slice *place(const struct named *n, struct evidence *e, struct collateral *c)
{
    return (struct slice *)(void *)(n->is_part ? (char *)e + n->part : (char *)c + n->item);
}

/* ---- the evidence itself ------------------------------------------------------------------------- */

static const struct named *named_evidence(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

    for (size_t i = 0; i < NUM_FILES; i++)
        if (FILES[i].kind != EVIDENCE_UNKNOWN && strcmp(FILES[i].file, name) == 0)
            return &FILES[i];
    return NULL;
}

bool evidence_file_read(const char *path, struct arena *a, struct evidence *out, struct err *err)
{
    const struct named *n = named_evidence(path);
    struct collateral none;
    struct slice bytes;

    if (!file_read(path, LIMIT_EVIDENCE_PARTS, a, &bytes, err))
        return false;
    if (evidence_read(bytes, a, out, err) && (n == NULL || out->kind == n->kind))
        return true;
    if (n == NULL)
        return err_in(err, "%s", path);
    *out = (struct evidence){.kind = n->kind};
    *place(n, out, &none) = bytes;
    return true;
}

/* ---- what stands beside it ------------------------------------------------------------------------ */

bool evidence_folder_read(const char *folder, struct arena *a, struct evidence *evidence, struct collateral *out,
                          struct err *err)
{
    for (size_t i = 0; i < NUM_FILES; i++) {
        struct slice *to = place(&FILES[i], evidence, out);
        /* of evidence only a TD quote goes beside something else: Azure's HCL report */
        const bool fits = FILES[i].kind == EVIDENCE_UNKNOWN ||
                          (evidence->kind == EVIDENCE_AZURE && strcmp(FILES[i].file, "quote.bin") == 0);

        if (fits && to->len == 0 &&
            !file_read(arena_printf(a, "%s/%s", folder, FILES[i].file), LIMIT_FILE, a, to, err) &&
            err->code != E_FILE_MISSING)
            return false;
    }
    return true;
}
