/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

/* A secret stands at the end of pages of its own, between two pages that nobody may touch:
 *
 *     guard | ... secret | guard
 */
struct pages {
    uint8_t *first; /* the guard in front */
    size_t page, room;
};

static struct pages pages_of(size_t len)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (len > SIZE_MAX / 2)
        abort();
    return (struct pages){NULL, page, len == 0 ? page : (len + page - 1) / page * page};
}

void secret_init(void)
{
    uint8_t one;

    random_bytes(&one, sizeof one);
}

void secret_new(struct secret *out, size_t len)
{
    struct pages p = pages_of(len);

    p.first = mmap(NULL, p.room + 2 * p.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p.first == MAP_FAILED || mprotect(p.first + p.page, p.room, PROT_READ | PROT_WRITE) != 0)
        abort();
    /* Where the system's limit forbids to lock it, a secret is in memory like all else. */
    (void)mlock(p.first + p.page, p.room);
    (void)madvise(p.first + p.page, p.room, MADV_DONTDUMP);
    *out = (struct secret){p.first + p.page + p.room - len, len};
}

void secret_random(struct secret *out, size_t len)
{
    secret_new(out, len);
    random_bytes(out->ptr, len);
}

void secret_copy(struct secret *out, struct slice from)
{
    secret_new(out, from.len);
    if (from.len > 0)
        memcpy(out->ptr, from.ptr, from.len);
}

void secret_wipe(struct secret *s)
{
    struct pages p = pages_of(s->len);

    if (s->ptr == NULL)
        return;
    wipe(s->ptr, s->len);
    p.first = s->ptr + s->len - p.room - p.page;
    if (munmap(p.first, p.room + 2 * p.page) != 0)
        abort();
    *s = (struct secret){0};
}

bool secret_equal(struct slice a, struct slice b)
{
    const volatile uint8_t *p = a.ptr, *q = b.ptr;
    uint8_t different = 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        different |= p[i] ^ q[i];
    return different == 0;
}

void random_bytes(void *out, size_t len)
{
    uint8_t *to = out;

    while (len > 0) {
        const ssize_t n = getrandom(to, len, 0);

        if (n < 0 && errno != EINTR)
            abort();
        to += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

void wipe(void *ptr, size_t len)
{
    if (len > 0)
        explicit_bzero(ptr, len);
}
