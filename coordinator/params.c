/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/params.h"

#include "base/limits.h"
#include "pki/pem.h"

enum { MAX_PREDEFINED = 5 };

struct predefined {
    struct parameter at[MAX_PREDEFINED];
    size_t num;
};

static struct template_data data_for(const struct marble_identity *who, const struct marble_secrets *secrets)
{
    const struct authority *ca = who->ca;

    return (struct template_data){
        .root_ca = {.cert = ca->marble_root.der},
        .marble = {.cert = who->issued.cert,
                   .public_key = who->issued.public_key,
                   .private_key = who->issued.private_key},
        .coordinator_root = {.cert = ca->root.der},
        .coordinator_intermediate = {.cert = ca->intermediate.der},
        .secrets = &secrets->now,
        .previous = &secrets->previous,
    };
}

static struct slice pem(const char *label, struct slice der, struct arena *a)
{
    return slice_str(pem_text(a, label, der));
}

static void add(struct predefined *p, const char *name, struct slice value)
{
    p->at[p->num++] = (struct parameter){name, value};
}

static bool predefine(const struct manifest *mesh, const struct marble *m, const struct marble_identity *who,
                      const struct secret_set *secrets, struct arena *a, struct predefined *out,
                      struct err *err)
{
    const char *chain = arena_printf(a, "%s%s", pem_text(a, "CERTIFICATE", who->issued.cert),
                                     pem_text(a, "CERTIFICATE", who->ca->intermediate.der));
    struct slice ttls;

    add(out, "MARBLE_PREDEFINED_ROOT_CA", pem("CERTIFICATE", who->ca->marble_root.der, a));
    add(out, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", slice_str(chain));
    add(out, "MARBLE_PREDEFINED_PRIVATE_KEY", pem("PRIVATE KEY", who->issued.private_key, a));
    add(out, "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA", pem("CERTIFICATE", who->ca->root.der, a));
    if (m->num_tls == 0)
        return true;
    if (!params_ttls(mesh, m, who, secrets, a, &ttls, err))
        return err_in(err, "MARBLE_TTLS_CONFIG");
    add(out, "MARBLE_TTLS_CONFIG", ttls);
    return true;
}

static bool is_among(const char *name, const struct parameter *some, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (strcmp(some[i].name, name) == 0)
            return true;
    return false;
}

/* What is expanded so far, against what a reply can hold: templates could multiply a large secret. */
struct expansion {
    const struct template_data *data;
    struct arena *arena;
    size_t total;
};

static bool expand(struct expansion *e, const struct content *c, struct parameter *out, struct err *err)
{
    *out = (struct parameter){c->name, c->data};
    if (c->template != NULL && !template_run(c->template, e->data, e->arena, &out->value, err))
        return false;
    e->total += out->value.len;
    return e->total < LIMIT_GRPC_MESSAGE ||
           err_set(
               err, E_ACTIVATION_SIZE,
               "with this one, files and variables take %zu bytes, and a gRPC message holds fewer than %d",
               e->total, LIMIT_GRPC_MESSAGE);
}

static bool expand_files(struct expansion *e, const struct marble *m, struct parameters *out, struct err *err)
{
    out->files = arena_array(e->arena, m->num_files, sizeof *out->files);
    for (; out->num_files < m->num_files; out->num_files++)
        if (!expand(e, &m->files[out->num_files], &out->files[out->num_files], err))
            return err_in(err, "file \"%s\"", m->files[out->num_files].name);
    return true;
}

static bool expand_env(struct expansion *e, const struct marble *m, const struct predefined *ours,
                       struct parameters *out, struct err *err)
{
    out->env = arena_array(e->arena, m->num_env + ours->num, sizeof *out->env);
    for (size_t i = 0; i < m->num_env; i++) {
        if (is_among(m->env[i].name, ours->at, ours->num))
            continue;
        if (!expand(e, &m->env[i], &out->env[out->num_env++], err))
            return err_in(err, "variable \"%s\"", m->env[i].name);
    }
    for (size_t i = 0; i < ours->num; i++)
        out->env[out->num_env++] = ours->at[i];
    return true;
}

bool params_build(const struct manifest *mesh, const struct marble *m, const struct marble_identity *who,
                  const struct marble_secrets *secrets, struct arena *a, struct parameters *out,
                  struct err *err)
{
    const struct template_data data = data_for(who, secrets);
    struct parameters p = {.argv = m->argv, .num_argv = m->num_argv};
    struct predefined ours = {0};
    struct expansion e = {&data, a, 0};

    if (!predefine(mesh, m, who, &secrets->now, a, &ours, err) || !expand_files(&e, m, &p, err) ||
        !expand_env(&e, m, &ours, &p, err))
        return err_in(err, "parameters of marble \"%s\"", m->type);
    *out = p;
    return true;
}
