/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <sodium.h>
#include <stdlib.h>

void secret_init(void)
{
    if (sodium_init() < 0)
        abort();
}

void secret_new(struct secret *out, size_t len)
{
    *out = (struct secret){sodium_malloc(len), len};
    if (out->ptr == NULL)
        abort();
    sodium_memzero(out->ptr, len);
}

void secret_random(struct secret *out, size_t len)
{
    secret_new(out, len);
    randombytes_buf(out->ptr, len);
}

void secret_copy(struct secret *out, struct slice from)
{
    secret_new(out, from.len);
    if (from.len > 0)
        memcpy(out->ptr, from.ptr, from.len);
}

void secret_wipe(struct secret *s)
{
    sodium_free(s->ptr);
    *s = (struct secret){0};
}

bool secret_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.ptr, b.ptr, b.len) == 0);
}

void random_bytes(void *out, size_t len) { randombytes_buf(out, len); }

void wipe(void *ptr, size_t len) { sodium_memzero(ptr, len); }
