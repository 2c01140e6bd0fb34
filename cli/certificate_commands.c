/* SPDX-License-Identifier: Apache-2.0 */
/* cli/certificate_commands.c: certificate root, intermediate and chain. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/target.h"
#include "pki/pem.h"

static bool certificate(struct cli *cli, bool intermediate, bool root, struct err *err)
{
    scoped(buf_wipe) struct buf pem = buf_max(64 * 1024);
    struct target t;

    if (!target_attest(cli, cli->arguments[0], &t, err) || !target_same_as_cached(&t, err))
        return false;
    if (intermediate)
        pem_put(&pem, "CERTIFICATE", t.intermediate.der);
    if (root)
        pem_put(&pem, "CERTIFICATE", t.root.der);
    if (!print_or_save(cli, buf_bytes(&pem), err))
        return false;
    (void)printf("Certificate written to %s\n", cli_option(cli, "output"));
    return true;
}

static bool certificate_root(struct cli *cli, struct err *err) { return certificate(cli, false, true, err); }
static bool certificate_intermediate(struct cli *cli, struct err *err)
{
    return certificate(cli, true, false, err);
}
static bool certificate_chain(struct cli *cli, struct err *err) { return certificate(cli, true, true, err); }

static const struct option root_options[] = {{"output", 'o', "FILE", "marblerunRootCA.crt", "where to write"},
                                             {0}};
static const struct option intermediate_options[] = {
    {"output", 'o', "FILE", "marblerunIntermediateCA.crt", "where to write"}, {0}};
static const struct option chain_options[] = {
    {"output", 'o', "FILE", "marblerunChainCA.crt", "where to write"}, {0}};

const struct command certificate_commands[] = {
    {"certificate root", "IP:PORT", 1, 1, root_options,
     "verify the coordinator and save its root certificate",
     "Verifies the coordinator's evidence and that its root certificate is the cached one, and writes it as "
     "PEM.",
     "meshctl certificate root localhost:4433 -o root.crt", certificate_root, 0},
    {"certificate intermediate", "IP:PORT", 1, 1, intermediate_options,
     "verify the coordinator and save its intermediate certificate",
     "Verifies the coordinator's evidence and that its root certificate is the cached one, and writes the\n"
     "intermediate certificate as PEM.",
     "meshctl certificate intermediate localhost:4433", certificate_intermediate, 0},
    {"certificate chain", "IP:PORT", 1, 1, chain_options, "verify the coordinator and save both certificates",
     "Verifies the coordinator's evidence and that its root certificate is the cached one, and writes the\n"
     "intermediate and the root certificate as PEM.",
     "meshctl certificate chain localhost:4433", certificate_chain, 0},
    {0},
};
