/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

static char folder[sizeof "/tmp/marblemesh-test-XXXXXX"];

void peer_begin(void)
{
    memcpy(folder, "/tmp/marblemesh-test-XXXXXX", sizeof folder);
    if (mkdtemp(folder) == NULL)
        abort();
}

void peer_end(void)
{
    scoped(arena_wipe) struct arena a = {0};
    char *said;

    if (!peer_run(&a, &said, "rm -r -- '%s'", folder))
        abort();
}

char *peer_path(struct arena *a, const char *name) { return arena_printf(a, "%s/%s", folder, name); }

void peer_write(const char *name, struct slice contents)
{
    scoped(arena_wipe) struct arena a = {0};
    struct err err;

    if (!file_replace(peer_path(&a, name), contents, 0600, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        abort();
    }
}

struct slice peer_read(struct arena *a, const char *name)
{
    struct slice contents;
    struct err err;

    if (!file_read(peer_path(a, name), 16 << 20, a, &contents, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return contents;
}

bool peer_run(struct arena *a, char **said, const char *fmt, ...)
{
    scoped(buf_wipe) struct buf out = buf_max(16 << 20);
    scoped(buf_wipe) struct buf command = buf_max(1 << 16);
    uint8_t piece[4096];
    FILE *pipe;
    size_t n;
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf((char *)piece, sizeof piece, fmt, ap);
    va_end(ap);
    buf_printf(&command, "cd '%s' && { %s; } 2>&1", folder, (char *)piece);
    buf_u8(&command, 0);
    pipe = popen((char *)command.ptr, "r");
    if (pipe == NULL)
        abort();
    while ((n = fread(piece, 1, sizeof piece, pipe)) > 0)
        buf_put(&out, slice_of(piece, n));
    *said = arena_strndup(a, buf_bytes(&out));
    return pclose(pipe) == 0;
}

const char *vectors_folder(struct arena *a)
{
    const char *named = getenv("MARBLEMESH_VECTORS");
    const char *path = named != NULL ? named : arena_strdup(a, TESTS_FOLDER "/../../shared/vectors");
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? path : NULL;
}
