/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/text.h"
#include "pki/der.h"
#include "pki/x509.h"

struct attribute {
    struct slice oid, value;
};

static struct attribute read_attribute(struct cursor *set)
{
    struct cursor pair = der_enter(set, DER_SEQUENCE);
    const struct slice oid = der_take(&pair, DER_OID), element = der_element(&pair);
    struct cursor value = cursor_over(element);

    if (!cursor_done(&pair) || oid.len == 0) {
        set->bad = true;
        return (struct attribute){0};
    }
    return (struct attribute){oid, der_take(&value, element.ptr[0])};
}

struct slice name_read(struct cursor *c)
{
    const struct slice start = c->rest;
    struct cursor sets = der_enter(c, DER_SEQUENCE);

    while (cursor_ok(&sets) && sets.rest.len > 0) {
        struct cursor set = der_enter(&sets, DER_SET);

        do {
            (void)read_attribute(&set);
        } while (cursor_ok(&set) && set.rest.len > 0);
        if (!cursor_ok(&set))
            sets.bad = true;
    }
    if (!cursor_ok(&sets))
        *c = (struct cursor){.bad = true};
    return c->bad ? (struct slice){0} : slice_of(start.ptr, start.len - c->rest.len);
}

/* Calls `seen` for each attribute of a name that name_read() found well-formed. */
static void each_attribute(struct slice name, void (*seen)(void *ctx, struct attribute at), void *ctx)
{
    struct cursor c = cursor_over(name), sets = der_enter(&c, DER_SEQUENCE);

    while (cursor_ok(&sets) && sets.rest.len > 0) {
        struct cursor set = der_enter(&sets, DER_SET);

        while (cursor_ok(&set) && set.rest.len > 0) {
            const struct attribute at = read_attribute(&set);

            if (cursor_ok(&set))
                seen(ctx, at);
        }
        if (!cursor_ok(&set))
            return;
    }
}

static void keep_common_name(void *ctx, struct attribute at)
{
    if (slice_equal(at.oid, OID_COMMON_NAME))
        *(struct slice *)ctx = at.value;
}

struct slice name_common_name(struct slice name)
{
    struct slice found = {0};

    each_attribute(name, keep_common_name, &found);
    return found;
}

/* ---- for people ---------------------------------------------------------------------------- */

enum { MAX_TEXT = 256 }; /* a name longer than that has said who it is */

struct text_ctx {
    struct arena *arena;
    char *text;
};

static const char *short_name(struct arena *a, struct slice oid)
{
    const struct {
        struct slice oid;
        const char *name;
    } known[] = {
        {OID_COMMON_NAME, "CN"}, {OID_ORGANIZATION, "O"}, {OID_COUNTRY, "C"},
        {OID_LOCALITY, "L"},     {OID_PROVINCE, "ST"},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (slice_equal(known[i].oid, oid))
            return known[i].name;
    return oid_to_text(a, oid);
}

static void append_attribute(void *ctx, struct attribute at)
{
    struct text_ctx *t = ctx;

    if (strlen(t->text) > MAX_TEXT)
        return;
    t->text = arena_printf(t->arena, "%s%s%s=%s", t->text, *t->text == '\0' ? "" : ", ",
                           short_name(t->arena, at.oid), text_shown(t->arena, at.value));
}

char *name_text(struct arena *a, struct slice name)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct text_ctx t = {&scratch, arena_strdup(&scratch, "")};

    each_attribute(name, append_attribute, &t);
    return arena_strdup(a, *t.text == '\0' ? "(empty name)" : t.text);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* X.680 41.4 */
static bool is_printable_string(const char *text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?";

    return strspn(text, allowed) == strlen(text);
}

static struct slice attribute_of(struct arena *a, struct slice oid, const char *text)
{
    scoped(buf_wipe) struct buf b = buf_max(oid.len + strlen(text) + 32);
    const size_t pair = der_begin(&b, DER_SEQUENCE);

    der_put_oid(&b, oid);
    der_put(&b, is_printable_string(text) ? DER_PRINTABLE : DER_UTF8, slice_str(text));
    der_end(&b, pair);
    return arena_copy(a, buf_bytes(&b));
}

/* X.690 11.6: the elements of a SET OF stand in the order of their bytes, a shorter one as if zeros followed.
 */
static int by_encoding(const void *x, const void *y)
{
    const struct slice *a = x, *b = y;
    const int order = memcmp(a->ptr, b->ptr, a->len < b->len ? a->len : b->len);

    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static struct slice set_of(struct arena *a, const struct name_set *set)
{
    struct slice *pairs = arena_array(a, set->num, sizeof *pairs);
    size_t len = 16;

    for (size_t i = 0; i < set->num; i++) {
        pairs[i] = attribute_of(a, set->oid, set->texts[i]);
        len += pairs[i].len;
    }
    qsort(pairs, set->num, sizeof *pairs, by_encoding);

    scoped(buf_wipe) struct buf b = buf_max(len);
    const size_t mark = der_begin(&b, DER_SET);

    for (size_t i = 0; i < set->num; i++)
        buf_put(&b, pairs[i]);
    der_end(&b, mark);
    return arena_copy(a, buf_bytes(&b));
}

struct slice name_build_sets(struct arena *a, const struct name_set *sets, size_t num)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice *made = arena_array(&scratch, num, sizeof *made);
    size_t len = 16;

    for (size_t i = 0; i < num; i++) {
        made[i] = set_of(&scratch, &sets[i]);
        len += made[i].len;
    }

    scoped(buf_wipe) struct buf b = buf_max(len);
    const size_t whole = der_begin(&b, DER_SEQUENCE);

    for (size_t i = 0; i < num; i++)
        buf_put(&b, made[i]);
    der_end(&b, whole);
    return arena_copy(a, buf_bytes(&b));
}

struct slice name_build(struct arena *a, const struct name_part *parts, size_t num)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct name_set *sets = arena_array(&scratch, num, sizeof *sets);

    for (size_t i = 0; i < num; i++)
        sets[i] = (struct name_set){parts[i].oid, &parts[i].text, 1};
    return name_build_sets(a, sets, num);
}

static bool is_one_of(struct slice oid, const struct slice *oids, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (slice_equal(oid, oids[i]))
            return true;
    return false;
}

/* Copies the pairs of a SET that stay; a SET that would be empty is left out. */
static void copy_set(struct buf *b, struct cursor *set, const struct slice *oids, size_t num_oids)
{
    const size_t before = b->len, mark = der_begin(b, DER_SET);

    while (cursor_ok(set) && set->rest.len > 0) {
        const struct slice whole = set->rest;
        const struct attribute at = read_attribute(set);

        if (!is_one_of(at.oid, oids, num_oids))
            buf_put(b, slice_of(whole.ptr, whole.len - set->rest.len));
    }
    if (b->len == mark)
        b->len = before;
    else
        der_end(b, mark);
}

bool name_without(struct slice name, const struct slice *oids, size_t num_oids, struct arena *a,
                  struct slice *out, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(name.len + 16);
    struct cursor c = cursor_over(name), again = c, sets;
    size_t whole;

    if (name_read(&c).ptr == NULL || !cursor_done(&c))
        return err_set(err, E_CERT_FORMAT, "expected a distinguished name in DER");
    sets = der_enter(&again, DER_SEQUENCE);
    whole = der_begin(&b, DER_SEQUENCE);
    while (sets.rest.len > 0) {
        struct cursor set = der_enter(&sets, DER_SET);

        copy_set(&b, &set, oids, num_oids);
    }
    der_end(&b, whole);
    *out = arena_copy(a, buf_bytes(&b));
    return true;
}
