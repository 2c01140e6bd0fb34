/* SPDX-License-Identifier: Apache-2.0 */
#include <marble.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    printf("%s, version %s: %d argument, %s; DELIVERED=%s\n", marble_type(), marble_version(), argc, argv[0],
           getenv("DELIVERED"));
    return 0;
}
