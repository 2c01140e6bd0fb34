/* SPDX-License-Identifier: Apache-2.0 */
/* What the distribution's archives find in libmarble-preload.so under the names of variables of the C
 * library, which they reach in a way that a shared object cannot link (see CMakeLists.txt). The streams and
 * the environment are those of functions that nobody here calls; the addresses are constants.
 */
#include <netinet/in.h>
#include <stdio.h>

extern char **preload_environ;
extern FILE *preload_stdin, *preload_stdout, *preload_stderr;
extern const struct in6_addr preload_in6addr_any, preload_in6addr_loopback;

char **preload_environ;
FILE *preload_stdin, *preload_stdout, *preload_stderr;
const struct in6_addr preload_in6addr_any = IN6ADDR_ANY_INIT,
                      preload_in6addr_loopback = IN6ADDR_LOOPBACK_INIT;
