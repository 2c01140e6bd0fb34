/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/memory_search.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 1 << 16, MOST = 4096 };

static unsigned char piece[MOST + PIECE]; /* the end of the last piece, and this one */

static int is_here(const unsigned char *p, const unsigned char *reversed, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] != reversed[len - 1 - i])
            return 0;
    return 1;
}

static int number_between(int mem, unsigned long from, unsigned long to, const unsigned char *reversed,
                          size_t len)
{
    size_t kept = 0, have;
    int n = 0;

    while (from < to) {
        const size_t want = to - from < PIECE ? to - from : PIECE;
        const ssize_t got = pread(mem, piece + kept, want, (off_t)from);

        if (got <= 0)
            break;
        for (size_t i = 0; i + len <= kept + (size_t)got; i++)
            n += is_here(piece + i, reversed, len);
        from += (size_t)got;
        have = kept + (size_t)got;
        kept = have < len - 1 ? have : len - 1;
        memmove(piece, piece + have - kept, kept);
    }
    return n;
}

int memory_search(const void *reversed, size_t len)
{
    const unsigned long own = (unsigned long)piece, own_end = own + sizeof piece;
    FILE *maps = fopen("/proc/self/maps", "r");
    const int mem = open("/proc/self/mem", O_RDONLY);
    unsigned long start, end;
    char line[512], mode[5];
    int n = 0;

    while (maps != NULL && mem >= 0 && fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx %4s", &start, &end, mode) != 3 || mode[0] != 'r' || end - start > 1UL << 30)
            continue;
        if (start <= own && own < end) {
            n += number_between(mem, start, own, reversed, len);
            start = own_end;
        }
        n += number_between(mem, start, end, reversed, len);
    }
    memset(piece, 0, sizeof piece);
    if (maps != NULL)
        (void)fclose(maps);
    if (mem >= 0)
        (void)close(mem);
    return maps != NULL && mem >= 0 ? n : -1;
}
