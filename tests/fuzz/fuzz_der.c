/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "pki/der.h"

static void read_value(struct cursor c, struct arena *a)
{
    struct cursor t = c, u = c, i = c, b = c, o = c;
    scoped(buf_wipe) struct buf again = buf_max(64);
    const int64_t time = der_time(&t);

    (void)der_uint(&u, DER_INTEGER, UINT64_MAX);
    (void)der_natural(&i);
    (void)der_bool(&b);
    if (der_next_is(&o, DER_OID))
        (void)oid_to_text(a, der_take(&o, DER_OID));
    if (!cursor_ok(&t))
        return;
    der_put_time(&again, time);
    if (!slice_equal(buf_bytes(&again), slice_of(c.rest.ptr, c.rest.len - t.rest.len)))
        abort(); /* strict: there is one way to write a time */
}

/* Walks all elements, into constructed ones too; each, written again, is the same. */
static void walk(struct cursor c, unsigned depth, struct arena *a)
{
    while (cursor_ok(&c) && c.rest.len > 0) {
        scoped(buf_wipe) struct buf again = buf_max(c.rest.len);
        const uint8_t tag = c.rest.ptr[0];
        struct cursor inside = c;
        struct slice whole, contents;

        read_value(c, a);
        whole = der_element(&c);
        if (!cursor_ok(&c))
            return;
        contents = der_take(&inside, tag);
        der_put(&again, tag, contents);
        if (!slice_equal(buf_bytes(&again), whole))
            abort();
        if ((tag & 0x20) != 0 && depth < 32)
            walk(cursor_over(contents), depth + 1, a);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(arena_wipe) struct arena a = {0};

    walk(cursor_over(slice_of(data, size)), 0, &a);
    return 0;
}
