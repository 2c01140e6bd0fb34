/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/tls.h"

#include "manifest/decode.h"

static const char *const tag_fields[] = {"Outgoing", "Incoming", NULL};
static const char *const end_fields[] = {"Port", "Addr", "Cert", "DisableClientAuth", NULL};

static bool decode_end(struct decoder *d, const json_t *value, const char *path, struct tls_end *out)
{
    struct fields f = decode_struct(d, value, path, end_fields);

    out->port = decode_text(&f, "Port");
    out->addr = decode_text(&f, "Addr");
    out->cert = decode_text(&f, "Cert");
    out->disable_client_auth = field_bool(&f, "DisableClientAuth");
    return fields_done(&f);
}

static struct tls_end *decode_ends(struct decoder *d, struct fields *f, const char *name, size_t *num)
{
    const json_t *array = field_array(f, name);
    struct tls_end *ends = arena_array(d->arena, json_array_size(array), sizeof *ends);
    const char *path = field_path(f, name);

    *num = json_array_size(array);
    for (size_t i = 0; i < *num && fields_done(f); i++)
        f->bad =
            !decode_end(d, json_array_get(array, i), arena_printf(d->arena, "%s[%zu]", path, i), &ends[i]);
    return ends;
}

bool decode_tls_tag(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct fields f = decode_struct(d, value, path, tag_fields);
    struct tls_tag *tag = element;

    tag->outgoing = decode_ends(d, &f, "Outgoing", &tag->num_outgoing);
    tag->incoming = decode_ends(d, &f, "Incoming", &tag->num_incoming);
    return fields_done(&f);
}

/* ---- checks ------------------------------------------------------------------------------------- */

static bool check_incoming(const struct manifest *m, const struct tls_end *e, struct err *err)
{
    if (*e->port == '\0')
        return err_set(err, E_MANIFEST_TLS, "Port is missing");
    if (*e->cert != '\0' && manifest_secret(m, e->cert) == NULL)
        return err_set(err, E_MANIFEST_TLS, "Cert: there is no secret \"%s\"", e->cert);
    if (*e->cert != '\0' && !e->disable_client_auth)
        return err_set(err, E_MANIFEST_TLS, "Cert needs DisableClientAuth: true");
    if (*e->cert == '\0' && e->disable_client_auth)
        return err_set(err, E_MANIFEST_TLS, "DisableClientAuth needs Cert");
    return true;
}

static bool check_outgoing(const struct tls_end *e, struct err *err)
{
    if (*e->addr == '\0' || *e->port == '\0')
        return err_set(err, E_MANIFEST_TLS, "%s is missing", *e->addr == '\0' ? "Addr" : "Port");
    return true;
}

static bool check_tag(const struct manifest *m, const struct tls_tag *tag, struct err *err)
{
    for (size_t i = 0; i < tag->num_incoming; i++)
        if (!check_incoming(m, &tag->incoming[i], err))
            return err_in(err, "Incoming[%zu]", i);
    for (size_t i = 0; i < tag->num_outgoing; i++)
        if (!check_outgoing(&tag->outgoing[i], err))
            return err_in(err, "Outgoing[%zu]", i);
    return true;
}

bool check_tls(const struct manifest *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    for (size_t i = 0; i < m->num_tls; i++)
        if (!check_tag(m, &m->tls[i], err))
            return err_in(err, "%s", path_entry(&scratch, "$.TLS", m->tls[i].name));
    return true;
}
