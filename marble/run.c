/* SPDX-License-Identifier: Apache-2.0 */
/* marble-run [--renew] [--] PROGRAM [ARGUMENT...]: becomes a service of the mesh, then becomes PROGRAM. For
 * what cannot be linked or preloaded: static programs, Go, and library OSes, whose entry point it is.
 * docs/marble.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attestation/collect.h"
#include "marble/premain.h"
#include "marble/program.h"
#include "marble/supervise.h"

static const char usage[] =
    "usage: marble-run [--renew] [--] PROGRAM [ARGUMENT...]\n"
    "\n"
    "Proves to the coordinator what runs here, installs what the manifest has for this service, and\n"
    "starts PROGRAM with it. argv is the manifest's; PROGRAM and its ARGUMENTs if that has none.\n"
    "In Gramine the program is argv[0] (loader.argv), in Occlum the first entry of the manifest's Argv.\n"
    "\n"
    "  --renew            stay, to renew certificates and files while PROGRAM runs as a child (not in a "
    "library OS)\n"
    "  --help, --version\n"
    "\n"
    "Variables: EDG_MARBLE_TYPE, EDG_MARBLE_COORDINATOR_ADDR, EDG_MARBLE_DNS_NAMES, EDG_MARBLE_UUID_FILE,\n"
    "MESH_COORDINATOR_POLICY, MESH_ACTIVATION, MESH_PASS_ENV, MESH_ACTIVATE_TIMEOUT, MESH_RENEW_SIGNAL,\n"
    "MESH_ON_REVOKE; see marble.h.\n";

static void run(struct program *program, struct launch *launch, bool stays)
{
    struct arena a = {0}; /* not wiped: exec does away with all memory */
    struct err err;

    if (program->path != NULL && !program_check(program, &err))
        premain_refuse(&err);
    if (program->path != NULL && trust_domain()->becomes != NULL)
        trust_domain()->becomes(program->path);
    premain_or_exit(launch);
    if (!program_choose(program, launch, &a, &err))
        premain_refuse(&err);
    if (stays)
        supervise(program->path, launch);
    become(program->path, launch);
}

int main(int argc, char **argv)
{
    struct launch launch = {.argc = argc, .argv = argv, .env = environ, .execs = true};
    struct arena a = {0};
    struct program program;
    struct err err;
    bool stays = false;

    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return fputs(usage, stdout) == EOF;
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return printf("%s\n", MARBLEMESH_VERSION) < 0;
    if (argc > 1 && strcmp(argv[1], "--renew") == 0 && library_os_here() == NO_LIBRARY_OS) {
        stays = true;
        argv++;
    }
    if (!program_of(library_os_here(), argv, &a, &program, &err))
        premain_refuse(&err);
    run(&program, &launch, stays);
}
