/* SPDX-License-Identifier: Apache-2.0 */
/* cli/table.c: the program's table of contents. Each group of commands has its rows in the file that runs them. */
#include "cli/commands.h"

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
    {"namespace", 'n', "NAME", "marblerun", "Kubernetes namespace; taken for scripts' sake, no command here needs it"},
    {"verbose", 'v', NULL, NULL, "with an error, also what in general causes it"},
    {0},
};

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

static const struct command evidence_commands[] = {
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
    {0},
};

const struct command *const command_groups[] = {
    manifest_commands,    update_commands,   check_commands, secret_commands, recover_commands,
    certificate_commands, evidence_commands, other_commands, help_commands,   NULL,
};
