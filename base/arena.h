/* SPDX-License-Identifier: Apache-2.0 */
/* base/arena.h: memory with one lifetime.
 *
 * Zero-initialised is empty. What has the arena's lifetime is allocated from it and
 * never freed by itself; arena_wipe() zeroes all of it and gives it back. Memory comes
 * zeroed and aligned to 16. An allocation cannot fail: when the system has no memory
 * left the program stops. So foreign sizes are checked against base/limits.h first.
 * An arena belongs to one thread at a time.
 *
 * What is counted and lives elsewhere can be held by an arena: arena_at_end() says what is done when it is wiped.
 */
#pragma once
#include <stddef.h>

#include "base/bytes.h"

struct arena {
    struct arena_chunk *chunks;
    struct arena_end *ends;
};

void *arena_alloc(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull, alloc_size(2)));

/* n things of `size` bytes; aborts when the product does not fit. */
void *arena_array(struct arena *a, size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* Copies into the arena. The string copies are NUL-terminated. */
struct slice arena_copy(struct arena *a, struct slice s);
char *arena_strdup(struct arena *a, const char *s) __attribute__((malloc, returns_nonnull));
char *arena_strndup(struct arena *a, struct slice s) __attribute__((malloc, returns_nonnull));
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((malloc, returns_nonnull, format(printf, 2, 3)));

/* end(thing) is called by arena_wipe(), before the memory goes; the last one said is the first one called. */
void arena_at_end(struct arena *a, void (*end)(void *thing), void *thing);

size_t arena_size(const struct arena *a); /* bytes that it has from the system */

void arena_wipe(struct arena *a);
