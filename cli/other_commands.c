/* SPDX-License-Identifier: Apache-2.0 */
/* cli/other_commands.c: status, package-info, version. */
#include <stdio.h>

#include "attestation/collect.h"
#include "base/scope.h"
#include "cli/api.h"
#include "cli/cluster.h"
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

/* The version that the coordinator in the cluster is labelled with; NULL, and why, if nobody can tell. */
static const char *cluster_version(struct cli *cli, const char **why)
{
    scoped(json_release) json_t *value = NULL;
    const char *version;
    struct err err;

    *why = "no cluster is configured";
    if (!cluster_is_configured())
        return NULL;
    if (!cluster_get(cli, "deployment", CLUSTER_COORDINATOR, &value, &err)) {
        *why = arena_strdup(&cli->arena, err.text);
        return NULL;
    }
    *why = arena_printf(&cli->arena, "none in namespace %s", cli_option(cli, "namespace"));
    version = json_string_value(json_object_get(json_object_get(json_object_get(value, "metadata"), "labels"),
                                                "app.kubernetes.io/version"));
    return version != NULL ? arena_strdup(&cli->arena, version) : NULL;
}

static bool version(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *value = NULL;
    const char *why, *coordinator = cluster_version(cli, &why);

    if (!cli_flag(cli, "json")) {
        (void)printf("%s v%s\nTrust domain: %s\n", program_name, MARBLEMESH_VERSION, trust_domain()->name);
        (void)printf("Coordinator in the cluster: %s%s%s\n", coordinator != NULL ? coordinator : "unknown (",
                     coordinator != NULL ? "" : why, coordinator != NULL ? "" : ")");
        return true;
    }
    value = json_pack("{s:s, s:s, s:s?}", "version", MARBLEMESH_VERSION, "trustDomain", trust_domain()->name,
                      "coordinatorVersion", coordinator);
    return print_or_save_json(cli, value, err);
}

static const struct option json_options[] = {{"json", 0, NULL, NULL, "print JSON"}, {0}};

const struct command other_commands[] = {
    {"status", "IP:PORT", 1, 1, json_options, "print the coordinator's state",
     "Asks the coordinator that is known by its cached certificate, or verifies its evidence if none is "
     "cached,\n"
     "and prints CODE: MESSAGE. 1: waits for recovery; 2: waits for a manifest; 3: runs.",
     "meshctl status localhost:4433", status, 0},
    {"package-info", "FILE|FOLDER", 1, 1, json_options, "print the package properties of a program",
     "Prints what a manifest's package says of a signed enclave: UniqueID, SignerID, ProductID and\n"
     "SecurityVersion; of one of Open Enclave, EGo or the SGX SDK, of Gramine's app.sig or app.manifest.sgx, or of a\n"
     "folder with these, or with an Occlum instance. The -sim twin takes any native program. A package has either the\n"
     "UniqueID, or the three others.",
     "meshctl package-info enclave.signed --json\nmeshctl package-info ./gramine-app\nmeshctl package-info "
     "./occlum-instance",
     package_info, 0},
    {"version", "", 0, 0, json_options, "print the version",
     "Prints the version of this program, the trust domain that it belongs to, and the version of the "
     "coordinator in\n"
     "the Kubernetes cluster, if one is configured.",
     "meshctl version\nmeshctl version --namespace mesh --json", version, 0},
    {0},
};
