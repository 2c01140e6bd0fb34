/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/snp.h"

#include "attestation/sim/seed.h"
#include "attestation/sim/vek.h"
#include "attestation/snp_report.h"
#include "base/limits.h"
#include "pki/hash.h"

enum {
    DEFAULT_POLICY = 0x30000,
    KEY_INFO_VLEK = 1 << 2,
    ALGORITHM_ECDSA_P384 = 1,
    NUMBER_LEN = 72,
    HALF = 48
};

/* Microcode above 127 in the first, so that its DER needs a leading zero. */
const struct sim_chip sim_chips[3] = {
    {"Milan",
     {0x19, 0x01, 0x01},
     {0x5a, 'm', 1, [63] = 1}, /* all 64 bytes, as theirs: eight and zeroes would be Turin's */
     {4, 0, 0, 0, 0, 0, 24, 219},
     "CN=simulated-1.cloud.invalid"},
    {"Genoa",
     {0x19, 0x11, 0x01},
     {0x5a, 'g', 1, [63] = 1},
     {10, 0, 0, 0, 0, 0, 23, 84},
     "CN=simulated-2.cloud.invalid"},
    {"Turin", {0x1a, 0x02, 0x01}, {0x5a, 't', 1}, {1, 2, 3, 4, 0, 0, 0, 71}, "CN=simulated-3.cloud.invalid"},
};

void sim_launch_measurement(const struct sim_identity *id, uint8_t measurement[48])
{
    scoped(buf_wipe) struct buf b = buf_max(KIB);

    pki_init();
    buf_str(&b, "marblemesh simulated guest v1");
    buf_put(&b, slice_of(id->mr_enclave, sizeof id->mr_enclave));
    sha384(measurement, buf_bytes(&b));
}

/* ---- the report --------------------------------------------------------------------- */

static unsigned version_of(const struct sim_chip *chip, const struct sim_guest *guest)
{
    if (guest->version != 0)
        return guest->version;
    return snp_is_turin(chip->product) ? 5 : strcmp(chip->product, "Milan") == 0 ? 2 : 3;
}

static void put_guest(struct buf *b, const struct sim_chip *chip, const struct sim_guest *guest)
{
    buf_u32le(b, version_of(chip, guest));
    buf_u32le(b, guest->guest_svn);
    buf_u64le(b, guest->policy != 0 ? guest->policy : DEFAULT_POLICY);
    buf_zero(b, 16 + 16); /* family id, image id */
    buf_u32le(b, guest->vmpl);
    buf_u32le(b, ALGORITHM_ECDSA_P384);
    buf_put(b, slice_of(chip->tcb, sizeof chip->tcb)); /* current TCB */
    buf_u64le(b, 1);                                   /* platform: SMT */
    buf_u32le(b, (guest->vlek ? KEY_INFO_VLEK : 0U) | (guest->masked ? 2U : 0U));
    buf_zero(b, 4);
}

static void put_identity(struct buf *b, const struct sim_guest *guest, const uint8_t report_data[64])
{
    uint8_t report_id[32];

    sim_constant("SNP report id", slice_of(guest->measurement, sizeof guest->measurement), report_id,
                 sizeof report_id);
    buf_put(b, slice_of(report_data, 64));
    buf_put(b, slice_of(guest->measurement, sizeof guest->measurement));
    buf_put(b, slice_of(guest->host_data, sizeof guest->host_data));
    buf_put(b, slice_of(guest->id_key_digest, sizeof guest->id_key_digest));
    buf_put(b, slice_of(guest->author_key_digest, sizeof guest->author_key_digest));
    buf_put(b, slice_of(report_id, sizeof report_id));
    for (size_t i = 0; i < 32; i++) /* no migration agent */
        buf_u8(b, 0xff);
}

static void put_platform(struct buf *b, const struct sim_chip *chip, const struct sim_guest *guest)
{
    const struct slice tcb = slice_of(chip->tcb, sizeof chip->tcb);

    buf_put(b, tcb); /* reported */
    if (version_of(chip, guest) > 2)
        buf_put(b, slice_of(chip->cpuid, sizeof chip->cpuid));
    else
        buf_zero(b, 3);
    buf_zero(b, 21);
    if (guest->vlek || guest->masked)
        buf_zero(b, SNP_CHIP_ID_LEN);
    else
        buf_put(b, slice_of(chip->hwid, SNP_CHIP_ID_LEN));
    buf_put(b, tcb); /* committed */
    for (unsigned i = 0; i < 2; i++)
        buf_u32le(b, 0x01371d); /* version 1.55, build 29: current, committed */
    buf_put(b, tcb);            /* launch */
}

bool sim_snp_report(const struct sim_chip *chip, const struct sim_guest *guest, const uint8_t report_data[64],
                    struct arena *a, struct slice *report, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(SNP_SIGNED_LEN);

    put_guest(&b, chip, guest);
    put_identity(&b, guest, report_data);
    put_platform(&b, chip, guest);
    buf_zero(&b, SNP_SIGNED_LEN - b.len);
    return sim_snp_sign(chip, guest->vlek, buf_bytes(&b), a, report, err);
}

/* ---- its signature ------------------------------------------------------------------ */

/* Big endian becomes little endian in 72 bytes. */
static void put_number(struct buf *b, struct cursor *raw)
{
    const struct slice n = cursor_take(raw, HALF);

    for (size_t i = n.len; i-- > 0;)
        buf_u8(b, n.ptr[i]);
    buf_zero(b, NUMBER_LEN - HALF);
}

bool sim_snp_sign(const struct sim_chip *chip, bool vlek, struct slice signed_part, struct arena *a,
                  struct slice *report, struct err *err)
{
    scoped(key_wipe) struct key vek = {0};
    scoped(buf_wipe) struct buf b = buf_max(SNP_REPORT_LEN);
    struct slice signature;
    struct cursor raw;

    if (!sim_vek_key(chip, vlek, &vek, err) || !key_sign_raw(&vek, signed_part, a, &signature, err))
        return err_in(err, "simulated TEE: signing an SNP report");
    raw = cursor_over(signature);
    buf_put(&b, signed_part);
    put_number(&b, &raw);
    put_number(&b, &raw);
    buf_zero(&b, SNP_REPORT_LEN - b.len);
    *report = arena_copy(a, buf_bytes(&b));
    return true;
}
