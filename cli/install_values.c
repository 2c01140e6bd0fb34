/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/install_values.h"

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/cluster.h"
#include "cli/output.h"

static bool read_port(struct cli *cli, const char *option, uint64_t *out, struct err *err)
{
    const char *given = cli_option(cli, option);

    return (decimal_decode(slice_str(given), UINT16_MAX, out) && *out > 0) ||
           err_set(err, E_USAGE, "--%s: expected a port from 1 to 65535, found %s", option, given);
}

bool install_values_check(struct cli *cli, struct err *err)
{
    const char *secure = cli_option(cli, "dcap-secure-cert");
    uint64_t port;

    if (cli_flag(cli, "distributed-deployment"))
        return err_set(err, E_UNSUPPORTED, "--distributed-deployment: there is one coordinator");
    if (!text_equal_fold(slice_str(secure), slice_str("true")) &&
        !text_equal_fold(slice_str(secure), slice_str("false")))
        return err_set(err, E_USAGE, "--dcap-secure-cert: expected TRUE or FALSE, found %s", secure);
    return read_port(cli, "mesh-server-port", &port, err) && read_port(cli, "client-server-port", &port, err);
}

/* All that was given, comma separated; the chart puts its own hostname behind. */
static const char *domains(struct cli *cli)
{
    const char *all = NULL;

    for (size_t i = 0; i < cli->num_given; i++)
        if (strcmp(cli->given[i].option->name, "domain") == 0)
            all = all == NULL ? cli->given[i].value
                              : arena_printf(&cli->arena, "%s,%s", all, cli->given[i].value);
    return all;
}

/* helm joins objects, so what the chart has for another kind of node is taken out by name: null does that. */
static json_t *enclave_limits(const char *resource_key)
{
    json_t *limits = json_object();
    const struct enclave_resource *intel = enclave_resources;

    while (strcmp(intel->vendor, "Intel") != 0)
        intel++;
    if (strcmp(resource_key, intel->key) == 0)
        return limits;
    for (const char *const *key = intel->keys; *key != NULL; key++)
        (void)json_object_set_new(limits, *key, json_null());
    (void)json_object_set_new(limits, resource_key, json_integer(10));
    return limits;
}

static json_t *coordinator_values(struct cli *cli, const char *resource_key, struct err *err)
{
    const char *names = domains(cli), *version = cli_option(cli, "version");
    uint64_t mesh, client;
    json_t *values;

    if (!read_port(cli, "mesh-server-port", &mesh, err) ||
        !read_port(cli, "client-server-port", &client, err))
        return NULL;
    values =
        json_pack("{s:I, s:I}", "meshServerPort", (json_int_t)mesh, "clientServerPort", (json_int_t)client);
    if (names != NULL)
        (void)json_object_set_new(values, "hostname", json_string(names));
    if (version != NULL)
        (void)json_object_set_new(values, "version", json_string(version));
    if (resource_key == NULL) {
        (void)json_object_set_new(values, "simulation", json_true());
        (void)json_object_set_new(values, "resources", json_pack("{s:n}", "limits"));
    } else {
        (void)json_object_set_new(values, "resources",
                                  json_pack("{s:o}", "limits", enclave_limits(resource_key)));
    }
    return values;
}

static json_t *dcap_values(struct cli *cli, struct err *err)
{
    const char *file = cli_option(cli, "dcap-qcnl-config-file");
    const bool secure = text_equal_fold(slice_str(cli_option(cli, "dcap-secure-cert")), slice_str("true"));
    struct slice text = {0};

    if (file == NULL)
        return json_pack("{s:s, s:b}", "pccsUrl", cli_option(cli, "dcap-pccs-url"), "useSecureCert", secure);
    if (!file_read(file, LIMIT_COLLATERAL_JSON, &cli->arena, &text, err))
        return NULL;
    if (!text_is_utf8(text)) {
        (void)err_set(err, E_USAGE, "--dcap-qcnl-config-file %s: expected text in UTF-8", file);
        return NULL;
    }
    return json_pack("{s:s}", "qcnlConfig", (const char *)text.ptr);
}

bool install_values(struct cli *cli, const char *resource_key, struct buf *out, struct err *err)
{
    scoped(json_release) json_t *values = json_object();
    json_t *coordinator = coordinator_values(cli, resource_key, err), *dcap;

    if (coordinator == NULL)
        return false;
    (void)json_object_set_new(values, "coordinator", coordinator);
    if (resource_key == NULL) {
        (void)json_object_set_new(values, "tolerations", json_null());
        (void)json_object_set_new(values, "dcap", json_null());
    } else {
        dcap = dcap_values(cli, err);
        if (dcap == NULL)
            return false;
        (void)json_object_set_new(values, "dcap", dcap);
        (void)json_object_set_new(values, "tolerations",
                                  json_pack("[{s:s, s:s, s:s}]", "key", resource_key, "operator", "Exists",
                                            "effect", "NoSchedule"));
    }
    put_json(out, values, JSON_INDENT(2));
    return true;
}
