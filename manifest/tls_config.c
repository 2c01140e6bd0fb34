/* SPDX-License-Identifier: Apache-2.0 */
/* MARBLE_TTLS_CONFIG: what a runtime needs to put a marble's connections into TLS. */
#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "manifest/tls.h"
#include "pki/pem.h"

struct endpoint {
    const char *address; /* "addr:port", or "*:port" */
    size_t index;        /* later ones overwrite earlier ones */
    const struct tls_end *end;
    bool incoming;
};

static int by_address(const void *a, const void *b)
{
    const struct endpoint *x = a, *y = b;
    const int order = strcmp(x->address, y->address);

    return order != 0 ? order : x->index < y->index ? -1 : x->index > y->index;
}

static void add_ends(const struct tls_end *ends, size_t num, bool incoming, struct arena *a,
                     struct endpoint *list, size_t *num_list)
{
    for (size_t i = 0; i < num; i++, (*num_list)++)
        list[*num_list] = (struct endpoint){
            .address = arena_printf(a, "%s:%s", incoming ? "*" : ends[i].addr, ends[i].port),
            .index = *num_list,
            .end = &ends[i],
            .incoming = incoming,
        };
}

/* The endpoints of one direction, sorted, each address once. */
static struct endpoint *collect(const struct tls_tag *const *tags, size_t num_tags, bool incoming,
                                struct arena *a, size_t *num)
{
    struct endpoint *list;
    size_t max = 0, kept = 0;

    for (size_t i = 0; i < num_tags; i++)
        max += incoming ? tags[i]->num_incoming : tags[i]->num_outgoing;
    list = arena_array(a, max, sizeof *list);
    *num = 0;
    for (size_t i = 0; i < num_tags; i++)
        add_ends(incoming ? tags[i]->incoming : tags[i]->outgoing,
                 incoming ? tags[i]->num_incoming : tags[i]->num_outgoing, incoming, a, list, num);
    qsort(list, *num, sizeof *list, by_address);
    for (size_t i = 0; i < *num; i++)
        if (i + 1 == *num || strcmp(list[i].address, list[i + 1].address) != 0)
            list[kept++] = list[i];
    *num = kept;
    return list;
}

static void put_pem(struct buf *b, struct arena *a, const char *name, const char *label, struct slice der)
{
    buf_printf(b, "\"%s\":", name);
    json_put_string(b, slice_str(pem_text(a, label, der)));
}

static bool put_endpoint(struct buf *b, const struct endpoint *e, const struct tls_config *config,
                         struct arena *a, struct err *err)
{
    const bool has_cert = e->incoming && *e->end->cert != '\0';
    const struct secret_value *v = has_cert ? secret_find(config->secrets, e->end->cert) : &config->own;

    if (v == NULL || v->cert.len == 0 || v->private_key.len == 0)
        return err_set(err, E_TEMPLATE_VALUE, "TLS: the secret \"%.80s\" has no certificate with a key",
                       e->end->cert);
    json_put_string(b, slice_str(e->address));
    buf_str(b, ":{");
    put_pem(b, a, "cacrt", "CERTIFICATE", config->root_ca);
    buf_str(b, ",");
    put_pem(b, a, "clicrt", "CERTIFICATE", v->cert);
    buf_str(b, ",");
    if (e->incoming)
        buf_printf(b, "\"clientAuth\":%s,", has_cert && e->end->disable_client_auth ? "false" : "true");
    put_pem(b, a, "clikey", "PRIVATE KEY", v->private_key);
    buf_str(b, "}");
    return true;
}

static bool put_direction(struct buf *b, const struct tls_tag *const *tags, size_t num_tags, bool incoming,
                          const struct tls_config *config, struct arena *a, struct err *err)
{
    size_t num;
    const struct endpoint *list = collect(tags, num_tags, incoming, a, &num);

    buf_printf(b, "\"%s\":{", incoming ? "Incoming" : "Outgoing");
    for (size_t i = 0; i < num; i++) {
        buf_str(b, i == 0 ? "" : ",");
        if (!put_endpoint(b, &list[i], config, a, err))
            return false;
    }
    buf_str(b, "}");
    return true;
}

bool tls_config_json(const struct tls_tag *const *tags, size_t num, const struct tls_config *config,
                     struct arena *a, char **out, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_GRPC_MESSAGE);
    scoped(arena_wipe) struct arena scratch = {0};

    buf_str(&b, "{\"tls\":{");
    if (!put_direction(&b, tags, num, true, config, &scratch, err))
        return false;
    buf_str(&b, ",");
    if (!put_direction(&b, tags, num, false, config, &scratch, err))
        return false;
    buf_str(&b, "}}");
    if (!buf_ok(&b))
        return err_set(err, E_ACTIVATION_SIZE, "the TLS configuration has more than %d bytes",
                       LIMIT_GRPC_MESSAGE);
    *out = arena_strndup(a, buf_bytes(&b));
    return true;
}
