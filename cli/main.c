/* SPDX-License-Identifier: Apache-2.0 */
/* cli/main.c: meshctl, the operator's tool. The table of commands is its table of contents. */
#include <signal.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/scope.h"
#include "base/secret.h"
#include "base/stdio.h"
#include "cli/commands.h"
#include "net/tls.h"
#include "pki/hash.h"

const struct option global_options[] = {
    {"help", 'h', NULL, NULL, "show this help"},
    {"coordinator-cert", 0, "FILE", NULL,
     "where the coordinator's certificate is cached: by default $XDG_CONFIG_HOME or ~/.config, "
     "marblerun/coordinator-cert.pem"},
    {"era-config", 0, "FILE", NULL,
     "policy for the coordinator: by default ./era-config.json, else the one built or installed with this "
     "program"},
    {"insecure", 'i', NULL, NULL, "do not verify the coordinator; says each time what was not checked"},
    {"accepted-tcb-statuses", 0, "LIST", NULL,
     "TCB statuses to accept besides UpToDate, comma separated (default SWHardeningNeeded)"},
    {"accepted-advisories", 0, "LIST", NULL,
     "advisories to accept with SWHardeningNeeded, comma separated (default all)"},
    {"nonce", 0, "TEXT", NULL, "put this into the question for the quote (default 32 random bytes)"},
    {"save-sgx-quote", 0, "FILE", NULL, "keep the coordinator's quote"},
    {"collateral", 0, "FILE", NULL, "collateral bundle to judge the quote with"},
    {0},
};

static const struct option set_options[] = {
    {"recoverydata", 'r', "FILE", NULL, "write the recovery data here (0600) instead of to standard output"},
    {0},
};
static const struct option get_options[] = {
    {"signature", 's', NULL, NULL, "wrap the manifest with its fingerprint"},
    {"output", 'o', "FILE", NULL, "write here instead of to standard output"},
    {"keep-cert", 0, NULL, NULL, "cache the coordinator's certificate"},
    {0},
};
static const struct option root_options[] = {{"output", 'o', "FILE", "marblerunRootCA.crt", "where to write"},
                                             {0}};
static const struct option intermediate_options[] = {
    {"output", 'o', "FILE", "marblerunIntermediateCA.crt", "where to write"}, {0}};
static const struct option chain_options[] = {
    {"output", 'o', "FILE", "marblerunChainCA.crt", "where to write"}, {0}};
static const struct option json_options[] = {{"json", 0, NULL, NULL, "print JSON"}, {0}};

static const struct option verify_options[] = {
    {"at", 0, "TIME", NULL, "judge as at this time (2026-12-31T23:59:59Z) instead of now"},
    {"policy", 0, "FILE", NULL, "package properties that the evidence must have, as JSON"},
    {"report-data", 0, "HEX", NULL, "what the evidence must be bound to; up to 64 bytes, zeroes follow"},
    {"framing", 0, "NAME", "usual",
     "of evidence in a certificate: usual, dice-tagged-evidence, oe-report, oe-evidence, gramine-legacy"},
    {"json", 0, NULL, NULL, "print the verdict as JSON"},
    {"root", 0, "FILE", NULL, "another trust anchor, a certificate; -sim twin only"},
    {0},
};
static const struct option fetch_options[] = {{"output", 'o', "FILE", NULL, "write here instead of to standard output"},
                                              {0}};
static const struct option show_options[] = {
    {"at", 0, "TIME", NULL, "say what is expired at this time (2026-12-31T23:59:59Z) instead of now"},
    {"json", 0, NULL, NULL, "print JSON"},
    {0},
};
static const struct option import_options[] = {
    {"into", 0, "FOLDER", NULL, "the cache's folder: what MESH_COLLATERAL_CACHE names"}, {0}};

static const struct command table[] = {
    {"manifest set", "MANIFEST IP:PORT", 2, 2, set_options, "verify the coordinator and give it a manifest",
     "Verifies the coordinator's evidence, uploads the manifest unchanged, prints its fingerprint and "
     "caches\n"
     "the coordinator's certificate. If the manifest names recovery keys, the recovery data is handed out.",
     "meshctl manifest set manifest.json localhost:4433", cmd_manifest_set, 0},
    {"manifest get", "IP:PORT", 1, 1, get_options, "verify the coordinator and print its manifest",
     "Verifies the coordinator's evidence and prints the manifest in force, byte for byte as it was set.",
     "meshctl manifest get localhost:4433\nmeshctl manifest get localhost:4433 -o manifest.json",
     cmd_manifest_get, 0},
    {"manifest verify", "MANIFEST|FINGERPRINT IP:PORT", 2, 2, NULL,
     "verify the coordinator and that it runs this manifest",
     "Verifies the coordinator's evidence and compares its manifest's fingerprint with that of a file, or "
     "with\n"
     "64 hexadecimal digits. Prints OK and caches the coordinator's certificate.",
     "meshctl manifest verify manifest.json localhost:4433", cmd_manifest_verify, 0},
    {"manifest signature", "MANIFEST", 1, 1, NULL, "print a manifest's fingerprint",
     "Prints the SHA-256 of the manifest's bytes. Offline.", "meshctl manifest signature manifest.json",
     cmd_manifest_signature, 0},
    {"certificate root", "IP:PORT", 1, 1, root_options,
     "verify the coordinator and save its root certificate",
     "Verifies the coordinator's evidence and that its root certificate is the cached one, and writes it as "
     "PEM.",
     "meshctl certificate root localhost:4433 -o root.crt", cmd_certificate_root, 0},
    {"certificate intermediate", "IP:PORT", 1, 1, intermediate_options,
     "verify the coordinator and save its intermediate certificate",
     "Verifies the coordinator's evidence and that its root certificate is the cached one, and writes the\n"
     "intermediate certificate as PEM.",
     "meshctl certificate intermediate localhost:4433", cmd_certificate_intermediate, 0},
    {"certificate chain", "IP:PORT", 1, 1, chain_options, "verify the coordinator and save both certificates",
     "Verifies the coordinator's evidence and that its root certificate is the cached one, and writes the\n"
     "intermediate and the root certificate as PEM.",
     "meshctl certificate chain localhost:4433", cmd_certificate_chain, 0},
    {"evidence show", "FILE", 1, 1, json_options, "print what evidence says, unverified",
     "Recognises the kind of evidence (SGX or TDX quote, SEV-SNP report, Azure HCL report, AWS Nitro document, a\n"
     "certificate that carries one) and its encoding (binary, hexadecimal, base64, PEM), and prints what it says.\n"
     "Nothing is verified.",
     "meshctl evidence show quote.bin\nmeshctl evidence show --json certificate.pem", cmd_evidence_show, 2},
    {"evidence verify", "FILE", 1, 1, verify_options, "judge evidence",
     "Appraises the evidence as the vendor's own verifier does, every step explained, then compares it with the\n"
     "policy (without one MarbleRun's default: UpToDate or SWHardeningNeeded, no debug, any program). Collateral comes\n"
     "from --collateral, a bundle or a folder with one file for each part, else from the vendor's service.\n"
     "Exits with 0: accepted; 1: rejected; 2: could not be judged (collateral missing, unknown format, usage).",
     "meshctl evidence verify quote.bin\n"
     "meshctl evidence verify --collateral bundle.json --at 2026-01-31T12:00:00Z --json quote.bin\n"
     "meshctl evidence verify --policy package.json --report-data 00ff report.bin",
     cmd_evidence_verify, 2},
    {"collateral fetch", "EVIDENCE...", 1, 64, fetch_options, "fetch what evidence is judged with into a bundle",
     "Fetches what each file's evidence needs from Intel's or AMD's service (or those that MESH_PCS_URL and\n"
     "MESH_KDS_URL name) and writes one bundle, each item with its source, its time and its end.",
     "meshctl collateral fetch quote.bin -o bundle.json", cmd_collateral_fetch, 0},
    {"collateral show", "BUNDLE", 1, 1, show_options, "print what a bundle holds",
     "Prints a line for each item: what it is, whether it is in force, when it was fetched, when it ends, its source.",
     "meshctl collateral show bundle.json", cmd_collateral_show, 0},
    {"collateral import", "BUNDLE", 1, 1, import_options, "put a bundle into a cache",
     "Verifies each item of the bundle by itself and puts it into the folder of a collateral cache, from where a\n"
     "coordinator without a way to the vendors' services takes it at its next start.",
     "meshctl collateral import bundle.json --into /var/cache/meshd", cmd_collateral_import, 0},
    {"status", "IP:PORT", 1, 1, json_options, "print the coordinator's state",
     "Asks the coordinator that is known by its cached certificate, or verifies its evidence if none is "
     "cached,\n"
     "and prints CODE: MESSAGE. 1: waits for recovery; 2: waits for a manifest; 3: runs.",
     "meshctl status localhost:4433", cmd_status, 0},
    {"package-info", "FILE", 1, 1, json_options, "print the package properties of a program",
     "Prints what a manifest's package says of a signed enclave: UniqueID, SignerID, ProductID and\n"
     "SecurityVersion. The -sim twin takes any native program. A package in a manifest has either the\n"
     "UniqueID, or the three others.",
     "meshctl package-info enclave.signed --json", cmd_package_info, 0},
    {"version", "", 0, 0, json_options, "print the version",
     "Prints the version of this program and the trust domain that it belongs to.", "meshctl version",
     cmd_version, 0},
    {0},
};
const struct command *const commands = table;
const char program_name[] = PROGRAM_NAME;

static void release(struct cli *cli) { arena_wipe(&cli->arena); }

static int fail(const struct err *err)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "Error: %s [%s]\n", err->text, reason_of(err->code)->name);
    if (err->code == E_USAGE)
        (void)fprintf(stderr, "Run %s --help for the commands, or any command with --help.\n", program_name);
    else
        (void)fprintf(stderr, "Next: %s\n", reason_of(err->code)->remedy);
    return EXIT_FAILURE;
}

static int failed(const struct cli *cli, const struct err *err)
{
    const int status = fail(err);

    if (err->code == E_USAGE && cli->command != NULL && cli->command->usage_status != 0)
        return cli->command->usage_status;
    return cli->exit_status != 0 ? cli->exit_status : status;
}

int main(int argc, char **argv)
{
    scoped(release) struct cli cli = {0};
    struct err err = {0};
    const char *topic = "";

    (void)stdio_hold();
    (void)signal(SIGPIPE, SIG_IGN);
    secret_init();
    json_init();
    pki_init();
    net_init();
    if (!cli_parse(argc, argv, &cli, &topic, &err))
        return failed(&cli, &err);
    if (cli.help) {
        cli_help(stdout, cli.command, topic);
        return flush_output(&err) ? EXIT_SUCCESS : fail(&err);
    }
    return cli.command->run(&cli, &err) && flush_output(&err) ? EXIT_SUCCESS : failed(&cli, &err);
}
