/* SPDX-License-Identifier: Apache-2.0 */
/* A service that tells what it found: in a constructor, which runs before main(), and in main() itself.
 *
 * PROBE_ENV, PROBE_FILES: names of variables, and paths, with commas, to tell about. PROBE_REVERSED: bytes,
 * last one first, to look for in all memory of the process. PROBE_SECRETS: names of secrets to tell about.
 * PROBE_CLOSED: descriptors, a digit each; should one be open, the exit status is 3. One line per fact,
 * "where what: value"; bytes that are not printable as \xNN.
 */
#include <dirent.h>
#include <fcntl.h>
#include <marble.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/memory_search.h"

extern char **environ;

static void tell_bytes(const char *where, const char *what, const char *name, const char *bytes, size_t len)
{
    printf("%s %s%s%s: ", where, what, name[0] != '\0' ? " " : "", name);
    for (size_t i = 0; i < len; i++)
        printf(bytes[i] >= 0x20 && bytes[i] < 0x7f ? "%c" : "\\x%02x", (unsigned char)bytes[i]);
    printf("\n");
}

static void tell(const char *where, const char *what, const char *name, const char *value)
{
    if (value == NULL)
        printf("%s no %s %s\n", where, what, name);
    else
        tell_bytes(where, what, name, value, strlen(value));
}

static void tell_file(const char *where, const char *path)
{
    char contents[4096];
    struct stat st;
    FILE *f = fopen(path, "r");

    if (f == NULL || fstat(fileno(f), &st) != 0) {
        printf("%s no file %s\n", where, path);
        return;
    }
    printf("%s mode %s: %o\n", where, path, st.st_mode & 07777);
    tell_bytes(where, "file", path, contents, fread(contents, 1, sizeof contents, f));
    (void)fclose(f);
}

static void tell_all(const char *where, const char *list, void (*one)(const char *where, const char *name))
{
    char *copy = strdup(list != NULL ? list : ""), *rest = copy;

    for (char *name; (name = strsep(&rest, ",")) != NULL;)
        if (name[0] != '\0')
            one(where, name);
    free(copy);
}

static void tell_variable(const char *where, const char *name) { tell(where, "env", name, getenv(name)); }

static void tell_secret(const char *where, const char *name)
{
    char value[256];
    const long len = marble_secret(name, value, sizeof value);

    if (len < 0)
        printf("%s no secret %s: %s\n", where, name, marble_why());
    else
        tell_bytes(where, "secret", name, value, (size_t)len);
}

static int number_in(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;

    while (d != NULL && readdir(d) != NULL)
        n++;
    if (d != NULL)
        (void)closedir(d);
    return n - 2; /* "." and ".." */
}

static void tell_what_is_there(const char *where, int argc, char **argv, char **env)
{
    char number[16];

    printf("%s argc: %d\n", where, argc);
    for (int i = 0; i < argc; i++) {
        (void)snprintf(number, sizeof number, "%d", i);
        tell(where, "argv", number, argv[i]);
    }
    printf("%s argv ends: %s\n", where, argv[argc] == NULL ? "yes" : "no");
    printf("%s env argument is environ: %s\n", where, env == environ ? "yes" : "no");
    tell_all(where, getenv("PROBE_ENV"), tell_variable);
    tell_all(where, getenv("PROBE_FILES"), tell_file);
    tell(where, "type", "", marble_type());
    tell(where, "uuid", "", marble_uuid());
    tell_all(where, getenv("PROBE_SECRETS"), tell_secret);
}

/* What a child finds, and a program that the child becomes: neither is activated again. */
static void tell_of_children(void)
{
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child == 0) {
        tell_all("child", getenv("PROBE_SECRETS"), tell_secret);
        tell("child", "uuid", "", marble_uuid());
        (void)fflush(stdout);
        (void)execl("/bin/sh", "sh", "-c", "echo \"exec env DELIVERED: $DELIVERED\"", (char *)NULL);
        _exit(9);
    }
    (void)waitpid(child, NULL, 0);
}

/* The C library hands main()'s arguments to constructors. */
__attribute__((constructor)) static void early(int argc, char **argv, char **env)
{
    tell_what_is_there("constructor", argc, argv, env);
}

static int handled_by_default(int number)
{
    struct sigaction now;

    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL;
}

static int all_closed(const char *digits)
{
    for (; digits != NULL && *digits != '\0'; digits++)
        if (fcntl(*digits - '0', F_GETFD) >= 0)
            return 0;
    return 1;
}

int main(int argc, char **argv, char **env)
{
    const char *reversed = getenv("PROBE_REVERSED");
    const int remains =
        reversed != NULL ? memory_search(reversed, strlen(reversed)) : 0; /* before anything is read */

    if (!all_closed(getenv("PROBE_CLOSED")))
        return 3;
    tell_what_is_there("main", argc, argv, env);
    tell_of_children();
    printf("main threads: %d\n", number_in("/proc/self/task"));
    printf("main signals as they were: %s\n",
           handled_by_default(SIGPIPE) && handled_by_default(SIGXFSZ) ? "yes" : "no");
    if (reversed != NULL)
        printf("main remains: %d\n", remains);
    printf("main version: %s\n", marble_version());
    printf("main simulated: %d\n", marble_simulated());
    return 0;
}
