/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "attestation/collateral.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

enum { FORMAT = 2 };

static int by_name(const void *a, const void *b)
{
    const struct collateral_item *x = a, *y = b;

    return strcmp(x->name, y->name);
}

void collateral_sort(struct collateral_items *items)
{
    if (items->num > 0)
        qsort(items->at, items->num, sizeof *items->at, by_name);
}

const struct collateral_item *collateral_find(const struct collateral_items *items, const char *name)
{
    const struct collateral_item key = {.name = name};

    return items->num == 0 ? NULL : bsearch(&key, items->at, items->num, sizeof *items->at, by_name);
}

struct collateral_items collateral_merge(const struct collateral_items *x, const struct collateral_items *y,
                                         struct arena *a)
{
    struct collateral_items out = {arena_array(a, x->num + y->num, sizeof *out.at), 0};
    size_t i = 0, k = 0;

    while (i < x->num || k < y->num) {
        const int order = i == x->num ? 1 : k == y->num ? -1 : by_name(&x->at[i], &y->at[k]);

        if (order == 0)
            out.at[out.num++] = x->at[i].expires >= y->at[k].expires ? x->at[i] : y->at[k];
        else
            out.at[out.num++] = order < 0 ? x->at[i] : y->at[k];
        i += order <= 0;
        k += order >= 0;
    }
    return out;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static int64_t read_time(struct fields *f, const char *name)
{
    const char *text;
    int64_t t = 0;

    field_need(f, name);
    text = field_str(f, name);
    if (text != NULL && !rfc3339_parse(slice_str(text), &t))
        (void)field_fault(f, name, "expected a time as \"2026-12-31T23:59:59Z\"");
    return t;
}

static void read_body(struct fields *f, struct collateral_item *item)
{
    if (field_present(f, "body") == field_present(f, "bodyBase64"))
        (void)field_fault(f, "body", "expected either body or bodyBase64");
    item->body = field_present(f, "body") ? field_text(f, "body") : field_bytes(f, "bodyBase64", LIMIT_CRL);
    item->chain = field_text(f, "chain");
    if (!f->bad && (item->body.len == 0 || item->body.len > LIMIT_CRL || item->chain.len > LIMIT_COLLATERAL_CHAIN))
        (void)field_fault(f, "body", "is empty, or it or its chain is larger than allowed");
}

static bool read_item(const json_t *value, size_t i, struct arena *a, struct collateral_item *out, struct err *err)
{
    struct fields f = fields_of(value, arena_printf(a, "$.items[%zu]", i), JSON_EXACT, E_COLLATERAL_FORMAT, a, err);

    field_need(&f, "name");
    out->name = field_str(&f, "name");
    out->source = field_str(&f, "source");
    out->fetched = read_time(&f, "fetched");
    out->expires = read_time(&f, "expires");
    read_body(&f, out);
    return fields_done(&f);
}

static bool read_items(const json_t *list, struct arena *a, struct collateral_items *out, struct err *err)
{
    out->at = arena_array(a, json_array_size(list), sizeof *out->at);
    for (out->num = 0; out->num < json_array_size(list); out->num++)
        if (!read_item(json_array_get(list, out->num), out->num, a, &out->at[out->num], err))
            return false;
    collateral_sort(out);
    for (size_t i = 1; i < out->num; i++)
        if (by_name(&out->at[i - 1], &out->at[i]) == 0)
            return err_set(err, E_COLLATERAL_FORMAT, "$.items: \"%s\" is there twice",
                           text_shown(a, slice_str(out->at[i].name)));
    return true;
}

bool bundle_parse(struct slice text, struct arena *a, struct collateral_items *out, struct err *err)
{
    scoped(json_release) json_t *doc = NULL;
    struct collateral_items items = {0};
    struct fields f;
    uint64_t format;

    if (text.len > LIMIT_BUNDLE)
        return err_set(err, E_COLLATERAL_FORMAT, "collateral bundle: %zu bytes, more than the %d allowed",
                       text.len, LIMIT_BUNDLE);
    if (!json_parse(text, JSON_NO_DUPLICATES, E_COLLATERAL_FORMAT, &doc, err))
        return err_in(err, "collateral bundle");
    f = fields_of(doc, "$", JSON_EXACT, E_COLLATERAL_FORMAT, a, err);
    field_need(&f, "format");
    field_need(&f, "items");
    format = field_uint(&f, "format", UINT32_MAX);
    if (fields_done(&f) && format != FORMAT)
        (void)field_fault(&f, "format", "expected %d, found %llu", FORMAT, (unsigned long long)format);
    if (!fields_done(&f) || !read_items(field_array(&f, "items"), a, &items, err) || !fields_done(&f))
        return err_in(err, "collateral bundle");
    *out = items;
    return true;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void put_text(struct buf *b, const char *name, struct slice text)
{
    json_put_name(b, name);
    json_put_string(b, text);
}

static void put_time(struct buf *b, const char *name, int64_t t)
{
    static const int64_t end_of_time = INT64_C(253402300799); /* 9999-12-31T23:59:59Z */
    char text[RFC3339_LEN + 1];

    rfc3339_format(text, t < end_of_time ? t : end_of_time);
    put_text(b, name, slice_str(text));
}

static void put_item(struct buf *b, const struct collateral_item *item)
{
    json_put_comma(b);
    buf_str(b, "\n  {");
    put_text(b, "name", slice_str(item->name));
    if (item->source != NULL)
        put_text(b, "source", slice_str(item->source));
    put_time(b, "fetched", item->fetched);
    put_time(b, "expires", item->expires);
    if (text_is_utf8(item->body)) {
        put_text(b, "body", item->body);
    } else {
        json_put_name(b, "bodyBase64");
        buf_str(b, "\"");
        base64_put(b, item->body, BASE64_STD);
        buf_str(b, "\"");
    }
    if (item->chain.len > 0)
        put_text(b, "chain", item->chain);
    buf_str(b, "}");
}

char *bundle_text(const struct collateral_items *items, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(2 * (size_t)LIMIT_BUNDLE); /* what is quoted can grow */

    buf_printf(&b, "{\"format\": %d, \"items\": [", FORMAT);
    for (size_t i = 0; i < items->num; i++)
        put_item(&b, &items->at[i]);
    buf_str(&b, "\n]}\n");
    return arena_strndup(a, buf_bytes(&b));
}
