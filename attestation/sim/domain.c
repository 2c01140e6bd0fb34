/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated trust domain: what a program is built for that is linked with attestation_sim. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "attestation/oe.h"
#include "attestation/sim/measure.h"
#include "attestation/sim/tees.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"

/* What there is to be fetched for this evidence. */
enum served { SERVED_SGX, SERVED_TDX, SERVED_SNP, SERVED_NOTHING };

static enum served of_quote(struct slice quote)
{
    struct oe_framed framed;
    struct dcap_quote q;
    struct err ignored;

    return oe_unframe(quote, &framed, &ignored) && dcap_quote_parse(framed.quote, &q, &ignored) && q.tee == TEE_TDX
               ? SERVED_TDX
               : SERVED_SGX;
}

/* What is of no kind gets SGX's, and is refused by its form. */
static enum served served_for(const struct evidence *e)
{
    if (e->kind == EVIDENCE_NITRO)
        return SERVED_NOTHING;
    if (e->kind == EVIDENCE_SNP || (e->kind == EVIDENCE_AZURE && e->quote.len == 0))
        return SERVED_SNP;
    return of_quote(e->quote);
}

static bool serve(enum served what, int64_t now, struct arena *a, struct collateral *out, struct err *err)
{
    static const struct sim_snp_options chip = {0};
    const struct sim_collateral_options all_is_well = {.tdx = what == SERVED_TDX};

    if (what == SERVED_NOTHING)
        return true;
    return what == SERVED_SNP ? sim_snp_collateral(sim_chip_here, &chip, now, a, out, err)
                              : sim_collateral(&sim_platform_default, &all_is_well, now, a, out, err);
}

static bool sim_domain_collateral(const struct evidence *evidence, int64_t now, struct arena *a,
                                  struct collateral *out, struct err *err)
{
    return serve(served_for(evidence), now, a, out, err);
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
        .becomes = sim_measure_instead,
        .package_info = sim_package_info,
    };
    return &domain;
}
