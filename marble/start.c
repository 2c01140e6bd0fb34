/* SPDX-License-Identifier: Apache-2.0 */
/* How libmarble gets in before main(): the start code of every program, crt1.o, calls __libc_start_main(),
 * and the linker gives it this one: from libmarble.a because the reference of crt1.o pulls it out of the
 * archive before the C library is looked at, from libmarble.so because it stands before the C library among
 * those loaded.
 *
 * When it is called, the dynamic loader has initialised all shared libraries, the C library with its memory,
 * locks and canary among them; the constructors of the program itself are run by the real function, so they
 * see what the coordinator delivered. The sanitizers' run times have started by then, too.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <unistd.h>

#include "marble/marble.h"
#include "marble/premain.h"
#include "marble/renew.h"

typedef int program_main(int argc, char **argv, char **env);

/* As the Linux Standard Base has it (LSB Core, __libc_start_main), with the third argument of main(). */
typedef int start_main(program_main *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                       void (*rtld_fini)(void), void *stack_end);

MARBLE_API start_main __libc_start_main;

/* POSIX lets a pointer from dlsym() be that of a function; ISO C has no cast for it. */
union symbol {
    void *object;
    start_main *start;
};

static union symbol next_symbol(const char *name) { return (union symbol){dlsym(RTLD_NEXT, name)}; }

/* A process that holds libmarble twice (linked, and preloaded as well) would be two services in one. The
 * first copy in the loader's order is called first, and sees the other one behind it. */
static bool check_alone(struct err *err)
{
    if (next_symbol("marble_version").object == NULL)
        return true;
    return err_set(
        err, E_MARBLE_TWICE,
        "this process holds libmarble twice: the program is linked with it, or it is preloaded twice");
}

static program_main *main_of_program;

static int main_with_renewal(int argc, char **argv, char **env)
{
    renew_start(0);
    return main_of_program(argc, argv, env);
}

int __libc_start_main(program_main *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end)
{
    const union symbol real = next_symbol("__libc_start_main");
    struct launch launch = {.argc = argc, .argv = argv, .env = environ};
    struct err err;

    if (real.object == NULL)
        (void)err_set(&err, E_MARBLE_START, "no other __libc_start_main is loaded in this process");
    if (real.object == NULL || !check_alone(&err))
        premain_refuse(&err);
    premain_or_exit(&launch);
    main_of_program = main;
    return real.start(main_with_renewal, launch.argc, launch.argv, init, fini, rtld_fini, stack_end);
}
