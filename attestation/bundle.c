/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

enum { FORMAT = 1 };

enum encoding { AS_TEXT, AS_BASE64 };

/* The members of struct collateral, in the order in which they are written. */
static const struct member {
    const char *name;
    size_t offset, max;
    enum encoding encoding;
    bool required;
} members[] = {
    {"tcb_info", offsetof(struct collateral, tcb_info), LIMIT_COLLATERAL_JSON, AS_TEXT, true},
    {"tcb_issuer_chain", offsetof(struct collateral, tcb_issuer_chain), LIMIT_COLLATERAL_CHAIN, AS_TEXT,
     true},
    {"qe_identity", offsetof(struct collateral, qe_identity), LIMIT_COLLATERAL_JSON, AS_TEXT, true},
    {"qe_issuer_chain", offsetof(struct collateral, qe_issuer_chain), LIMIT_COLLATERAL_CHAIN, AS_TEXT, true},
    {"pck_crl", offsetof(struct collateral, pck_crl), LIMIT_CRL, AS_BASE64, true},
    {"root_ca_crl", offsetof(struct collateral, root_ca_crl), LIMIT_CRL, AS_BASE64, true},
    {"pck_chain", offsetof(struct collateral, pck_chain), LIMIT_COLLATERAL_CHAIN, AS_TEXT, false},
};
enum { NUM_MEMBERS = sizeof members / sizeof members[0] };

static struct slice *place(struct collateral *c, const struct member *m)
{
    return (struct slice *)(void *)((char *)c + m->offset);
}

static struct slice read_member(struct fields *f, const struct member *m)
{
    struct slice value;

    if (m->required)
        field_need(f, m->name);
    value = m->encoding == AS_BASE64 ? field_bytes(f, m->name, m->max) : field_text(f, m->name);
    if (fields_done(f) && value.len > m->max)
        (void)field_fault(f, m->name, "%zu bytes, more than the %zu allowed", value.len, m->max);
    return value;
}

static void read_format(struct fields *f)
{
    uint64_t format;

    field_need(f, "format");
    format = field_uint(f, "format", UINT32_MAX);
    if (fields_done(f) && format != FORMAT)
        (void)field_fault(f, "format", "expected %d, found %llu", FORMAT, (unsigned long long)format);
}

bool bundle_parse(struct slice text, struct arena *a, struct collateral *out, struct err *err)
{
    scoped(json_release) json_t *doc = NULL;
    struct collateral c = {0};
    struct fields f;

    if (text.len > LIMIT_BUNDLE)
        return err_set(err, E_COLLATERAL_FORMAT, "collateral bundle: %zu bytes, more than the %d allowed",
                       text.len, LIMIT_BUNDLE);
    if (!json_parse(text, JSON_NO_DUPLICATES, E_COLLATERAL_FORMAT, &doc, err))
        return err_in(err, "collateral bundle");
    f = fields_of(doc, "$", JSON_EXACT, E_COLLATERAL_FORMAT, a, err);
    read_format(&f);
    for (size_t i = 0; i < NUM_MEMBERS; i++)
        *place(&c, &members[i]) = read_member(&f, &members[i]);
    if (!fields_done(&f))
        return err_in(err, "collateral bundle");
    *out = c;
    return true;
}

static void put_member(struct buf *b, const struct member *m, struct slice value)
{
    buf_printf(b, ",\n  \"%s\": ", m->name);
    if (m->encoding == AS_TEXT) {
        json_put_string(b, value);
        return;
    }
    buf_str(b, "\"");
    base64_put(b, value, BASE64_STD);
    buf_str(b, "\"");
}

char *bundle_text(const struct collateral *c, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(2 * (size_t)LIMIT_BUNDLE); /* what is quoted can grow */
    struct collateral copy = *c;

    buf_printf(&b, "{\n  \"format\": %d", FORMAT);
    for (size_t i = 0; i < NUM_MEMBERS; i++)
        if (members[i].required || place(&copy, &members[i])->len > 0)
            put_member(&b, &members[i], *place(&copy, &members[i]));
    buf_str(&b, "\n}\n");
    return arena_strndup(a, buf_bytes(&b));
}
