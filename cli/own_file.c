/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/own_file.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

const char *own_file(struct arena *a, const char *const *where)
{
    char self[PATH_MAX];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    const char *path;
    char *slash;

    if (len <= 0)
        return NULL;
    self[len] = '\0';
    slash = strrchr(self, '/');
    if (slash == NULL)
        return NULL;
    *slash = '\0';
    for (; *where != NULL; where++) {
        path = arena_printf(a, "%s/%s", self, *where);
        if (file_exists(path))
            return path;
    }
    return NULL;
}
