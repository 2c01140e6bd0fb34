/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/config.h"

#include <arpa/inet.h>

#include "base/text.h"

/* Features of MarbleRun's that are not here yet, and what tells its runtime of its surroundings. A
 * setting of the first kind deserves a word to whoever made it; OE_SIMULATION is tolerated. */
static const char *const LATER[] = {
    "EDG_STORE_BACKEND",
    "EDG_DISTRIBUTED_COORDINATOR",
    "EDG_K8S_STATE_NAME",
    "EDG_K8S_SERVICE_NAME",
    "EDG_K8S_KEK_MAP",
    "EDG_K8S_NAMESPACE",
    "EDG_ENTERPRISE_LICENSED_FEATURES",
    "EDG_AZURE_HSM_VAULT_URL",
    "EDG_AZURE_HSM_KEY_NAME",
    "EDG_AZURE_HSM_KEY_VERSION",
    "EDG_MAA_URL",
    "EDG_AZURE_CLIENT_ID",
    "EDG_AZURE_TENANT_ID",
    "EDG_AZURE_CLIENT_SECRET",
    "EDG_AZURE_FEDERATED_TOKEN_FILE",
    "EDG_AZURE_AUTHORITY_HOST",
};
enum { NUM_LATER = sizeof LATER / sizeof LATER[0] };

struct settings {
    char *const *environment;
    struct arena *arena;
};

/* The value, or NULL if it is not set or empty. */
static const char *setting(const struct settings *s, const char *name)
{
    const size_t len = strlen(name);

    for (char *const *e = s->environment; *e != NULL; e++)
        if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
            return (*e)[len + 1] == '\0' ? NULL : *e + len + 1;
    return NULL;
}

static const char *setting_or(const struct settings *s, const char *name, const char *otherwise)
{
    const char *value = setting(s, name);

    return value == NULL ? otherwise : value;
}

/* One of these words, as its index; the first is the default. */
static bool choice(const struct settings *s, const char *name, const char *const *words, unsigned *out,
                   struct err *err)
{
    const char *value = setting_or(s, name, words[0]);

    for (unsigned i = 0; words[i] != NULL; i++)
        if (strcmp(value, words[i]) == 0) {
            *out = i;
            return true;
        }
    return err_set(err, E_CONFIG, "%s: expected %s%s%s, found \"%s\"", name, words[0],
                   words[1] == NULL ? "" : " or ", words[1] == NULL ? "" : words[1],
                   text_shown(s->arena, slice_str(value)));
}

static bool flag(const struct settings *s, const char *name, bool *out, struct err *err)
{
    static const char *const WORDS[] = {"0", "1", NULL};
    unsigned which;

    if (!choice(s, name, WORDS, &which, err))
        return false;
    *out = which == 1;
    return true;
}

/* host:port, :port or [ipv6]:port; who listens says the rest. */
static bool address(const struct settings *s, const char *name, const char *otherwise, const char **out,
                    struct err *err)
{
    const char *value = setting_or(s, name, otherwise), *colon = strrchr(value, ':');
    uint64_t port;

    if (colon == NULL || !decimal_decode(slice_str(colon + 1), 65535, &port))
        return err_set(err, E_CONFIG, "%s: expected HOST:PORT or :PORT, found \"%s\"", name,
                       text_shown(s->arena, slice_str(value)));
    *out = value;
    return true;
}

static bool optional_address(const struct settings *s, const char *name, const char **out, struct err *err)
{
    return setting(s, name) == NULL || address(s, name, NULL, out, err);
}

static bool is_dns_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f)
            return false;
    return s.len > 0 && s.len <= 253;
}

static void add_ip(struct settings *s, struct san *names, int family, const char *text)
{
    uint8_t ip[16];

    (void)inet_pton(family, text, ip);
    const struct slice copy = arena_copy(s->arena, slice_of(ip, family == AF_INET ? 4 : 16));

    for (size_t i = 0; i < names->num_ips; i++)
        if (slice_equal(names->ips[i], copy))
            return;
    names->ips[names->num_ips++] = copy;
}

static bool add_name(struct settings *s, struct san *names, struct slice piece, struct err *err)
{
    char *text = arena_strndup(s->arena, piece);
    uint8_t ip[16];

    if (inet_pton(AF_INET, text, ip) == 1)
        add_ip(s, names, AF_INET, text);
    else if (inet_pton(AF_INET6, text, ip) == 1)
        add_ip(s, names, AF_INET6, text);
    else if (is_dns_name(piece))
        names->dns[names->num_dns++] = text;
    else
        return err_set(
            err, E_CONFIG,
            "EDG_COORDINATOR_DNS_NAMES: expected names and IP addresses separated by commas without "
            "blanks, found \"%s\"",
            text_shown(s->arena, piece));
    return true;
}

static bool names_of(struct settings *s, struct san *out, struct err *err)
{
    const char *value = setting_or(s, "EDG_COORDINATOR_DNS_NAMES", "localhost");
    struct san names = {0};
    struct slice *pieces;
    const size_t num = text_split(s->arena, slice_str(value), ',', &pieces);

    names.dns = arena_array(s->arena, num, sizeof *names.dns);
    names.ips = arena_array(s->arena, num + 2, sizeof *names.ips);
    for (size_t i = 0; i < num; i++)
        if (!add_name(s, &names, pieces[i], err))
            return false;
    add_ip(s, &names, AF_INET, "127.0.0.1");
    add_ip(s, &names, AF_INET6, "::1");
    *out = names;
    return true;
}

static bool log_level_of(const struct settings *s, enum log_level *out, struct err *err)
{
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = {{"debug", LOG_DEBUG}, {"info", LOG_INFO}, {"warn", LOG_WARN}, {"error", LOG_ERROR}};
    const char *value = setting_or(s, "EDG_HTTP_ERROR_LOG_LEVEL", "error");

    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (text_equal_fold(slice_str(value), slice_str(levels[i].name))) {
            *out = levels[i].level;
            return true;
        }
    return err_set(err, E_CONFIG,
                   "EDG_HTTP_ERROR_LOG_LEVEL: expected debug, info, warn or error, found \"%s\"",
                   text_shown(s->arena, slice_str(value)));
}

static void note_without_effect(const struct settings *s, bool simulated, struct config *c)
{
    c->without_effect = arena_array(s->arena, NUM_LATER + 1, sizeof *c->without_effect);
    for (size_t i = 0; i < NUM_LATER; i++)
        if (setting(s, LATER[i]) != NULL)
            c->without_effect[c->num_without_effect++] = LATER[i];
    if (!simulated && setting(s, "MESH_SIM") != NULL)
        c->without_effect[c->num_without_effect++] = "MESH_SIM";
}

/* A production program has no such switch: there the variable is only warned about. */
static bool simulation_of(const struct settings *s, bool simulated, bool *no_evidence, struct err *err)
{
    static const char *const WORDS[] = {"tee", "none", NULL};
    unsigned which = 0;

    if (simulated && !choice(s, "MESH_SIM", WORDS, &which, err))
        return false;
    *no_evidence = which == 1;
    return true;
}

/* EDG_CWD is how a runtime inside an enclave tells the working directory outside. */
static const char *seal_dir_of(const struct settings *s)
{
    static const char NAME[] = "marblerun-coordinator-data";
    const char *cwd = setting(s, "EDG_CWD");

    return setting_or(s, "EDG_COORDINATOR_SEAL_DIR",
                      cwd == NULL ? NAME : arena_printf(s->arena, "%s/%s", cwd, NAME));
}

bool config_read(char *const *environment, bool simulated, struct arena *a, struct config *out,
                 struct err *err)
{
    struct settings s = {environment, a};
    struct config c = {
        .seal_dir = seal_dir_of(&s),
        .startup_manifest = setting(&s, "EDG_STARTUP_MANIFEST"),
        .ready_file = setting(&s, "MESH_READY_FILE"),
    };

    if (!address(&s, "EDG_COORDINATOR_MESH_ADDR", ":2001", &c.mesh_address, err) ||
        !optional_address(&s, "EDG_COORDINATOR_PROMETHEUS_ADDR", &c.metrics_address, err) ||
        !address(&s, "EDG_COORDINATOR_CLIENT_ADDR", ":4433", &c.client_address, err) ||
        !names_of(&s, &c.names, err) || !flag(&s, "EDG_COORDINATOR_DEV_MODE", &c.dev_mode, err) ||
        !flag(&s, "EDG_DEBUG_LOGGING", &c.debug_logging, err) ||
        !log_level_of(&s, &c.http_error_level, err) || !simulation_of(&s, simulated, &c.no_evidence, err))
        return false;
    note_without_effect(&s, simulated, &c);
    *out = c;
    return true;
}
