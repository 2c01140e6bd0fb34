/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/config.h"

#include <arpa/inet.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"

enum {
    DEFAULT_TIMEOUT_S = 60,
    MAX_TIMEOUT_S = 24 * 3600,
    MAX_TYPE = 1024, /* it becomes an extension of a certificate */
    MAX_NAMES = 64,  /* names of one certificate */
    MAX_DNS_NAME = 253,
};

/* A variable that is set to nothing counts as unset. */
static const char *setting(const char *name, const char *fallback)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : fallback;
}

static bool read_type(struct arena *a, struct config *c, struct err *err)
{
    const char *type = setting("EDG_MARBLE_TYPE", NULL);

    if (type == NULL)
        return err_set(
            err, E_MARBLE_CONFIG,
            "EDG_MARBLE_TYPE is not set; it is the name of this service under Marbles in the manifest");
    if (strlen(type) > MAX_TYPE || !text_is_utf8(slice_str(type)))
        return err_set(err, E_MARBLE_CONFIG,
                       "EDG_MARBLE_TYPE: expected at most %d bytes of UTF-8, found \"%s\"", MAX_TYPE,
                       text_shown(a, slice_str(type)));
    c->type = arena_strdup(a, type);
    return true;
}

static bool is_address(const char *address)
{
    const char *colon = strrchr(address, ':');
    const bool bracketed = address[0] == '[';
    uint64_t port;

    if (colon == NULL || colon == address || strpbrk(address, " /\t\r\n") != NULL)
        return false;
    if (bracketed ? colon[-1] != ']' : memchr(address, ':', (size_t)(colon - address)) != NULL)
        return false;
    return decimal_decode(slice_str(colon + 1), 65535, &port) && port > 0;
}

static bool read_coordinator(struct arena *a, struct config *c, struct err *err)
{
    const char *address = setting("EDG_MARBLE_COORDINATOR_ADDR", "localhost:2001");

    if (!is_address(address))
        return err_set(
            err, E_MARBLE_CONFIG,
            "EDG_MARBLE_COORDINATOR_ADDR: expected host:port, such as localhost:2001 or [::1]:2001, "
            "found \"%s\"",
            text_shown(a, slice_str(address)));
    c->coordinator = arena_strdup(a, address);
    return true;
}

static bool read_uuid_file(struct arena *a, struct config *c, struct err *err)
{
    const char *file = setting("EDG_MARBLE_UUID_FILE", NULL);
    const char *folder = setting("EDG_CWD", NULL);
    char here[PATH_MAX];

    if (file != NULL)
        folder = NULL; /* EDG_CWD is about the default only */
    else
        file = "uuid";
    if (folder != NULL)
        file = arena_printf(a, "%s/%s", folder, file);
    if (file[0] != '/' && getcwd(here, sizeof here) == NULL)
        return err_errno(err, E_MARBLE_CONFIG,
                         "EDG_MARBLE_UUID_FILE: \"%s\" is relative, and the working directory",
                         text_shown(a, slice_str(file)));
    c->uuid_file = file[0] == '/' ? arena_strdup(a, file) : arena_printf(a, "%s/%s", here, file);
    return true;
}

/* ---- names -------------------------------------------------------------------------------------- */

static struct slice trimmed(struct slice s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = slice_of(s.ptr + 1, s.len - 1);
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static bool is_dns_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        const uint8_t c = s.ptr[i];
        const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.' && c != '*')
            return false;
    }
    return s.len > 0 && s.len <= MAX_DNS_NAME;
}

static bool parse_ip(const char *text, uint8_t out[16], size_t *len)
{
    *len = inet_pton(AF_INET, text, out) == 1 ? 4 : inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
    return *len > 0;
}

static void add_ip(struct arena *a, struct san *san, struct slice ip)
{
    for (size_t i = 0; i < san->num_ips; i++)
        if (slice_equal(san->ips[i], ip))
            return;
    san->ips[san->num_ips++] = arena_copy(a, ip);
}

static bool add_name(struct arena *a, struct san *san, struct slice piece, struct err *err)
{
    const char *name = arena_strndup(a, piece);
    uint8_t ip[16];
    size_t len;

    if (parse_ip(name, ip, &len))
        add_ip(a, san, slice_of(ip, len));
    else if (is_dns_name(piece))
        san->dns[san->num_dns++] = arena_strdup(a, name);
    else
        return err_set(
            err, E_MARBLE_CONFIG,
            "EDG_MARBLE_DNS_NAMES: expected names and IP addresses with commas between them, found \"%s\"",
            text_shown(a, piece));
    return true;
}

static bool read_names(struct arena *a, struct config *c, struct err *err)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1}, loopback6[16] = {[15] = 1};
    struct slice *pieces;
    const size_t num = text_split(a, slice_str(setting("EDG_MARBLE_DNS_NAMES", "localhost")), ',', &pieces);

    if (num > MAX_NAMES)
        return err_set(err, E_MARBLE_CONFIG, "EDG_MARBLE_DNS_NAMES: expected at most %d names, found %zu",
                       MAX_NAMES, num);
    c->san.dns = arena_array(a, num, sizeof *c->san.dns);
    c->san.ips = arena_array(a, num + 2, sizeof *c->san.ips);
    for (size_t i = 0; i < num; i++)
        if (!add_name(a, &c->san, trimmed(pieces[i]), err))
            return false;
    add_ip(a, &c->san, slice_of(loopback4, sizeof loopback4));
    add_ip(a, &c->san, slice_of(loopback6, sizeof loopback6));
    return true;
}

/* ---- ours --------------------------------------------------------------------------------------- */

static bool read_timeout(struct arena *a, struct config *c, struct err *err)
{
    const char *text = setting("MESH_ACTIVATE_TIMEOUT", NULL);
    uint64_t seconds = DEFAULT_TIMEOUT_S;

    if (text != NULL && (!decimal_decode(slice_str(text), MAX_TIMEOUT_S, &seconds) || seconds == 0))
        return err_set(err, E_MARBLE_CONFIG,
                       "MESH_ACTIVATE_TIMEOUT: expected seconds from 1 to %d, found \"%s\"", MAX_TIMEOUT_S,
                       text_shown(a, slice_str(text)));
    c->timeout_s = (unsigned)seconds;
    return true;
}

static bool read_simulation(bool simulated, struct arena *a, struct config *c, struct err *err)
{
    const char *mode = setting("MESH_SIM", "tee");

    c->has_evidence = true;
    if (!simulated || strcmp(mode, "tee") == 0)
        return true;
    if (strcmp(mode, "none") != 0)
        return err_set(err, E_MARBLE_CONFIG, "MESH_SIM: expected tee or none, found \"%s\"",
                       text_shown(a, slice_str(mode)));
    c->has_evidence = false;
    return true;
}

static bool read_way(struct arena *a, struct config *c, struct err *err)
{
    const char *way = setting("MESH_ACTIVATION", "");

    if (way[0] != '\0' && strcmp(way, "mesh") != 0 && strcmp(way, "marblerun") != 0)
        return err_set(err, E_MARBLE_CONFIG, "MESH_ACTIVATION: expected mesh or marblerun, found \"%s\"",
                       text_shown(a, slice_str(way)));
    c->way = way[0] == '\0' ? WAY_EITHER : strcmp(way, "mesh") == 0 ? WAY_MESH : WAY_MARBLERUN;
    return true;
}

/* Signals that programs take as a request to look at their files again, and those that end them. */
bool config_renew_signal(const char *text, struct renewal_settings *out, struct err *err)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {{"HUP", SIGHUP}, {"USR1", SIGUSR1}, {"USR2", SIGUSR2},  {"TERM", SIGTERM},
                   {"INT", SIGINT}, {"QUIT", SIGQUIT}, {"WINCH", SIGWINCH}};
    scoped(arena_wipe) struct arena a = {0};

    if (text == NULL || text[0] == '\0')
        return true;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (strcmp(signals[i].name, text + (strncmp(text, "SIG", 3) == 0 ? 3 : 0)) == 0) {
            out->signal = signals[i].number;
            return true;
        }
    return err_set(err, E_MARBLE_CONFIG,
                   RENEW_SIGNAL ": expected HUP, USR1, USR2, TERM, INT, QUIT or WINCH, found \"%s\"",
                   text_shown(&a, slice_str(text)));
}

bool config_on_revoke(const char *text, struct renewal_settings *out, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};

    if (text == NULL || text[0] == '\0')
        return true;
    if (strcmp(text, "exit") != 0 && strcmp(text, "keep") != 0)
        return err_set(err, E_MARBLE_CONFIG, ON_REVOKE ": expected exit or keep, found \"%s\"",
                       text_shown(&a, slice_str(text)));
    out->keeps_running_when_revoked = strcmp(text, "keep") == 0;
    return true;
}

bool config_read(bool simulated, struct arena *a, struct config *out, struct err *err)
{
    struct config c = {0};

    if (!read_type(a, &c, err) || !read_coordinator(a, &c, err) || !read_uuid_file(a, &c, err) ||
        !read_names(a, &c, err) || !read_timeout(a, &c, err) || !read_simulation(simulated, a, &c, err) ||
        !read_way(a, &c, err) || !config_renew_signal(getenv(RENEW_SIGNAL), &c.renewal, err) ||
        !config_on_revoke(getenv(ON_REVOKE), &c.renewal, err))
        return false;
    c.policy_file = setting("MESH_COORDINATOR_POLICY", NULL);
    if (c.policy_file != NULL)
        c.policy_file = arena_strdup(a, c.policy_file);
    *out = c;
    return true;
}
