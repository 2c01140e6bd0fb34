/* SPDX-License-Identifier: Apache-2.0 */
/* MARBLE_TTLS_CONFIG: which connections of a service get TLS without its doing, and with which credentials.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "coordinator/params.h"
#include "pki/pem.h"

/* One connection: where, and with what. */
struct endpoint {
    const char *address; /* "ADDR:PORT"; incoming: "*:PORT" */
    const char *cert, *key;
    bool client_auth;
    size_t order; /* of their mention */
};
struct endpoints {
    struct endpoint *at;
    size_t num;
};

struct making {
    const struct manifest *mesh;
    const struct marble_identity *who;
    const struct secret_set *secrets;
    struct arena *arena;
    const char *leaf, *leaf_key; /* PEM */
};

static bool credentials_of(const struct making *k, const struct tls_end *end, struct endpoint *e,
                           struct err *err)
{
    const struct secret_value *v = *end->cert == '\0' ? NULL : secret_find(k->secrets, end->cert);

    e->cert = k->leaf;
    e->key = k->leaf_key;
    if (*end->cert == '\0')
        return true;
    if (v == NULL || v->cert.len == 0 || v->private_key.len == 0)
        return err_set(err, E_TEMPLATE_VALUE,
                       "%s: the secret \"%s\" has no certificate with a private key, or none yet", e->address,
                       end->cert);
    e->cert = pem_text(k->arena, "CERTIFICATE", v->cert);
    e->key = pem_text(k->arena, "PRIVATE KEY", v->private_key);
    return true;
}

static bool add_incoming(const struct making *k, const struct tls_tag *tag, struct endpoints *in,
                         struct err *err)
{
    for (size_t i = 0; i < tag->num_incoming; i++) {
        const struct tls_end *end = &tag->incoming[i];
        struct endpoint *e = &in->at[in->num];

        *e = (struct endpoint){.address = arena_printf(k->arena, "*:%s", end->port),
                               .client_auth = !end->disable_client_auth,
                               .order = in->num};
        if (!credentials_of(k, end, e, err))
            return false;
        in->num++;
    }
    return true;
}

static void add_outgoing(const struct making *k, const struct tls_tag *tag, struct endpoints *out)
{
    for (size_t i = 0; i < tag->num_outgoing; i++, out->num++)
        out->at[out->num] = (struct endpoint){
            .address = arena_printf(k->arena, "%s:%s", tag->outgoing[i].addr, tag->outgoing[i].port),
            .cert = k->leaf,
            .key = k->leaf_key,
            .order = out->num};
}

/* Go sorts the keys of maps by their bytes. */
static int by_address(const void *x, const void *y)
{
    const struct endpoint *a = x, *b = y;
    const int order = strcmp(a->address, b->address);

    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static void put_member(struct buf *b, const char *before, const char *name, const char *value)
{
    buf_printf(b, "%s\"%s\":", before, name);
    json_put_string(b, slice_str(value));
}

static void put_endpoints(struct buf *b, struct endpoints *list, const char *root, bool incoming)
{
    const char *between = "";

    qsort(list->at, list->num, sizeof *list->at, by_address);
    for (size_t i = 0; i < list->num; i++) {
        const struct endpoint *e = &list->at[i];

        if (i + 1 < list->num && strcmp(e->address, e[1].address) == 0)
            continue; /* one that is mentioned later counts */
        buf_str(b, between);
        json_put_string(b, slice_str(e->address));
        put_member(b, ":{", "cacrt", root);
        put_member(b, ",", "clicrt", e->cert);
        if (incoming)
            buf_printf(b, ",\"clientAuth\":%s", e->client_auth ? "true" : "false");
        put_member(b, ",", "clikey", e->key);
        buf_str(b, "}");
        between = ",";
    }
}

static bool collect(const struct making *k, const struct marble *m, struct endpoints *in,
                    struct endpoints *out, struct err *err)
{
    size_t most = 1;

    for (size_t i = 0; i < m->num_tls; i++) {
        const struct tls_tag *tag = manifest_tls(k->mesh, m->tls[i]);

        most += tag == NULL ? 0 : tag->num_incoming + tag->num_outgoing;
    }
    in->at = arena_array(k->arena, most, sizeof *in->at);
    out->at = arena_array(k->arena, most, sizeof *out->at);
    for (size_t i = 0; i < m->num_tls; i++) {
        const struct tls_tag *tag = manifest_tls(k->mesh, m->tls[i]);

        if (tag == NULL)
            continue; /* which manifest_check() refuses */
        if (!add_incoming(k, tag, in, err))
            return err_in(err, "TLS tag \"%s\"", tag->name);
        add_outgoing(k, tag, out);
    }
    return true;
}

bool params_ttls(const struct manifest *mesh, const struct marble *m, const struct marble_identity *who,
                 const struct secret_set *secrets, struct arena *a, struct slice *out, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_GRPC_MESSAGE);
    const struct making k = {mesh,
                             who,
                             secrets,
                             a,
                             pem_text(a, "CERTIFICATE", who->issued.cert),
                             pem_text(a, "PRIVATE KEY", who->issued.private_key)};
    const char *root = pem_text(a, "CERTIFICATE", who->ca->marble_root.der);
    struct endpoints incoming = {0}, outgoing = {0};

    if (!collect(&k, m, &incoming, &outgoing, err))
        return false;
    buf_str(&b, "{\"tls\":{\"Incoming\":{");
    put_endpoints(&b, &incoming, root, true);
    buf_str(&b, "},\"Outgoing\":{");
    put_endpoints(&b, &outgoing, root, false);
    buf_str(&b, "}}}");
    if (!buf_ok(&b))
        return err_set(err, E_ACTIVATION_SIZE, "more than the %d bytes of a gRPC message",
                       LIMIT_GRPC_MESSAGE);
    *out = arena_copy(a, buf_bytes(&b));
    return true;
}
