/* SPDX-License-Identifier: Apache-2.0 */
/* cli/other_commands.c: status, package-info, version. */
#include <stdio.h>

#include "attestation/collect.h"
#include "base/scope.h"
#include "cli/api.h"
#include "cli/commands.h"

static bool status(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *value = NULL;
    const char *message;
    struct target t;
    uint64_t code;

    if (!target_cached(cli, cli->arguments[0], &t, err) || !fetch_status(&t, &code, &message, err))
        return false;
    if (!cli_flag(cli, "json"))
        return printf("%llu: %s\n", (unsigned long long)code, message) > 0;
    value = json_pack("{s:I, s:s}", "code", (json_int_t)code, "message", message);
    return print_or_save_json(cli, value, err);
}

static bool package_info(struct cli *cli, struct err *err)
{
    struct package_policy p;

    if (!trust_domain()->package_info(cli->arguments[0], &cli->arena, &p, err))
        return err_in(err, "%s", cli->arguments[0]);
    if (cli_flag(cli, "json")) {
        (void)printf("%s\n", policy_json(&p, &cli->arena));
        return true;
    }
    (void)printf("UniqueID (MRENCLAVE)      : %s\n", p.unique_id);
    (void)printf("SignerID (MRSIGNER)       : %s\n", p.signer_id);
    (void)printf("ProductID (ISVPRODID)     : %llu\n", (unsigned long long)p.product_id);
    (void)printf("SecurityVersion (ISVSVN)  : %llu\n", (unsigned long long)p.security_version);
    (void)printf("Debug                     : %s\n", p.debug ? "true" : "false");
    return true;
}

static bool version(struct cli *cli, struct err *err)
{
    (void)err;
    if (cli_flag(cli, "json"))
        (void)printf("{\"version\":\"%s\",\"trustDomain\":\"%s\"}\n", MARBLEMESH_VERSION,
                     trust_domain()->name);
    else
        (void)printf("%s v%s\nTrust domain: %s\n", program_name, MARBLEMESH_VERSION, trust_domain()->name);
    return true;
}

static const struct option json_options[] = {{"json", 0, NULL, NULL, "print JSON"}, {0}};

const struct command other_commands[] = {
    {"status", "IP:PORT", 1, 1, json_options, "print the coordinator's state",
     "Asks the coordinator that is known by its cached certificate, or verifies its evidence if none is "
     "cached,\n"
     "and prints CODE: MESSAGE. 1: waits for recovery; 2: waits for a manifest; 3: runs.",
     "meshctl status localhost:4433", status, 0},
    {"package-info", "FILE", 1, 1, json_options, "print the package properties of a program",
     "Prints what a manifest's package says of a signed enclave: UniqueID, SignerID, ProductID and\n"
     "SecurityVersion. The -sim twin takes any native program. A package in a manifest has either the\n"
     "UniqueID, or the three others.",
     "meshctl package-info enclave.signed --json", package_info, 0},
    {"version", "", 0, 0, json_options, "print the version",
     "Prints the version of this program and the trust domain that it belongs to.", "meshctl version",
     version, 0},
    {0},
};
