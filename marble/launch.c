/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/launch.h"

#include <elf.h>
#include <link.h>

size_t launch_num(char *const *strings)
{
    size_t n = 0;

    while (strings[n] != NULL)
        n++;
    return n;
}

static size_t bytes_of(char *const *strings)
{
    size_t n = 0;

    for (; *strings != NULL; strings++)
        n += strlen(*strings) + 1;
    return n;
}

/* How the kernel starts a program: System V ABI, AMD64 supplement, 3.4.1; that of other processors is the
 * same. Returns how many entries the vector has, with its last, AT_NULL. */
static size_t auxv_of(const struct launch *kernel, const ElfW(auxv_t) * *auxv)
{
    char *const *env = kernel->argv + kernel->argc + 1;
    size_t n = 1;

    *auxv = (const void *)(env + launch_num(env) + 1);
    while ((*auxv)[n - 1].a_type != AT_NULL)
        n++;
    return n;
}

static char **move(char **strings, char **to, char **bytes)
{
    for (; *strings != NULL; strings++) {
        *to++ = *bytes;
        *bytes = stpcpy(*bytes, *strings) + 1;
    }
    return to + 1; /* the NULL stands there already */
}

void launch_lay_out(struct launch *made, const struct launch *kernel, struct arena *a)
{
    const ElfW(auxv_t) * auxv;
    const size_t num_auxv = auxv_of(kernel, &auxv);
    const size_t num = launch_num(made->argv) + 1 + launch_num(made->env) + 1,
                 vector = num_auxv * sizeof *auxv;
    char **const block =
        arena_alloc(a, num * sizeof *block + vector + bytes_of(made->argv) + bytes_of(made->env));
    char *bytes = (char *)(block + num) + vector;
    char **const env = move(made->argv, block, &bytes);

    memcpy(move(made->env, env, &bytes), auxv, vector);
    made->argv = block;
    made->env = env;
}
