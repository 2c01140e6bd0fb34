/* SPDX-License-Identifier: Apache-2.0 */
#include <marble.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/marble_peer.h"

int peer_talk(int socket, int server, const char *type)
{
    struct marble_tls *tls;
    char heard[5] = "";
    int ok;

    if ((server ? marble_tls_server : marble_tls_client)(socket, type, &tls) != 0) {
        (void)fprintf(stderr, "refused: %s\n", marble_why());
        return 1;
    }
    ok = marble_tls_write(tls, "hello", 5) == 0 && marble_tls_read(tls, heard, 5) == 5 &&
         memcmp(heard, "hello", 5) == 0;
    if (!ok)
        (void)fprintf(stderr, "not heard: %s\n", marble_why());
    else
        (void)printf("peer %s %s\n", marble_tls_peer(tls)->type, marble_tls_peer(tls)->uuid);
    marble_tls_close(tls);
    return !ok;
}
