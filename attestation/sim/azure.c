/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/azure.h"

#include "attestation/collect_azure.h"
#include "attestation/sim/seed.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"

/* RSA keys cannot be derived in a moment, so this one stands here. It is no secret, like all of the
 * simulation. */
static const char ak_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                             "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCvwqD8LvfznI46\n"
                             "0fbsbAEQw/BHcxOCHxBIBgOIanP/MtbXeUYInQKO30c12Wqhf2hTscZn+lJBnjE2\n"
                             "tz+YsbyxTLHSPS87SGoVuLbg2TpnWaQL5KW5egKXrncoqHnIjefbr5I/a20/rleJ\n"
                             "DqYdG4j0fcrPqH13NWCDj54gTeMwVqLwbwX2cZaNTX9RZdnbvURU357tCdy+w1D0\n"
                             "MSxxxQa7kEk36hupq/hFtc69rH0/f1ddsynDDl+4y7z+bsTPK/qDMvWcbLQNoKCn\n"
                             "2o6yEsdh7JLj1QRmYrehUMTZDPHXEUTuBwsMj899CnlZdRGQ0kiwsiyWQg2Q/iKX\n"
                             "Aj3HpKMJAgMBAAECggEALYBnGfJ06aIJpkuuL8XEPtljDrRJhCHTnrnD12Cr2BEK\n"
                             "0qzIRzmSrHc8YcIAG4A2+5fmBAwnmGpCVmZ5defpsELpNEL3w9K6+BWibrJ+Lrxj\n"
                             "vlp61voxyp/1pFZ9dMDcGiEpbPa8SUSyz741ngp/WcBpLXpyxNZSPq0DJFzVqLEO\n"
                             "3yWqsUetlwg4FaH9A4UkbQXwMJwmtlT/EW2jNaIzjiCjJQ5L1hBVGpfCeuUkxHex\n"
                             "pptaDW8QpxqYKiXPpp+RPh2ERyv1OyQyZfdbTEG7eL1gsyewtnkCZsESLsBVjpPm\n"
                             "UkwNWbiYpFOxCZ34pLKsnmoudPitpMHfgazzBGMywwKBgQDovQM5BEK0JhIwynBm\n"
                             "tKBDu5uTPxoxoK8Bb/kIz+oAsMshnM6WHeCf+qBSOVECvrRwMOA7PxdRM64wYuGZ\n"
                             "g4sLjxiF7DaHBxt0ItiECKKFbTQCafSKho5g4qz+Ix5YuNk5LXrfkUhmYpwFCPQc\n"
                             "fQkccKn1B20J/SGG7GT4/gT4xwKBgQDBU71+EFjc2uNqBVEaYQ78YvEGcWc/d+vG\n"
                             "1oJZpSs5VpRmRAhHIHeElE+NuSKfVSRYoQNql4h8iSAQouo+9PEMUhYCaBehbLVj\n"
                             "h6y/5XfGnW2qaa5S3jJP8X0VItk4dFwzGaHdbo9ikjEdJphbEskCd/QLqbuiHx8P\n"
                             "x5uPj7fVrwKBgEHHolCMJro6BGwr22b76Ewci1UrwaCDNNNoLW/TK+U0EsWWR0Fg\n"
                             "gmtU79ktf/sRoXgQKGA2bcWyoKnmWLMF3dfPgvPfFm5FkPnbG2z978lcWxXPkqFQ\n"
                             "dI9nodNWY65Z2HNzqkXkDx15A3Xc2PnwURHrue2aQrRPChnTWJqTWR5jAoGBAIzU\n"
                             "sLxtsh4owfNQrjUWMTF/7e5wm/LrK/FsAAbHwEYDoRUiSBlwOEB3PcCS9fq1rkV1\n"
                             "/aQfgQifZ6FW3GdCTXpZLblRFK2+ICDCDAC6a1dfBS1X0OqC/Imp9CF6glySvztm\n"
                             "V7iTupXmwypmHCRz+cP3l+sLGSlPnHQFR3f8DMH3AoGBAJlUlKVEs/8ivtTRQWIC\n"
                             "hACHV8nY3nfCS5tVy0A0oOVv0c6yKOFcMcwHHBGxGl548slpiHDAVbqn6flerWGE\n"
                             "zHN4HA6W29sy0KdG5THfUdDAxCdFWO12Nfs7iaDZKowIaNNKs3IkB4ZzFaSxtWNQ\n"
                             "PPX+TG5E2I7EKpseC71ykPyo\n"
                             "-----END PRIVATE KEY-----\n";

bool sim_azure_ak(struct key *out, struct err *err) { return key_from_pem(slice_str(ak_pem), out, err); }

/* ---- runtime data ------------------------------------------------------------------- */

/* RFC 3279 2.3.1: SEQUENCE { algorithm, BIT STRING of SEQUENCE { modulus, exponent } }. */
static bool rsa_modulus(struct slice spki, struct slice *out, struct err *err)
{
    struct cursor c = cursor_over(spki), whole = der_enter(&c, DER_SEQUENCE), key;

    (void)der_take(&whole, DER_SEQUENCE);
    key = cursor_over(der_bits(&whole));
    key = der_enter(&key, DER_SEQUENCE);
    *out = der_natural(&key);
    return (cursor_done(&whole) && cursor_ok(&key) && out->len >= 256) ||
           err_set(err, E_KEY_FORMAT, "attestation key: expected an RSA key");
}

bool sim_hcl_runtime_data(struct slice ak_spki, const uint8_t user_data[64], struct arena *a,
                          struct slice *out, struct err *err)
{
    struct slice n;

    if (!rsa_modulus(ak_spki, &n, err))
        return false;
    *out = slice_str(
        arena_printf(a,
                     "{\"keys\":[{\"kid\":\"HCLAkPub\",\"key_ops\":[\"sign\"],\"kty\":\"RSA\",\"e\":\"AQAB\","
                     "\"n\":\"%s\"}],\"vm-configuration\":{\"console-enabled\":false,"
                     "\"secure-boot\":true,\"tpm-enabled\":true},\"user-data\":\"%s\"}",
                     base64_text(a, n, BASE64_URL_BARE), hex_text(a, slice_of(user_data, 64))));
    return true;
}

/* ---- the report --------------------------------------------------------------------- */

enum { HEADER_LEN = 32, REQUEST_LEN = 20 };

struct slice sim_hcl_report(enum hcl_hardware hardware, struct slice report, struct slice runtime_data,
                            size_t len, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(len);
    const uint32_t request_len = (uint32_t)(REQUEST_LEN + runtime_data.len);

    buf_str(&b, "HCLA");
    buf_u32le(&b, 2);
    buf_u32le(&b, HEADER_LEN + HCL_HARDWARE_LEN + request_len);
    buf_u32le(&b, 2);
    buf_zero(&b, 4 + 12);
    buf_put(&b, report);
    buf_zero(&b, HCL_HARDWARE_LEN - report.len);
    buf_u32le(&b, request_len);
    buf_u32le(&b, 1);
    buf_u32le(&b, hardware);
    buf_u32le(&b, 1); /* SHA-256 */
    buf_u32le(&b, (uint32_t)runtime_data.len);
    buf_put(&b, runtime_data);
    buf_zero(&b, len - b.len);
    return arena_copy(a, buf_bytes(&b));
}

/* ---- the virtual TPM ---------------------------------------------------------------- */

struct slice sim_tpm_attest(struct slice extra_data, uint32_t pcr_selection, struct slice pcr_digest,
                            struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(KIB);
    uint8_t signer[34];

    sim_constant("attestation key's name", (struct slice){0}, signer, sizeof signer);
    buf_u32be(&b, 0xff544347);
    buf_u16be(&b, 0x8018);
    buf_u16be(&b, sizeof signer);
    buf_put(&b, slice_of(signer, sizeof signer));
    buf_u16be(&b, (uint16_t)extra_data.len);
    buf_put(&b, extra_data);
    buf_u64be(&b, 1000000); /* clock, in milliseconds */
    buf_u32be(&b, 1);
    buf_u32be(&b, 0);
    buf_u8(&b, 1);
    buf_u64be(&b, 0x2020031200120003); /* firmware */
    buf_u32be(&b, 1);
    buf_u16be(&b, 0x000b);
    buf_u8(&b, 3);
    for (unsigned shift = 0; shift < 24; shift += 8)
        buf_u8(&b, (uint8_t)(pcr_selection >> shift));
    buf_u16be(&b, (uint16_t)pcr_digest.len);
    buf_put(&b, pcr_digest);
    return arena_copy(a, buf_bytes(&b));
}

bool sim_tpm_quote(const struct key *ak, struct slice extra_data,
                   const uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN], struct arena *a, struct sim_tpm_quote *out,
                   struct err *err)
{
    uint8_t digest[SHA256_LEN];

    sha256(digest, slice_of(pcrs, (size_t)TPM_NUM_PCRS * TPM_PCR_LEN));
    out->message = sim_tpm_attest(extra_data, 0xffffff, slice_of(digest, sizeof digest), a);
    out->pcrs = tpm_pcrs_text(pcrs, a);
    return key_sign(ak, out->message, a, &out->signature, err);
}

/* What firmware, boot loader and kernel would have extended; 16 and 23 are for debugging and applications, 17
 * to 22 for dynamic launches, which there are none. */
void sim_azure_pcrs(const struct sim_identity *id, uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN])
{
    enum { IMAGE_PCR = 11 };
    static const uint8_t zeroes[TPM_PCR_LEN];

    for (uint8_t i = 0; i < TPM_NUM_PCRS; i++) {
        memset(pcrs[i], i >= 17 && i <= 22 ? 0xff : 0, TPM_PCR_LEN);
        if (i < 16)
            sim_constant("PCR", slice_of(&i, 1), pcrs[i], TPM_PCR_LEN);
    }
    if (id != NULL) {
        const struct slice extended[] = {slice_of(zeroes, TPM_PCR_LEN),
                                         slice_of(id->mr_enclave, TPM_PCR_LEN)};

        sha256_of(pcrs[IMAGE_PCR], extended, 2);
    }
}

/* ---- a VM --------------------------------------------------------------------------- */

static void paravisor(uint8_t measurement[48])
{
    sim_constant("paravisor", (struct slice){0}, measurement, 48);
}

/* TDREPORT (Intel TDX Module ABI): REPORTMACSTRUCT, TEE_TCB_INFO, TDINFO. Its MAC stays zero: nobody here
 * could check it. */
static struct slice td_local_report(const struct sim_td *td, const uint8_t report_data[64], struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(TD_LOCAL_REPORT_LEN);

    buf_u8(&b, 0x81);
    buf_zero(&b, 127);
    buf_put(&b, slice_of(report_data, 64));
    buf_zero(&b, 32 + 32);
    buf_u64le(&b, 0x301ff); /* which fields of TEE_TCB_INFO count */
    buf_put(&b, slice_of(td->tee_tcb_svn, 16));
    buf_put(&b, slice_of(td->mr_seam, 48));
    buf_put(&b, slice_of(td->mr_signer_seam, 48));
    buf_put(&b, slice_of(td->seam_attributes, 8));
    buf_zero(&b, 111 + 17);
    buf_put(&b, slice_of(td->attributes, 8));
    buf_put(&b, slice_of(td->xfam, 8));
    buf_put(&b, slice_of(td->mr_td, 48));
    buf_put(&b, slice_of(td->mr_config_id, 48));
    buf_put(&b, slice_of(td->mr_owner, 48));
    buf_put(&b, slice_of(td->mr_owner_config, 48));
    for (size_t i = 0; i < 4; i++)
        buf_put(&b, slice_of(td->rtmr[i], 48));
    buf_zero(&b, TD_LOCAL_REPORT_LEN - b.len);
    return arena_copy(a, buf_bytes(&b));
}

static struct sim_td paravisor_td(const struct sim_identity *id)
{
    struct sim_td td = sim_td_running(id);

    paravisor(td.mr_td);
    return td;
}

bool sim_azure_report(enum hcl_hardware hardware, const struct sim_identity *id, struct slice ak_spki,
                      size_t len, struct arena *a, struct slice *out, struct err *err)
{
    static const uint8_t no_user_data[64];
    struct sim_guest guest = sim_guest_running(id);
    const struct sim_td td = paravisor_td(id);
    struct slice runtime, report;
    uint8_t report_data[64] = {0};

    if (!sim_hcl_runtime_data(ak_spki, no_user_data, a, &runtime, err))
        return false;
    sha256(report_data, runtime);
    paravisor(guest.measurement);
    if (hardware == HCL_TDX)
        report = td_local_report(&td, report_data, a);
    else if (!sim_snp_report(sim_chip_here, &guest, report_data, a, &report, err))
        return false;
    *out = sim_hcl_report(hardware, report, runtime, len, a);
    return true;
}

static void copy(void *to, size_t len, struct slice from) { memcpy(to, from.ptr, len); }

/* As Azure's metadata service: a TD quote of what a TDREPORT says. */
static bool quote_of(struct slice report, struct arena *a, struct slice *quote, struct err *err)
{
    static const struct sim_quote_options as_they_are = {0};
    struct td_local_report r;
    struct sim_td td = {0};

    if (!td_local_report_parse(report, &r, err))
        return false;
    copy(td.tee_tcb_svn, sizeof td.tee_tcb_svn, r.claims.tee_tcb_svn);
    copy(td.mr_seam, sizeof td.mr_seam, r.claims.mr_seam);
    copy(td.mr_signer_seam, sizeof td.mr_signer_seam, r.claims.mr_signer_seam);
    copy(td.seam_attributes, sizeof td.seam_attributes, r.claims.seam_attributes);
    copy(td.attributes, sizeof td.attributes, r.claims.td_attributes);
    copy(td.xfam, sizeof td.xfam, r.claims.xfam);
    copy(td.mr_td, sizeof td.mr_td, r.claims.mr_td);
    copy(td.mr_config_id, sizeof td.mr_config_id, r.claims.mr_config_id);
    copy(td.mr_owner, sizeof td.mr_owner, r.claims.mr_owner);
    copy(td.mr_owner_config, sizeof td.mr_owner_config, r.claims.mr_owner_config);
    for (size_t i = 0; i < 4; i++)
        copy(td.rtmr[i], sizeof td.rtmr[i], r.claims.rtmr[i]);
    return sim_td_quote(&sim_platform_default, &td, r.report_data.ptr, &as_they_are, a, quote, err);
}

static bool in_software(enum hcl_hardware hardware, const struct sim_identity *id,
                        const uint8_t report_data[64], struct arena *a, struct evidence *e, struct err *err)
{
    scoped(key_wipe) struct key ak = {0};
    uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN];
    struct sim_tpm_quote q;

    sim_azure_pcrs(id, pcrs);
    if (!sim_azure_ak(&ak, err) ||
        !sim_azure_report(hardware, id, key_spki(&ak, a), SIM_HCL_NV_LEN, a, &e->hcl_report, err) ||
        !sim_tpm_quote(&ak, slice_of(report_data, 64), pcrs, a, &q, err))
        return false;
    e->tpm_quote_msg = q.message;
    e->tpm_quote_sig = q.signature;
    e->tpm_pcrs = q.pcrs;
    return true;
}

bool sim_azure_evidence(enum hcl_hardware hardware, const struct sim_identity *id, const char *tcti,
                        const uint8_t report_data[64], struct arena *a, struct evidence *out, struct err *err)
{
    struct evidence e = {.kind = EVIDENCE_AZURE};
    struct hcl_report h;

    if (tcti == NULL || tcti[0] == '\0') {
        if (!in_software(hardware, id, report_data, a, &e, err) || !hcl_report_parse(e.hcl_report, &h, err))
            return false;
    } else if (!azure_vtpm_evidence(tcti, report_data, a, &e, &h, err)) {
        return false;
    }
    if (h.hardware != hardware)
        return err_set(err, E_EVIDENCE_UNAVAILABLE, "%s: the report is of the other kind of hardware", tcti);
    if (hardware == HCL_TDX && !quote_of(h.report, a, &e.quote, err))
        return false;
    *out = e;
    return true;
}
