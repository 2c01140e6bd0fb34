/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of an unknown store: refused with the right reason, or the same again once written and read. */
#include "base/json.h"
#include "manifest/encode.h"

static void look(bool good, const struct err *err)
{
    if (!good && err->code != E_STATE_CORRUPT)
        __builtin_trap();
}

static void same(struct slice x, struct slice y)
{
    if (!slice_equal(x, y))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct slice text = slice_of(data, len);
    struct arena a = {0};
    struct err err = {0};
    struct marble m, m2;
    struct tls_tag t, t2;
    struct user_record u, u2;
    struct package p;
    struct infrastructure i;

    look(package_decode("p", text, &a, &p, &err), &err);
    look(infrastructure_decode("i", text, &a, &i, &err), &err);
    if (marble_decode("m", text, &a, &m, &err)) {
        if (!marble_decode("m", marble_encode(&m, &a), &a, &m2, &err))
            __builtin_trap();
        same(marble_encode(&m, &a), marble_encode(&m2, &a));
    } else {
        look(false, &err);
    }
    if (tls_tag_decode("t", text, &a, &t, &err)) {
        if (!tls_tag_decode("t", tls_tag_encode(&t, &a), &a, &t2, &err))
            __builtin_trap();
        same(tls_tag_encode(&t, &a), tls_tag_encode(&t2, &a));
    }
    if (user_decode(text, &a, &u, &err)) {
        if (!user_decode(user_encode(&u, &a), &a, &u2, &err))
            __builtin_trap();
        same(user_encode(&u, &a), user_encode(&u2, &a));
    }
    arena_wipe(&a);
    return 0;
}
