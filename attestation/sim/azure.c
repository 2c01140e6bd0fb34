/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/azure.h"

#include "attestation/sim/seed.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"

/* RSA keys cannot be derived in a moment, so this one stands here. It is no secret, like all of the simulation. */
static const char ak_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
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

bool sim_hcl_runtime_data(struct slice ak_spki, const uint8_t user_data[64], struct arena *a, struct slice *out,
                          struct err *err)
{
    struct slice n;

    if (!rsa_modulus(ak_spki, &n, err))
        return false;
    *out = slice_str(arena_printf(a,
                                  "{\"keys\":[{\"kid\":\"HCLAkPub\",\"key_ops\":[\"sign\"],\"kty\":\"RSA\",\"e\":\"AQAB\","
                                  "\"n\":\"%s\"}],\"vm-configuration\":{\"console-enabled\":false,"
                                  "\"secure-boot\":true,\"tpm-enabled\":true},\"user-data\":\"%s\"}",
                                  base64_text(a, n, BASE64_URL_BARE), hex_text(a, slice_of(user_data, 64))));
    return true;
}

/* ---- the report --------------------------------------------------------------------- */

enum { HEADER_LEN = 32, REQUEST_LEN = 20 };

struct slice sim_hcl_report(enum hcl_hardware hardware, struct slice report, struct slice runtime_data, size_t len,
                            struct arena *a)
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

struct slice sim_tpm_attest(struct slice extra_data, uint32_t pcr_selection, struct slice pcr_digest, struct arena *a)
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

bool sim_tpm_quote(const struct key *ak, struct slice extra_data, const uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN],
                   struct arena *a, struct sim_tpm_quote *out, struct err *err)
{
    uint8_t digest[SHA256_LEN];

    sha256(digest, slice_of(pcrs, (size_t)TPM_NUM_PCRS * TPM_PCR_LEN));
    out->message = sim_tpm_attest(extra_data, 0xffffff, slice_of(digest, sizeof digest), a);
    out->pcrs = tpm_pcrs_text(pcrs, a);
    return key_sign(ak, out->message, a, &out->signature, err);
}

/* What firmware, boot loader and kernel would have extended; 16 and 23 are for debugging and applications, 17 to 22 for
 * dynamic launches, which there are none. */
void sim_azure_pcrs(uint8_t pcrs[TPM_NUM_PCRS][TPM_PCR_LEN])
{
    for (uint8_t i = 0; i < TPM_NUM_PCRS; i++) {
        memset(pcrs[i], i >= 17 && i <= 22 ? 0xff : 0, TPM_PCR_LEN);
        if (i < 16)
            sim_constant("PCR", slice_of(&i, 1), pcrs[i], TPM_PCR_LEN);
    }
}
