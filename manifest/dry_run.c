/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "manifest/decode.h"

static const uint8_t dummy[] = {0x41};

static struct secret_value dummy_value(const struct secret_spec *s)
{
    const struct slice one = slice_of(dummy, sizeof dummy), none = {0};

    return (struct secret_value){
        .spec = s,
        .cert = s->type == SECRET_SYMMETRIC_KEY || s->type == SECRET_PLAIN ? none : one,
        .public_key = one,
        .private_key = one,
    };
}

/* The certificates of .MarbleRun have no keys to give, but the marble's own has. */
static struct template_data dummy_data(const struct secret_set *secrets, const struct secret_set *previous)
{
    const struct slice one = slice_of(dummy, sizeof dummy);
    const struct secret_value cert = {.cert = one};

    return (struct template_data){
        .root_ca = cert,
        .marble = {.cert = one, .public_key = one, .private_key = one},
        .coordinator_root = cert,
        .coordinator_intermediate = cert,
        .secrets = secrets,
        .previous = previous,
    };
}

static bool holds_nul(struct slice s) { return s.len > 0 && memchr(s.ptr, 0, s.len) != NULL; }

static bool run_content(const struct content *c, const struct template_data *data, bool is_env,
                        struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice result = c->data;

    if (c->template != NULL && !template_run(c->template, data, &scratch, &result, err))
        return false;
    if (is_env && (holds_nul(c->data) || holds_nul(result)))
        return err_set(err, E_MANIFEST_ENV_NUL,
                       "the value holds a NUL byte, which an environment variable cannot");
    return true;
}

static bool run_list(const struct content *list, size_t num, const char *what, const char *marble,
                     const struct template_data *data, struct err *err)
{
    for (size_t i = 0; i < num; i++)
        if (!run_content(&list[i], data, *what == 'E', err)) {
            scoped(arena_wipe) struct arena scratch = {0};
            const char *path = path_entry(&scratch, "$.Marbles", marble);

            return err_in(
                err, "%s",
                path_entry(&scratch, arena_printf(&scratch, "%s.Parameters.%s", path, what), list[i].name));
        }
    return true;
}

/* The values of the set, and a dummy for each secret that has none. */
static void fill(const struct manifest *m, const struct secret_set *given, struct arena *a,
                 struct secret_set *out)
{
    struct secret_value *values = arena_array(a, m->num_secrets, sizeof *values);

    for (size_t i = 0; i < m->num_secrets; i++) {
        const struct secret_value *v = given == NULL ? NULL : secret_find(given, m->secrets[i].name);
        const bool has_value = v != NULL && v->cert.len + v->public_key.len + v->private_key.len > 0;

        values[i] = has_value ? *v : dummy_value(&m->secrets[i]);
        values[i].spec = &m->secrets[i];
    }
    *out = (struct secret_set){values, m->num_secrets};
}

bool manifest_dry_run(const struct manifest *m, const struct secret_set *secrets,
                      const struct secret_set *previous, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct secret_set now, before;
    size_t steps = LIMIT_DRY_RUN_STEPS;
    struct template_data data;

    if (m->deferred != NULL) {
        *err = *m->deferred;
        return false;
    }
    fill(m, secrets, &scratch, &now);
    fill(m, previous == NULL ? secrets : previous, &scratch, &before);
    data = dummy_data(&now, &before);
    data.steps_left = &steps;
    for (size_t i = 0; i < m->num_marbles; i++) {
        const struct marble *marble = &m->marbles[i];

        if (!run_list(marble->files, marble->num_files, "Files", marble->type, &data, err) ||
            !run_list(marble->env, marble->num_env, "Env", marble->type, &data, err))
            return false;
    }
    return true;
}
