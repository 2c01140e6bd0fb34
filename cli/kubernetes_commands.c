/* SPDX-License-Identifier: Apache-2.0 */
/* cli/kubernetes_commands.c: install, uninstall, precheck, check. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/cluster.h"
#include "cli/commands.h"
#include "cli/install_values.h"
#include "cli/own_file.h"

/* ---- install ------------------------------------------------------------------------------------------ */

static const char *chart_path(struct cli *cli, struct err *err)
{
    const char *given = cli_option(cli, "marblerun-chart-path"), *own;

    if (given != NULL)
        return given;
    own = own_file(&cli->arena, (const char *const[]){"helm", "../helm", "../share/marblemesh/helm", NULL});
    if (own == NULL)
        (void)err_set(err, E_FILE_MISSING,
                      "the chart that comes with this program is not beside it: name one with "
                      "--marblerun-chart-path FOLDER");
    return own;
}

/* What the cluster's nodes offer, if it was not said; Intel's name if none of them offers any. */
static bool find_resource_key(struct cli *cli, const char **key, struct err *err)
{
    scoped(json_release) json_t *nodes = NULL;
    const struct enclave_resource *r = enclave_resources;

    *key = cli_option(cli, "resource-key");
    if (*key != NULL || cli_flag(cli, "simulation"))
        return true;
    if (!cluster_get(cli, "nodes", NULL, &nodes, err))
        return false;
    while (r[1].key != NULL && cluster_nodes_with(nodes, r) == 0)
        r++;
    *key = r->key;
    return true;
}

static bool install(struct cli *cli, struct err *err)
{
    const char *chart = chart_path(cli, err), *own_values = cli_option(cli, "values"), *resource_key;
    scoped(buf_wipe) struct buf values = buf_max(LIMIT_MANIFEST);
    struct words w = {0};
    struct slice said;

    if (own_values != NULL && strcmp(own_values, "-") == 0)
        return err_set(err, E_USAGE, "--values: expected a file, found - (helm's standard input is ours)");
    if (chart == NULL || !install_values_check(cli, err) || !find_resource_key(cli, &resource_key, err) ||
        !install_values(cli, resource_key, &values, err))
        return false;
    for (const char *const *word =
             (const char *const[]){"helm", "install", CLUSTER_RELEASE, chart, "--namespace",
                                   cli_option(cli, "namespace"), "--create-namespace", "--wait", "--timeout",
                                   "5m0s", NULL};
         *word != NULL; word++)
        words_put(&w, *word);
    if (own_values != NULL) {
        words_put(&w, "--values");
        words_put(&w, own_values);
    }
    words_put(&w, "--values");
    words_put(&w, "-");
    if (!cli_flag(cli, "disable-auto-injection"))
        (void)fprintf(stderr,
                      "Note: marbles are not injected automatically yet: their pods name the coordinator "
                      "themselves (as with --disable-auto-injection).\n");
    if (!cli_flag(cli, "dry-run"))
        (void)fprintf(stderr, "Installing the coordinator; this may take up to 5 minutes\n");
    if (!cluster_run(cli, &w, buf_bytes(&values), &said, err))
        return false;
    if (!cli_flag(cli, "dry-run"))
        (void)printf("MarbleRun installed successfully\n");
    return true;
}

/* ---- uninstall ---------------------------------------------------------------------------------------- */

/* What MarbleRun's own installation leaves outside of its release. */
static bool delete_leftover(struct cli *cli, const char *kind, const char *name, const char *namespace,
                            struct err *err)
{
    struct words w = {0};
    struct slice said;

    for (const char *const *word =
             (const char *const[]){"kubectl", "delete", kind, name, "--ignore-not-found", NULL};
         *word != NULL; word++)
        words_put(&w, *word);
    if (namespace != NULL) {
        words_put(&w, "--namespace");
        words_put(&w, namespace);
    }
    return cluster_run(cli, &w, (struct slice){0}, &said, err);
}

static bool uninstall(struct cli *cli, struct err *err)
{
    const char *namespace = cli_option(cli, "namespace");
    const struct words w = {{"helm", "uninstall", CLUSTER_RELEASE, "--namespace", namespace, "--wait"}, 6};
    struct slice said;

    if (!cli_flag(cli, "dry-run") &&
        !confirm(cli,
                 arena_printf(&cli->arena,
                              "This ends the coordinator in namespace %s, and what depends on it", namespace),
                 UNASKED_GOES_ON, err))
        return false;
    if (!cluster_run(cli, &w, (struct slice){0}, &said, err))
        return false;
    /* The request is the cluster's, and whoever may uninstall in a namespace need not be let near it. */
    if (!delete_leftover(cli, "secret", "marble-injector-webhook-certs", namespace, err) ||
        !delete_leftover(cli, "certificatesigningrequest",
                         arena_printf(&cli->arena, CLUSTER_INJECTOR ".%s", namespace), NULL, err))
        (void)fprintf(stderr,
                      "Warning: what MarbleRun's own installation may have left was not removed: %s\n",
                      err->text);
    if (cli_flag(cli, "dry-run"))
        return true;
    (void)printf("MarbleRun successfully removed from your cluster\n");
    (void)fprintf(stderr,
                  "The sealed state is kept. To give it up too: kubectl delete persistentvolumeclaim "
                  "coordinator-pv-claim --namespace %s\n",
                  namespace);
    return true;
}

/* ---- precheck ----------------------------------------------------------------------------------------- */

static bool print_precheck_json(struct cli *cli, const json_t *nodes, size_t total, struct err *err)
{
    scoped(json_release) json_t *value = json_pack("{s:I, s:{}}", "nodes", (json_int_t)total, "resources");

    for (const struct enclave_resource *r = enclave_resources; r->key != NULL; r++)
        (void)json_object_set_new(json_object_get(value, "resources"), r->key,
                                  json_integer((json_int_t)cluster_nodes_with(nodes, r)));
    return print_or_save_json(cli, value, err);
}

static bool precheck(struct cli *cli, struct err *err)
{
    scoped(json_release) json_t *nodes = NULL;
    size_t num = 0;

    if (!cluster_get(cli, "nodes", NULL, &nodes, err))
        return false;
    if (cli_flag(cli, "dry-run"))
        return true;
    if (cli_flag(cli, "json"))
        return print_precheck_json(cli, nodes, json_array_size(json_object_get(nodes, "items")), err);
    for (const struct enclave_resource *r = enclave_resources; r->key != NULL; r++)
        num += cluster_nodes_with(nodes, r);
    if (num > 0)
        (void)printf("Cluster supports SGX on %zu node%s\nTo install the coordinator run [%s install]\n", num,
                     num == 1 ? "" : "s", program_name);
    else
        (void)printf("Cluster does not support SGX, you may still run MarbleRun in simulation mode\n"
                     "To install the coordinator run [%s install --simulation]\n",
                     program_name);
    return true;
}

/* ---- check -------------------------------------------------------------------------------------------- */

struct pods {
    bool installed;
    uint64_t ready, wanted;
};

static bool ask_pods(struct cli *cli, const char *deployment, struct pods *out, struct err *err)
{
    scoped(json_release) json_t *value = NULL;
    const json_t *wanted;

    if (!cluster_get(cli, "deployment", deployment, &value, err))
        return false;
    wanted = json_object_get(json_object_get(value, "spec"), "replicas");
    out->installed = value != NULL;
    out->wanted = wanted != NULL ? (uint64_t)json_integer_value(wanted) : 1;
    out->ready =
        (uint64_t)json_integer_value(json_object_get(json_object_get(value, "status"), "availableReplicas"));
    return true;
}

/* Tries once a second, until all pods are there or the time is up. */
static bool wait_for_pods(struct cli *cli, const char *deployment, int64_t until, struct pods *out,
                          struct err *err)
{
    const struct timespec second = {.tv_sec = 1};

    for (;;) {
        if (!ask_pods(cli, deployment, out, err))
            return false;
        if (cli_flag(cli, "dry-run") || !out->installed || out->ready >= out->wanted)
            return true;
        if (clock_now() >= until)
            return err_set(err, E_NOT_READY, "%s: expected %llu pods ready, found %llu", deployment,
                           (unsigned long long)out->wanted, (unsigned long long)out->ready);
        (void)nanosleep(&second, NULL);
    }
}

static bool check(struct cli *cli, struct err *err)
{
    static const char *const deployments[] = {CLUSTER_INJECTOR, CLUSTER_COORDINATOR};
    scoped(json_release) json_t *value = json_object();
    const char *timeout = cli_option(cli, "timeout");
    struct pods pods[2] = {0};
    uint64_t seconds;
    int64_t until;

    if (!decimal_decode(slice_str(timeout), 86400, &seconds))
        return err_set(err, E_USAGE, "--timeout: expected seconds, at most 86400, found %s", timeout);
    until = clock_now() + (int64_t)seconds;
    for (size_t i = 0; i < 2; i++) {
        if (!wait_for_pods(cli, deployments[i], until, &pods[i], err))
            return false;
        if (pods[i].installed && !cli_flag(cli, "json"))
            (void)printf("%s pods ready: %llu/%llu\n", deployments[i], (unsigned long long)pods[i].ready,
                         (unsigned long long)pods[i].wanted);
        if (pods[i].installed)
            (void)json_object_set_new(value, deployments[i],
                                      json_pack("{s:I, s:I}", "ready", (json_int_t)pods[i].ready, "wanted",
                                                (json_int_t)pods[i].wanted));
    }
    if (cli_flag(cli, "dry-run"))
        return true;
    if (!pods[1].installed)
        return err_set(err, E_NOT_INSTALLED, "there is no deployment " CLUSTER_COORDINATOR " in namespace %s",
                       cli_option(cli, "namespace"));
    return !cli_flag(cli, "json") || print_or_save_json(cli, value, err);
}

/* ---- the table ---------------------------------------------------------------------------------------- */

#define DRY_RUN                                                                                              \
    {                                                                                                        \
        "dry-run", 0, NULL, NULL, "say what would be run, and run nothing"                                   \
    }

static const struct option install_options[] = {
    {"domain", 0, "LIST", NULL, "names for the coordinator's certificate, comma separated; may be repeated"},
    {"marblerun-chart-path", 0, "FOLDER", NULL, "another chart than the one that comes with this program"},
    {"values", 0, "FILE", NULL,
     "more values for the chart, as helm reads them; options here come before them"},
    {"version", 0, "VERSION", NULL, "tag of the coordinator's image (default: the chart's)"},
    {"resource-key", 0, "KEY", NULL,
     "what nodes offer enclaves' memory as (default: what this cluster's do)"},
    {"simulation", 0, NULL, NULL, "a simulated TEE, which proves nothing: for clusters without one"},
    {"disable-auto-injection", 0, NULL, NULL, "without the injector, which is not there yet anyway"},
    {"mesh-server-port", 0, "PORT", "2001", "where marbles find the coordinator"},
    {"client-server-port", 0, "PORT", "4433", "where clients find it"},
    {"dcap-qcnl-config-file", 0, "FILE", NULL,
     "an sgx_default_qcnl.conf for the coordinator, taken as it is"},
    {"dcap-pccs-url", 0, "URL", "https://global.acccache.azure.net/sgx/certification/v4/",
     "the collateral service"},
    {"dcap-secure-cert", 0, "TRUE|FALSE", "TRUE", "whether its certificate is verified"},
    {"distributed-deployment", 0, NULL, NULL, "refused: there is one coordinator"},
    {"enterprise-access-token", 0, "TOKEN", NULL, "taken for scripts' sake, without effect"},
    {"dcap-qpl", 0, "NAME", NULL, "taken for scripts' sake, without effect"},
    DRY_RUN,
    {0},
};
static const struct option uninstall_options[] = {
    {"yes", 'y', NULL, NULL, "do not ask"},
    DRY_RUN,
    {0},
};
static const struct option precheck_options[] = {
    {"json", 0, NULL, NULL, "print JSON"},
    DRY_RUN,
    {0},
};
static const struct option check_options[] = {
    {"timeout", 0, "SECONDS", "60", "how long to wait"},
    {"json", 0, NULL, NULL, "print JSON"},
    DRY_RUN,
    {0},
};

const struct command kubernetes_commands[] = {
    {"install", "", 0, 0, install_options, "install the coordinator in a Kubernetes cluster",
     "Runs `helm install` with the chart that comes with this program, and waits until the coordinator runs. "
     "The\n"
     "chart's README says what images have to be there. --dry-run says what would be run.",
     "meshctl install --simulation --dry-run\n"
     "meshctl install --domain mesh.example.com --values values.yaml --namespace mesh",
     install, 0},
    {"uninstall", "", 0, 0, uninstall_options, "remove the coordinator from the cluster",
     "Runs `helm uninstall`, and removes what MarbleRun's own installation leaves (the injector's "
     "certificate). The\n"
     "volume with the sealed state is kept.",
     "meshctl uninstall --namespace mesh", uninstall, 0},
    {"precheck", "", 0, 0, precheck_options, "say whether the cluster's nodes have SGX",
     "Counts the nodes that offer enclaves' memory, as the device plugins of Alibaba, Azure and Intel name "
     "it.",
     "meshctl precheck", precheck, 0},
    {"check", "", 0, 0, check_options, "wait until the coordinator runs in the cluster",
     "Waits until all pods of marblerun-coordinator (and of marble-injector, if that is there) are "
     "available.",
     "meshctl check --timeout 120", check, 0},
    {0},
};
