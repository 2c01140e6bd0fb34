/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/text.h"

enum library_os library_os_of(const char *sysname, const char *release, const char *version)
{
    if (strcmp(sysname, "Occlum") == 0)
        return OCCLUM;
    if (strcmp(sysname, "Linux") == 0 && strcmp(release, "3.10.0") == 0 && strcmp(version, "1") == 0)
        return GRAMINE;
    return NO_LIBRARY_OS;
}

enum library_os library_os_here(void)
{
    struct utsname name;

    if (uname(&name) != 0)
        return NO_LIBRARY_OS;
    return library_os_of(name.sysname, name.release, name.version);
}

static bool is_executable(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

bool program_check(const struct program *p, struct err *err)
{
    struct stat st;

    if (stat(p->path, &st) != 0)
        return err_errno(err, E_MARBLE_PROGRAM, "the program %s", p->path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, E_MARBLE_PROGRAM, "the program %s: expected a file, found something else",
                       p->path);
    if (access(p->path, X_OK) != 0)
        return err_errno(err, E_MARBLE_PROGRAM, "the program %s may not be executed", p->path);
    return true;
}

/* A name without a slash is looked for in PATH, as a shell does. */
static bool find(const char *name, struct arena *a, const char **path, struct err *err)
{
    const char *folders = getenv("PATH");
    struct slice *pieces;
    size_t num;

    *path = name;
    if (strchr(name, '/') != NULL)
        return true;
    num = text_split(a, slice_str(folders != NULL ? folders : "/usr/local/bin:/usr/bin:/bin"), ':', &pieces);
    for (size_t i = 0; i < num; i++) {
        const char *folder = pieces[i].len > 0 ? arena_strndup(a, pieces[i]) : ".";

        *path = arena_printf(a, "%s/%s", folder, name);
        if (is_executable(*path))
            return true;
    }
    return err_set(err, E_MARBLE_PROGRAM, "the program %s is in no folder of PATH",
                   text_shown(a, slice_str(name)));
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool is_launcher(const char *name)
{
    return strcmp(base_name(name), "marble-run") == 0 || strcmp(base_name(name), "marble-run-sim") == 0;
}

bool program_of(enum library_os os, char **argv, struct arena *a, struct program *out, struct err *err)
{
    char **named = argv[0] != NULL ? argv + 1 : argv;

    *out = (struct program){.os = os};
    if (os == OCCLUM)
        return true;
    if (os == GRAMINE && argv[0] != NULL && !is_launcher(argv[0])) {
        out->path = argv[0];
        return true;
    }
    if (*named != NULL && strcmp(*named, "--") == 0)
        named++;
    else if (*named != NULL && (*named)[0] == '-')
        return err_set(err, E_MARBLE_PROGRAM, "expected a program to start, found the option \"%s\"",
                       text_shown(a, slice_str(*named)));
    if (*named == NULL || (*named)[0] == '\0')
        return err_set(err, E_MARBLE_PROGRAM,
                       "expected a program to start: marble-run [--] PROGRAM [ARGUMENT...]");
    out->argv = named;
    return find(*named, a, &out->path, err);
}

bool program_choose(struct program *p, struct launch *launch, struct arena *a, struct err *err)
{
    if (p->os == OCCLUM) {
        p->path = arena_strdup(a, launch->argv[0]);
        launch->argv[0] = arena_strdup(a, base_name(launch->argv[0]));
        return program_check(p, err);
    }
    if (!launch->says_argv && p->argv != NULL)
        launch->argv = p->argv;
    return true;
}
