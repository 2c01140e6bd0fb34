/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/apply.h"

#include <stdlib.h>

#include "base/scope.h"
#include "base/text.h"
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
    if (strcmp(v->name, "MARBLE_TTLS_CONFIG") == 0)
        return err_set(err, E_MARBLE_TLS,
                       "the manifest gives this service TLS tags, and this library cannot do TLS "
                       "in its place");
    return true;
}

bool apply_check(const struct parameters *p, struct err *err)
{
    for (size_t i = 0; i < p->num_files; i++)
        if (!stage_check_path(p->files[i].name, err))
            return false;
    for (size_t i = 0; i < p->num_env; i++)
        if (!check_variable(&p->env[i], err))
            return false;
    return true;
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

void apply_env(const struct parameters *p)
{
    scoped(arena_wipe) struct arena a = {0};

    for (size_t i = 0; i < p->num_env; i++)
        if (setenv(p->env[i].name, arena_strndup(&a, p->env[i].value), 1) != 0)
            abort(); /* names were checked: memory is what is missing */
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
