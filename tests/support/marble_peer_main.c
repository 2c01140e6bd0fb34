/* SPDX-License-Identifier: Apache-2.0 */
/* A marble that talks to another one over TLS: "server PORT-FILE TYPE" serves until one client of this type
 * was served, "client PORT-FILE TYPE" calls it. Says who the peer is. Status 0: both have heard each other.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/marble_peer.h"

static int serve(const char *file, const char *type)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    const int door = socket(AF_INET, SOCK_STREAM, 0);
    FILE *f;
    int status = 1;

    if (door < 0 || bind(door, (struct sockaddr *)&at, len) != 0 || listen(door, 5) != 0 ||
        getsockname(door, (struct sockaddr *)&at, &len) != 0 || (f = fopen(file, "w")) == NULL)
        return 2;
    (void)fprintf(f, "%d\n", ntohs(at.sin_port));
    (void)fclose(f);
    for (int i = 0; status != 0 && i < 10; i++) {
        const int s = accept(door, NULL, NULL);

        if (s < 0)
            return 2;
        status = peer_talk(s, 1, type);
        (void)close(s);
    }
    return status;
}

static int call(const char *file, const char *type)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    FILE *f = fopen(file, "r");
    unsigned port = 0;

    if (f == NULL || fscanf(f, "%5u", &port) != 1)
        return 2;
    (void)fclose(f);
    at.sin_port = htons((unsigned short)port);
    if (s < 0 || connect(s, (struct sockaddr *)&at, sizeof at) != 0)
        return 2;
    return peer_talk(s, 0, type);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    return strcmp(argv[1], "server") == 0 ? serve(argv[2], argv[3]) : call(argv[2], argv[3]);
}
