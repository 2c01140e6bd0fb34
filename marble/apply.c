/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/apply.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "marble/launch.h"
#include "marble/stage.h"

const struct key_files gramine_key_files = {"/dev/attestation/keys/", "/dev/attestation/protected_files_key"};

/* ---- checks ------------------------------------------------------------------------------------- */

static bool check_variable(const struct parameter *v, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};

    if (v->name[0] == '\0' || strchr(v->name, '=') != NULL)
        return err_set(err, E_MARBLE_ENV, "expected the name of a variable, found \"%s\"",
                       text_shown(&a, slice_str(v->name)));
    if (v->value.len > 0 && memchr(v->value.ptr, '\0', v->value.len) != NULL)
        return err_set(err, E_MARBLE_ENV,
                       "the value of %s holds a NUL byte; deliver binary values as files or in hex",
                       text_shown(&a, slice_str(v->name)));
    return true;
}

/* ---- transparent TLS ---------------------------------------------------------------------------- */

const struct parameter *apply_variable(const struct parameters *p, const char *name)
{
    for (size_t i = 0; i < p->num_env; i++)
        if (strcmp(p->env[i].name, name) == 0)
            return &p->env[i];
    return NULL;
}

/* {"tls":{"Incoming":{"*:2000":{...}},"Outgoing":{...}}}: each member of the two is a connection. */
static bool names_connection(struct slice text, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(json_release) json_t *doc = NULL;
    json_t *incoming, *outgoing;
    struct fields f;

    if (!json_parse(text, JSON_NO_DUPLICATES, E_MARBLE_TLS, &doc, err))
        return err_in(err, "MARBLE_TTLS_CONFIG");
    f = fields_of(doc, "MARBLE_TTLS_CONFIG", JSON_EXACT, E_MARBLE_TLS, &a, err);
    field_need(&f, "tls");
    f = fields_of(field_object(&f, "tls"), "MARBLE_TTLS_CONFIG.tls", JSON_EXACT, E_MARBLE_TLS, &a, err);
    incoming = field_object(&f, "Incoming");
    outgoing = field_object(&f, "Outgoing");
    if (fields_done(&f) && json_object_size(incoming) + json_object_size(outgoing) == 0)
        return err_set(err, E_MARBLE_TLS, "MARBLE_TTLS_CONFIG: expected connections to protect, found none");
    return fields_done(&f);
}

static bool check_tls(const struct parameters *p, struct err *err)
{
    const struct parameter *tls = apply_variable(p, "MARBLE_TTLS_CONFIG"),
                           *who = apply_variable(p, "MESH_TTLS");

    if (tls == NULL)
        return true;
    if (who == NULL || !slice_equal(who->value, slice_str("program")))
        return err_set(
            err, E_MARBLE_TLS,
            "the manifest gives this service TLS tags, and this library cannot do TLS in its place");
    return names_connection(tls->value, err);
}

bool apply_check(const struct parameters *p, struct err *err)
{
    for (size_t i = 0; i < p->num_files; i++)
        if (!stage_check_path(p->files[i].name, err))
            return false;
    for (size_t i = 0; i < p->num_env; i++)
        if (!check_variable(&p->env[i], err))
            return false;
    return check_tls(p, err);
}

/* ---- files -------------------------------------------------------------------------------------- */

enum place { BELOW_KEYS, KEY_FILE, ELSEWHERE };

static enum place place_of(const char *path, const struct key_files *keys)
{
    if (text_starts_with(slice_str(path), keys->folder))
        return BELOW_KEYS;
    return strcmp(path, keys->file) == 0 ? KEY_FILE : ELSEWHERE;
}

static bool write_keys(const struct parameters *p, const struct key_files *keys, enum place place,
                       struct err *err)
{
    for (size_t i = 0; i < p->num_files; i++)
        if (place_of(p->files[i].name, keys) == place &&
            !stage_write_in_place(p->files[i].name, p->files[i].value, err))
            return false;
    return true;
}

bool apply_files(const struct parameters *p, const struct key_files *keys, struct err *err)
{
    scoped(stage_wipe) struct stage stage = {0};

    if (!write_keys(p, keys, BELOW_KEYS, err) || !write_keys(p, keys, KEY_FILE, err))
        return false;
    for (size_t i = 0; i < p->num_files; i++)
        if (place_of(p->files[i].name, keys) == ELSEWHERE &&
            !stage_add(&stage, p->files[i].name, p->files[i].value, err))
            return false;
    return stage_commit(&stage, err);
}

/* ---- environment, argv -------------------------------------------------------------------------- */

static bool matches(struct slice pattern, struct slice name)
{
    const bool open_ended = pattern.len > 0 && pattern.ptr[pattern.len - 1] == '*';

    if (!open_ended)
        return pattern.len > 0 && slice_equal(pattern, name);
    pattern.len--;
    return name.len >= pattern.len && slice_equal(pattern, slice_of(name.ptr, pattern.len));
}

struct passing {
    struct slice *patterns;
    size_t num;
};

static struct passing passing_of(const struct parameters *p, struct arena *a)
{
    const struct parameter *manifest = apply_variable(p, PASS_ENV);
    const char *host = getenv(PASS_ENV);
    struct passing pass;

    pass.num = text_split(a, manifest != NULL ? manifest->value : slice_str(host != NULL ? host : ""), ',',
                          &pass.patterns);
    return pass;
}

static bool is_passed(const struct passing *pass, const struct parameters *p, const char *name)
{
    for (size_t i = 0; i < pass->num && apply_variable(p, name) == NULL; i++)
        if (matches(pass->patterns[i], slice_str(name)))
            return true;
    return false;
}

char **apply_env(const struct parameters *p, char *const *given, struct arena *a, const char **dropped)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(buf_wipe) struct buf names = buf_max(LIMIT_GRPC_MESSAGE); /* the kernel's own limit is lower */
    const struct passing pass = passing_of(p, &scratch);
    char **env = arena_array(a, p->num_env + launch_num(given) + 1, sizeof *env);
    size_t num = 0;

    for (size_t i = 0; i < p->num_env; i++)
        env[num++] = arena_printf(a, "%s=%s", p->env[i].name, arena_strndup(&scratch, p->env[i].value));
    for (; *given != NULL; given++) {
        const char *name = arena_strndup(&scratch, slice_of(*given, strcspn(*given, "=")));

        if (is_passed(&pass, p, name))
            env[num++] = arena_strdup(a, *given);
        else if (apply_variable(p, name) == NULL)
            buf_printf(&names, "%s%s", names.len > 0 ? "," : "", name);
    }
    *dropped = arena_strndup(a, buf_bytes(&names));
    return env;
}

char **apply_argv(const struct parameters *p, struct arena *a, int *num)
{
    char **argv = arena_array(a, p->num_argv + 2, sizeof *argv);

    for (size_t i = 0; i < p->num_argv; i++)
        argv[i] = arena_strdup(a, p->argv[i]);
    if (p->num_argv == 0)
        argv[0] = arena_strdup(a, "./marble");
    *num = p->num_argv == 0 ? 1 : (int)p->num_argv;
    return argv;
}
