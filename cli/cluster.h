/* SPDX-License-Identifier: Apache-2.0 */
/* cli/cluster.h: a Kubernetes cluster, through the installed helm and kubectl. */
#pragma once
#include "base/json.h"
#include "cli/command.h"

/* MarbleRun's names, which scripts and its own tools look for. */
#define CLUSTER_RELEASE     "marblerun"
#define CLUSTER_COORDINATOR "marblerun-coordinator"
#define CLUSTER_INJECTOR    "marble-injector"

/* A command line in the making: words are borrowed. */
struct words {
    const char *v[32]; /* NULL-terminated */
    size_t num;
};
void words_put(struct words *w, const char *word);

/* Runs it. With --dry-run it prints instead what it would run, as it would be typed, and *out is empty. */
bool cluster_run(struct cli *cli, const struct words *w, struct slice input, struct slice *out,
                 struct err *err);

/* The same for a command that prints JSON: *out is NULL if it printed nothing. The caller releases it. */
bool cluster_ask(struct cli *cli, const struct words *w, json_t **out, struct err *err);

/* kubectl get KIND [NAME] in the namespace of --namespace: NULL if there is none of this name. */
bool cluster_get(struct cli *cli, const char *kind, const char *name, json_t **out, struct err *err);

/* Does anything here say where a cluster is? Without, kubectl would ask a server of its own invention. */
bool cluster_is_configured(void);

/* What nodes offer enclaves' memory as: one kind of device plugin each. */
struct enclave_resource {
    const char *vendor;      /* "Intel" */
    const char *key;         /* "sgx.intel.com/epc" */
    const char *const *keys; /* all that a node must offer, NULL-terminated; `key` is one of them */
};
extern const struct enclave_resource
    enclave_resources[]; /* in the order in which they are looked for; ends with {0} */

/* Of a list of nodes (as kubectl prints it): how many offer this one. */
size_t cluster_nodes_with(const json_t *nodes, const struct enclave_resource *r);
