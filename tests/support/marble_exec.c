/* SPDX-License-Identifier: Apache-2.0 */
/* A marble that becomes another program, with all that it was given in its environment: argv[1] and what
 * follows. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc > 1)
        (void)execvp(argv[1], argv + 1);
    perror("marble_exec");
    return 127;
}
