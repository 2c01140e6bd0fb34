/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/graph.h"

#include "base/text.h"

/* Names that are no UTF-8 get a question mark for each byte that is none. */
static json_t *text(const char *s)
{
    scoped(buf_wipe) struct buf b = buf_max(SIZE_MAX);
    struct slice rest = slice_str(s);
    size_t len;

    for (; rest.len > 0; rest = slice_of(rest.ptr + len, rest.len - len)) {
        len = text_utf8_len(rest);
        if (len > 0)
            buf_put(&b, slice_of(rest.ptr, len));
        else
            buf_str(&b, "?");
        len += len == 0;
    }
    return json_stringn((const char *)b.ptr, b.len);
}

static json_t *texts(char *const *v, size_t num)
{
    json_t *list = json_array();

    for (size_t i = 0; i < num; i++)
        (void)json_array_append_new(list, text(v[i]));
    return list;
}

static void add_call(void *ctx, const struct marble *from, const struct tls_end *end, const struct marble *to)
{
    (void)from;
    (void)json_array_append_new(ctx, json_pack("{s:o, s:o, s:o}", "address", text(end->addr), "port",
                                               text(end->port), "marble",
                                               to != NULL ? text(to->type) : json_null()));
}

static json_t *marble_json(const struct manifest *m, const struct marble *marble)
{
    json_t *secrets = json_array(), *calls = json_array(), *files = json_array(), *env = json_array();

    for (size_t i = 0; i < marble->num_secrets; i++)
        (void)json_array_append_new(secrets, text(marble->secrets[i].secret->name));
    for (size_t i = 0; i < marble->num_files; i++)
        (void)json_array_append_new(files, text(marble->files[i].name));
    for (size_t i = 0; i < marble->num_env; i++)
        (void)json_array_append_new(env, text(marble->env[i].name));
    graph_each_call(m, marble, add_call, calls);
    return json_pack("{s:o, s:o, s:I, s:o, s:b, s:o, s:o, s:o}", "name", text(marble->type), "package",
                     text(marble->package_name), "maxActivations", (json_int_t)marble->max_activations,
                     "secrets", secrets, "anySecret", marble->all_secrets, "files", files, "variables", env,
                     "calls", calls);
}

static json_t *user_json(const struct user *u)
{
    json_t *roles = json_array();

    for (size_t i = 0; i < u->num_roles; i++)
        (void)json_array_append_new(
            roles, json_pack("{s:o, s:o, s:o}", "name", text(u->role_names[i]), "actions",
                             u->roles[i] != NULL ? texts(u->roles[i]->actions, u->roles[i]->num_actions)
                                                 : json_array(),
                             "resources",
                             u->roles[i] != NULL ? texts(u->roles[i]->resources, u->roles[i]->num_resources)
                                                 : json_array()));
    return json_pack("{s:o, s:o}", "name", text(u->name), "roles", roles);
}

json_t *graph_json(const struct manifest *m)
{
    json_t *packages = json_array(), *marbles = json_array(), *secrets = json_array(), *users = json_array(),
           *keys = json_array();

    for (size_t i = 0; i < m->num_packages; i++)
        (void)json_array_append_new(packages, text(m->packages[i].name));
    for (size_t i = 0; i < m->num_marbles; i++)
        (void)json_array_append_new(marbles, marble_json(m, &m->marbles[i]));
    for (size_t i = 0; i < m->num_secrets; i++)
        (void)json_array_append_new(
            secrets, json_pack("{s:o, s:s, s:b, s:b}", "name", text(m->secrets[i].name), "type",
                               secret_type_name(m->secrets[i].type), "shared", m->secrets[i].shared,
                               "userDefined", m->secrets[i].user_defined));
    for (size_t i = 0; i < m->num_users; i++)
        (void)json_array_append_new(users, user_json(&m->users[i]));
    for (size_t i = 0; i < m->num_recovery_keys; i++)
        (void)json_array_append_new(keys, text(m->recovery_keys[i].name));
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "packages", packages, "marbles", marbles, "secrets",
                     secrets, "users", users, "recoveryKeys", keys);
}
