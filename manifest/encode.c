/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/encode.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "manifest/decode.h"

/* ---- writing ---------------------------------------------------------------------------------- */

static void put_name(struct buf *b, const char *before, const char *name)
{
    buf_str(b, before);
    json_put_string(b, slice_str(name));
    buf_str(b, ":");
}

static void put_text(struct buf *b, const char *before, const char *name, const char *text)
{
    put_name(b, before, name);
    json_put_string(b, slice_str(text));
}

static void put_bool(struct buf *b, const char *before, const char *name, bool v)
{
    put_name(b, before, name);
    buf_str(b, v ? "true" : "false");
}

static void put_bytes(struct buf *b, const char *before, const char *name, struct slice s)
{
    put_name(b, before, name);
    if (s.ptr == NULL) {
        buf_str(b, "null");
        return;
    }
    buf_str(b, "\"");
    base64_put(b, s, BASE64_STD);
    buf_str(b, "\"");
}

static void put_list(struct buf *b, const char *before, const char *name, char *const *list, size_t num)
{
    put_name(b, before, name);
    buf_str(b, "[");
    for (size_t i = 0; i < num; i++) {
        buf_str(b, i == 0 ? "" : ",");
        json_put_string(b, slice_str(list[i]));
    }
    buf_str(b, "]");
}

static const char *comma(size_t i) { return i == 0 ? "" : ","; }

/* ---- packages, infrastructures ---------------------------------------------------------------- */

struct slice package_encode(const struct package *p, struct arena *a)
{
    return slice_str(policy_json(&p->policy, a));
}

bool package_decode(const char *name, struct slice text, struct arena *a, struct package *out,
                    struct err *err)
{
    struct package p = {.name = name};

    if (!decode_alone(text, E_STATE_CORRUPT, "package", decode_package, &p, a, err))
        return false;
    *out = p;
    return true;
}

struct slice infrastructure_encode(const struct infrastructure *i, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_STATE);

    put_bytes(&b, "{", "CPUSVN", i->cpusvn);
    if (i->has_qesvn)
        buf_printf(&b, ",\"QESVN\":%u", i->qesvn);
    if (i->has_pcesvn)
        buf_printf(&b, ",\"PCESVN\":%u", i->pcesvn);
    put_bytes(&b, ",", "RootCA", i->root_ca);
    platform_rule_put(&b, &i->platforms);
    buf_str(&b, "}");
    return arena_copy(a, buf_bytes(&b));
}

bool infrastructure_decode(const char *name, struct slice text, struct arena *a, struct infrastructure *out,
                           struct err *err)
{
    struct infrastructure i = {.name = name};

    if (!decode_alone(text, E_STATE_CORRUPT, "infrastructure", decode_infrastructure, &i, a, err))
        return false;
    *out = i;
    return true;
}

/* ---- marbles ---------------------------------------------------------------------------------- */

static void put_content(struct buf *b, size_t i, const struct content *c)
{
    const struct slice encoding = slice_str(c->encoding);

    put_name(b, comma(i), c->name);
    put_name(b, "{", "Data");
    if (text_equal_fold(encoding, slice_str("base64"))) {
        buf_str(b, "\"");
        base64_put(b, c->source, BASE64_STD);
        buf_str(b, "\"");
    } else if (text_equal_fold(encoding, slice_str("hex"))) {
        buf_str(b, "\"");
        for (size_t k = 0; k < c->source.len; k++)
            buf_printf(b, "%02x", c->source.ptr[k]);
        buf_str(b, "\"");
    } else {
        json_put_string(b, c->source);
    }
    put_text(b, ",", "Encoding", *c->encoding == '\0' ? "string" : c->encoding);
    put_bool(b, ",", "NoTemplates", c->no_templates);
    buf_str(b, "}");
}

static void put_contents(struct buf *b, const char *before, const char *name, const struct content *list,
                         size_t num)
{
    put_name(b, before, name);
    buf_str(b, "{");
    for (size_t i = 0; i < num; i++)
        put_content(b, i, &list[i]);
    buf_str(b, "}");
}

struct slice marble_encode(const struct marble *m, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_STATE);

    put_text(&b, "{", "Package", m->package_name);
    buf_printf(&b, ",\"MaxActivations\":%llu", (unsigned long long)m->max_activations);
    put_name(&b, ",", "Parameters");
    put_contents(&b, "{", "Files", m->files, m->num_files);
    put_contents(&b, ",", "Env", m->env, m->num_env);
    put_list(&b, ",", "Argv", m->argv, m->num_argv);
    buf_str(&b, "}");
    put_list(&b, ",", "TLS", m->tls, m->num_tls);
    put_bool(&b, ",", "DisableSecretBinding", m->disable_secret_binding);
    buf_str(&b, "}");
    return arena_copy(a, buf_bytes(&b));
}

bool marble_decode(const char *type, struct slice text, struct arena *a, struct marble *out, struct err *err)
{
    struct marble m = {.type = type};

    if (!decode_alone(text, E_STATE_CORRUPT, "marble", decode_marble, &m, a, err))
        return false;
    *out = m;
    return true;
}

/* ---- TLS tags --------------------------------------------------------------------------------- */

static void put_ends(struct buf *b, const char *before, const char *name, const struct tls_end *ends,
                     size_t num)
{
    put_name(b, before, name);
    buf_str(b, "[");
    for (size_t i = 0; i < num; i++) {
        put_text(b, i == 0 ? "{" : ",{", "Port", ends[i].port);
        put_text(b, ",", "Addr", ends[i].addr);
        put_text(b, ",", "Cert", ends[i].cert);
        put_bool(b, ",", "DisableClientAuth", ends[i].disable_client_auth);
        buf_str(b, "}");
    }
    buf_str(b, "]");
}

struct slice tls_tag_encode(const struct tls_tag *t, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_STATE);

    put_ends(&b, "{", "Outgoing", t->outgoing, t->num_outgoing);
    put_ends(&b, ",", "Incoming", t->incoming, t->num_incoming);
    buf_str(&b, "}");
    return arena_copy(a, buf_bytes(&b));
}

bool tls_tag_decode(const char *name, struct slice text, struct arena *a, struct tls_tag *out,
                    struct err *err)
{
    struct tls_tag t = {.name = name};

    if (!decode_alone(text, E_STATE_CORRUPT, "TLS", decode_tls_tag, &t, a, err))
        return false;
    *out = t;
    return true;
}

/* ---- users ------------------------------------------------------------------------------------ */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_once(struct user_rights *r)
{
    size_t kept = 0;

    qsort(r->resources, r->num_resources, sizeof *r->resources, by_text);
    for (size_t i = 0; i < r->num_resources; i++)
        if (kept == 0 || strcmp(r->resources[kept - 1], r->resources[i]) != 0)
            r->resources[kept++] = r->resources[i];
    r->num_resources = kept;
}

static void rights_of(const struct user *u, enum user_action action, struct arena *a, struct user_rights *out)
{
    size_t max = 0;

    for (size_t i = 0; i < u->num_roles; i++)
        if (u->roles[i] != NULL && (u->roles[i]->granted & 1u << action) != 0) {
            out->granted = true;
            max += u->roles[i]->num_resources;
        }
    out->resources = arena_array(a, max, sizeof *out->resources);
    for (size_t i = 0; i < u->num_roles; i++)
        if (u->roles[i] != NULL && (u->roles[i]->granted & 1u << action) != 0)
            for (size_t j = 0; j < u->roles[i]->num_resources; j++)
                out->resources[out->num_resources++] = u->roles[i]->resources[j];
    sort_once(out);
}

void user_record_of(const struct user *u, struct arena *a, struct user_record *out)
{
    *out = (struct user_record){.name = u->name, .certificate = u->der};
    for (size_t i = 0; i < NUM_ACTIONS; i++)
        rights_of(u, (enum user_action)i, a, &out->rights[i]);
}

static void put_rights(struct buf *b, const char *before, const char *id, const struct user_rights *r)
{
    put_name(b, before, id);
    put_text(b, "{", "PermissionID", id);
    put_name(b, ",", "ResourceID");
    buf_str(b, "{");
    for (size_t i = 0; i < r->num_resources; i++)
        put_bool(b, comma(i), r->resources[i], true);
    buf_str(b, "}}");
}

struct slice user_encode(const struct user_record *u, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_STATE);
    size_t num = 0;

    put_text(&b, "{", "Name", u->name);
    put_bytes(&b, ",", "Certificate", u->certificate);
    put_name(&b, ",", "Permissions");
    buf_str(&b, "{");
    for (size_t i = 0; i < NUM_ACTIONS; i++)
        if (u->rights[i].granted)
            put_rights(&b, comma(num++), user_action_id((enum user_action)i), &u->rights[i]);
    buf_str(&b, "}}");
    return arena_copy(a, buf_bytes(&b));
}

/* What Go writes for a permission of one user. */
struct permission {
    const char *id;
    struct user_rights rights;
};

struct resource {
    const char *name;
    bool granted;
};

static bool decode_resource(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct resource *r = element;

    r->granted = json_is_true(value);
    return json_is_boolean(value) || json_is_null(value) ||
           err_set(d->err, E_STATE_CORRUPT, "%s: expected true or false", path);
}

static bool decode_permission(struct decoder *d, const json_t *value, const char *path, void *element)
{
    static const char *const known[] = {"PermissionID", "ResourceID", NULL};
    struct fields f = decode_struct(d, value, path, known);
    struct permission *p = element;
    struct resource *resources;
    size_t num = 0;

    resources = decode_map(d, &f, "ResourceID", sizeof *resources, decode_resource, &num);
    if (!fields_done(&f))
        return false;
    p->rights.granted = true;
    p->rights.resources = arena_array(d->arena, num, sizeof *p->rights.resources);
    for (size_t i = 0; i < num; i++)
        if (resources[i].granted)
            p->rights.resources[p->rights.num_resources++] = arena_strdup(d->arena, resources[i].name);
    return true;
}

static bool decode_record(struct decoder *d, const json_t *value, const char *path, void *element)
{
    static const char *const known[] = {"Name", "Certificate", "Permissions", NULL};
    struct fields f = decode_struct(d, value, path, known);
    struct user_record *u = element;
    struct permission *permissions;
    size_t num = 0;

    u->name = decode_text(&f, "Name");
    u->certificate = field_bytes(&f, "Certificate", LIMIT_CERTIFICATE);
    permissions = decode_map(d, &f, "Permissions", sizeof *permissions, decode_permission, &num);
    for (size_t i = 0; fields_done(&f) && i < NUM_ACTIONS; i++) {
        const struct permission *p =
            find_named(user_action_id((enum user_action)i), permissions, num, sizeof *permissions);

        if (p != NULL)
            u->rights[i] = p->rights;
    }
    return fields_done(&f);
}

bool user_decode(struct slice text, struct arena *a, struct user_record *out, struct err *err)
{
    struct user_record u = {0};

    if (!decode_alone(text, E_STATE_CORRUPT, "user", decode_record, &u, a, err))
        return false;
    *out = u;
    return true;
}
