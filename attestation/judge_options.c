/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/judge.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

#define QCNL_FILE "/etc/sgx_default_qcnl.conf"

/* NULL: not set, or set to nothing. */
static const char *setting(char *const *environment, const char *name)
{
    const size_t len = strlen(name);

    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=' && (*environment)[len + 1] != '\0')
            return *environment + len + 1;
    return NULL;
}

static bool read_flag(char *const *environment, const char *name, bool *out, struct err *err)
{
    const char *text = setting(environment, name);

    *out = text != NULL && strcmp(text, "1") == 0;
    return text == NULL || *out || strcmp(text, "0") == 0 ||
           err_set(err, E_CONFIG, "%s: expected 0 or 1, found \"%.80s\"", name, text);
}

static bool read_url(char *const *environment, const char *name, struct arena *a, const char **out, struct err *err)
{
    const char *text = setting(environment, name);
    struct fetch_url ignored;

    if (text == NULL || strcmp(text, FETCH_NONE) == 0 || fetch_url_parse(text, a, &ignored, err)) {
        *out = text;
        return true;
    }
    return err_in(err, "%s", name);
}

/* Intel's quote provider names its service as ".../sgx/certification/v4/", where we name the server. */
static char *without_path(const char *url, struct arena *a)
{
    char *copy = arena_strdup(a, url), *path = strstr(copy, "/sgx/certification/");

    if (path != NULL)
        *path = '\0';
    return copy;
}

/* MarbleRun's chart writes the flag as a word. */
static bool says_no(const json_t *flag)
{
    return json_is_false(flag) ||
           (json_is_string(flag) && text_equal_fold(slice_str(json_string_value(flag)), slice_str("false")));
}

/* Comments and trailing commas are in the file that Intel ships: what cannot be read is as if it were not there. */
static void read_qcnl(struct arena *a, struct fetch_options *out)
{
    scoped(json_release) json_t *json = NULL;
    struct slice text;
    struct err ignored;
    const char *url;

    if (!file_read(QCNL_FILE, LIMIT_COLLATERAL_JSON, a, &text, &ignored) ||
        !json_parse(text, JSON_LAST_WINS, E_JSON_SYNTAX, &json, &ignored))
        return;
    url = json_string_value(json_object_get(json, "pccs_url"));
    if (url == NULL)
        return;
    out->intel_url = without_path(url, a);
    out->any_server |= says_no(json_object_get(json, "use_secure_cert"));
}

bool judge_options_read(char *const *environment, bool simulated, struct arena *a, struct judge_options *out,
                        struct err *err)
{
    const char *update = setting(environment, "MESH_TCB_UPDATE");
    struct judge_options o = {
        .bundle = setting(environment, "MESH_COLLATERAL"),
        .folder = setting(environment, "MESH_COLLATERAL_CACHE"),
        .fetch.ca_file = setting(environment, "MESH_COLLATERAL_CA"),
    };

    if (!read_flag(environment, "MESH_COLLATERAL_INSECURE", &o.fetch.any_server, err) ||
        !read_url(environment, "MESH_PCS_URL", a, &o.fetch.intel_url, err) ||
        !read_url(environment, "MESH_KDS_URL", a, &o.fetch.amd_url, err))
        return false;
    if (update != NULL && !tcb_update_named(update, &o.update))
        return err_set(err, E_CONFIG, "MESH_TCB_UPDATE: expected standard or early, found \"%.80s\"", update);
    if (o.fetch.intel_url == NULL && !simulated)
        read_qcnl(a, &o.fetch);
    if (simulated) { /* the vendors' own know nothing of simulated platforms */
        o.fetches = o.fetch.intel_url != NULL || o.fetch.amd_url != NULL;
        if (o.fetch.intel_url == NULL)
            o.fetch.intel_url = FETCH_NONE;
        if (o.fetch.amd_url == NULL)
            o.fetch.amd_url = FETCH_NONE;
    } else {
        o.fetches = true;
    }
    *out = o;
    return true;
}
