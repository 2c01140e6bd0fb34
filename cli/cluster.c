/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "cli/process.h"

void words_put(struct words *w, const char *word)
{
    if (w->num + 1 >= sizeof w->v / sizeof w->v[0])
        abort(); /* no command of ours is as long */
    w->v[w->num++] = word;
}

/* As a shell would have to be told it; only for people to read. */
static void print_word(const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=,@%+";

    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        (void)fputs(word, stdout);
        return;
    }
    (void)putchar('\'');
    for (; *word != '\0'; word++)
        if (*word == '\'')
            (void)fputs("'\\''", stdout);
        else
            (void)putchar(*word);
    (void)putchar('\'');
}

static void print_command(const struct words *w, struct slice input)
{
    (void)fputs("Would run: ", stdout);
    for (size_t i = 0; i < w->num; i++) {
        (void)fputs(i == 0 ? "" : " ", stdout);
        print_word(w->v[i]);
    }
    if (input.len > 0)
        (void)printf(" <<'END'\n%.*s\nEND", (int)input.len, (const char *)input.ptr);
    (void)putchar('\n');
}

bool cluster_run(struct cli *cli, const struct words *w, struct slice input, struct slice *out,
                 struct err *err)
{
    if (!cli_flag(cli, "dry-run"))
        return process_run(w->v, input, &cli->arena, out, err);
    print_command(w, input);
    *out = (struct slice){0};
    return true;
}

bool cluster_ask(struct cli *cli, const struct words *w, json_t **out, struct err *err)
{
    struct slice text;

    if (!cluster_run(cli, w, (struct slice){0}, &text, err))
        return false;
    *out = NULL;
    return text.len == 0 || json_parse(text, JSON_LAST_WINS, E_TOOL, out, err) ||
           err_in(err, "%s's answer", w->v[0]);
}

bool cluster_get(struct cli *cli, const char *kind, const char *name, json_t **out, struct err *err)
{
    struct words w = {0};

    words_put(&w, "kubectl");
    words_put(&w, "get");
    words_put(&w, kind);
    if (name != NULL) {
        words_put(&w, name);
        words_put(&w, "--ignore-not-found");
        words_put(&w, "--namespace");
        words_put(&w, cli_option(cli, "namespace"));
    }
    words_put(&w, "--output");
    words_put(&w, "json");
    words_put(&w, "--request-timeout");
    words_put(&w, "10s");
    return cluster_ask(cli, &w, out, err);
}

bool cluster_is_configured(void)
{
    const char *config = getenv("KUBECONFIG"), *home = getenv("HOME"),
               *inside = getenv("KUBERNETES_SERVICE_HOST");
    scoped(arena_wipe) struct arena a = {0};

    return (config != NULL && config[0] != '\0') || inside != NULL ||
           (home != NULL && home[0] != '\0' && file_exists(arena_printf(&a, "%s/.kube/config", home)));
}

/* Intel's plugin gives out devices beside memory, and all three are needed. */
const struct enclave_resource enclave_resources[] = {
    {"Alibaba", "alibabacloud.com/sgx_epc_MiB", (const char *const[]){"alibabacloud.com/sgx_epc_MiB", NULL}},
    {"Azure", "kubernetes.azure.com/sgx_epc_mem_in_MiB",
     (const char *const[]){"kubernetes.azure.com/sgx_epc_mem_in_MiB", NULL}},
    {"Intel", "sgx.intel.com/epc",
     (const char *const[]){"sgx.intel.com/epc", "sgx.intel.com/enclave", "sgx.intel.com/provision", NULL}},
    {0},
};

/* A quantity (Kubernetes API, resource.Quantity) that is not nothing: "0", "10Mi", 10. */
static bool offers(const json_t *capacity, const char *key)
{
    const json_t *v = json_object_get(capacity, key);

    return json_is_string(v) ? strtod(json_string_value(v), NULL) > 0 : json_integer_value(v) > 0;
}

size_t cluster_nodes_with(const json_t *nodes, const struct enclave_resource *r)
{
    const json_t *items = json_object_get(nodes, "items"), *node, *capacity;
    size_t i, num = 0;
    bool all;

    json_array_foreach(items, i, node)
    {
        capacity = json_object_get(json_object_get(node, "status"), "capacity");
        all = true;
        for (const char *const *key = r->keys; *key != NULL; key++)
            all = all && offers(capacity, *key);
        num += all;
    }
    return num;
}
