/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated trust domain: what a program is built for that is linked with attestation_sim. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "attestation/oe.h"
#include "attestation/sim/measure.h"
#include "attestation/sim/seed.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"

static bool sim_probe(struct err *err)
{
    (void)err;
    return true;
}

static bool sim_evidence(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    struct sim_identity self;

    return sim_measure_self(&self, err) && sim_quote(&sim_platform_default, &self, report_data, a, out, err);
}

/* As EGETKEY derives with KEYPOLICY.MRSIGNER (and ISVPRODID) or KEYPOLICY.MRENCLAVE; a debug enclave gets
 * other keys, as there. */
void sim_seal_key_of(const struct sim_identity *id, enum seal_policy policy, struct secret *out)
{
    scoped(buf_wipe) struct buf context = buf_max(KIB);

    buf_u8(&context, (uint8_t)policy);
    buf_u8(&context, id->debug);
    if (policy == SEAL_UNIQUE) {
        buf_put(&context, slice_of(id->mr_enclave, sizeof id->mr_enclave));
    } else {
        buf_put(&context, slice_of(id->mr_signer, sizeof id->mr_signer));
        buf_u16le(&context, id->product_id);
    }
    sim_sealing_key(buf_bytes(&context), out);
}

static bool sim_seal_key(enum seal_policy policy, struct secret *out, struct err *err)
{
    struct sim_identity self;

    if (!sim_measure_self(&self, err))
        return false;
    sim_seal_key_of(&self, policy, out);
    return true;
}

static const struct tee sim_tee = {
    .name = "sgx-simulated",
    .probe = sim_probe,
    .evidence = sim_evidence,
    .seal_key = sim_seal_key,
};
static const struct tee *const sim_tees[] = {&sim_tee, NULL};

/* Which of Intel's two kinds; what is neither gets SGX's, and is refused by its form. */
static bool is_of_td(struct slice evidence)
{
    struct oe_framed framed;
    struct dcap_quote q;
    struct err ignored;

    return oe_unframe(evidence, &framed, &ignored) && dcap_quote_parse(framed.quote, &q, &ignored) &&
           q.tee == TEE_TDX;
}

static bool sim_domain_collateral(const struct evidence *evidence, int64_t now, struct arena *a,
                                  struct collateral *out, struct err *err)
{
    const struct sim_collateral_options all_is_well = {.tdx = is_of_td(evidence->quote)};

    return sim_collateral(&sim_platform_default, &all_is_well, now, a, out, err);
}

static void close_file(FILE **f)
{
    if (*f != NULL)
        (void)fclose(*f);
}

/* Anything can be measured, a device without end included; only a program is worth it. */
static bool is_program(const char *path, struct err *err)
{
    scoped(close_file) FILE *f = NULL;
    char magic[4] = "";
    struct stat st;

    if (stat(path, &st) != 0 || (S_ISREG(st.st_mode) && (f = fopen(path, "re")) == NULL))
        return err_errno(err, errno == ENOENT ? E_FILE_MISSING : E_FILE_READ, "opening the program %s", path);
    if (f == NULL || fread(magic, 1, sizeof magic, f) != sizeof magic || memcmp(magic, "\177ELF", sizeof magic) != 0)
        return err_set(err, E_PACKAGE_FILE, "expected a program (ELF), found something else");
    return true;
}

static bool sim_package_info(const char *path, struct arena *a, struct package_policy *out, struct err *err)
{
    struct sim_identity id;

    if (!is_program(path, err) || !sim_measure(path, &id, err))
        return false;
    *out = (struct package_policy){
        .debug = id.debug,
        .unique_id = hex_text(a, slice_of(id.mr_enclave, sizeof id.mr_enclave)),
        .signer_id = hex_text(a, slice_of(id.mr_signer, sizeof id.mr_signer)),
        .has_product_id = true,
        .has_security_version = true,
        .product_id = id.product_id,
        .security_version = id.security_version,
    };
    return true;
}

const struct trust_domain *trust_domain(void)
{
    static const struct trust_domain domain = {
        .name = "simulated",
        .simulated = true,
        .roots = sim_roots,
        .tees = sim_tees,
        .collateral = sim_domain_collateral,
        .package_info = sim_package_info,
    };
    return &domain;
}
