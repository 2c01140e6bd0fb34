/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect_azure.h"

#include "attestation/collect_imds.h"
#include "attestation/collect_tpm.h"
#include "attestation/hcl_report.h"
#include "base/file.h"

#define TPM_DEVICE "/dev/tpmrm0"

static const struct azure_place here = {"device:" TPM_DEVICE, "169.254.169.254:80"};

static bool read_report(struct tpm *t, struct arena *a, struct slice *raw, struct hcl_report *out,
                        struct err *err)
{
    return tpm_nv_read(t, AZURE_NV_REPORT, a, raw, err) && hcl_report_parse(*raw, out, err);
}

bool azure_probe(const struct azure_place *p, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(tpm_close) struct tpm *t = NULL;
    struct hcl_report report;
    struct slice raw;

    if (!tpm_open(p->tcti, &t, err) || !read_report(t, &a, &raw, &report, err)) {
        (void)err_in(err, "not an Azure confidential VM");
        return err_as(err, E_NO_TEE);
    }
    return true;
}

/* MarbleRun's report data are a digest of 32 bytes and as many zeroes. These stay away: a TPM takes as extra
 * data what fits its largest digest, which is 48 bytes without SHA-512. */
static struct slice without_zeroes(const uint8_t report_data[64])
{
    const struct slice second_half = slice_of(report_data + 32, 32);

    return slice_of(report_data, slice_is_zero(second_half) ? 32 : 64);
}

/* The certificates of an AMD chip can be had from AMD too: without them evidence is still evidence. */
static bool add_hardware(const struct azure_place *p, const struct hcl_report *report, struct arena *a,
                         struct evidence *e, struct err *err)
{
    struct err no_matter;

    if (report->hardware == HCL_TDX)
        return imds_td_quote(p->metadata_address, report->report, a, &e->quote, err);
    if (!imds_amd_certificates(p->metadata_address, a, &e->thim_json, &no_matter))
        e->thim_json = (struct slice){0};
    return true;
}

bool azure_vtpm_evidence(const char *tcti, const uint8_t report_data[64], struct arena *a,
                         struct evidence *out, struct hcl_report *report, struct err *err)
{
    scoped(tpm_close) struct tpm *t = NULL;
    struct evidence e = {.kind = EVIDENCE_AZURE};
    struct tpm_evidence q;

    if (!tpm_open(tcti, &t, err) || !read_report(t, a, &e.hcl_report, report, err) ||
        !tpm_quote_all(t, AZURE_AK, without_zeroes(report_data), a, &q, err))
        return err_as(err, E_EVIDENCE_UNAVAILABLE);
    e.tpm_quote_msg = q.message;
    e.tpm_quote_sig = q.signature;
    e.tpm_pcrs = q.pcrs;
    *out = e;
    return true;
}

bool azure_evidence(const struct azure_place *p, const uint8_t report_data[64], struct arena *a,
                    struct evidence *out, struct err *err)
{
    struct hcl_report report;
    struct evidence e;

    if (!azure_vtpm_evidence(p->tcti, report_data, a, &e, &report, err) ||
        !add_hardware(p, &report, a, &e, err))
        return false;
    *out = e;
    return true;
}

static bool probe(struct err *err)
{
    if (!file_exists(TPM_DEVICE))
        return err_set(err, E_NO_TEE, "no " TPM_DEVICE ", so this is no Azure confidential VM");
    return azure_probe(&here, err);
}

static bool evidence(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    struct evidence e;

    if (!azure_evidence(&here, report_data, a, &e, err))
        return false;
    *out = evidence_encode(&e, a);
    return true;
}

const struct tee tee_azure = {
    .name = "azure-vtpm",
    .probe = probe,
    .evidence = evidence,
    .why_no_seal_key =
        "the virtual TPM of an Azure confidential VM keeps no key for one measured program alone"};
