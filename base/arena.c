/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, cap;
    alignas(16) uint8_t data[];
};
struct arena_end {
    struct arena_end *next;
    void (*end)(void *thing);
    void *thing;
};
enum { CHUNK = 8192 - sizeof(struct arena_chunk) };

void *arena_alloc(struct arena *a, size_t n)
{
    struct arena_chunk *c = a->chunks;

    if (n > SIZE_MAX / 2)
        abort();
    n = (n + 15) & ~(size_t)15;
    if (c == NULL || c->cap - c->used < n) {
        const size_t cap = n > CHUNK ? n : CHUNK;

        c = calloc(1, sizeof *c + cap);
        if (c == NULL)
            abort();
        *c = (struct arena_chunk){.next = a->chunks, .cap = cap};
        a->chunks = c;
    }
    c->used += n;
    return c->data + c->used - n;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(n, size, &total))
        abort();
    return arena_alloc(a, total);
}

struct slice arena_copy(struct arena *a, struct slice s)
{
    uint8_t *copy = arena_alloc(a, s.len);

    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    return slice_of(copy, s.len);
}

char *arena_strndup(struct arena *a, struct slice s)
{
    char *copy = arena_alloc(a, s.len + 1);

    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s) { return arena_strndup(a, slice_str(s)); }

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    char *text;
    int len;

    va_start(ap, fmt);
    va_copy(again, ap);
    len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (len < 0)
        abort();
    text = arena_alloc(a, (size_t)len + 1);
    (void)vsnprintf(text, (size_t)len + 1, fmt, again);
    va_end(again);
    return text;
}

void arena_at_end(struct arena *a, void (*end)(void *thing), void *thing)
{
    struct arena_end *e = arena_alloc(a, sizeof *e);

    *e = (struct arena_end){a->ends, end, thing};
    a->ends = e;
}

size_t arena_size(const struct arena *a)
{
    size_t all = 0;

    for (const struct arena_chunk *c = a->chunks; c != NULL; c = c->next)
        all += sizeof *c + c->cap;
    return all;
}

void arena_wipe(struct arena *a)
{
    for (const struct arena_end *e = a->ends; e != NULL; e = e->next)
        e->end(e->thing);
    a->ends = NULL;
    for (struct arena_chunk *c = a->chunks, *next; c != NULL; c = next) {
        next = c->next;
        wipe(c, sizeof *c + c->cap);
        free(c);
    }
    a->chunks = NULL;
}
