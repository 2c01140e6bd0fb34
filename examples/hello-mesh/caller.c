/* SPDX-License-Identifier: Apache-2.0 */
/* caller: a service of the mesh that calls greeter over mutual TLS and prints what it learnt of it.
 *
 * The manifest's arguments say where greeter listens (a file that holds its port). Besides being
 * certified by this mesh, the peer has to be of the type "greeter".
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mesh_tls.h"

static int connect_to(const char *port_file)
{
    FILE *f = fopen(port_file, "r");
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int port = 0, fd;

    if (f == NULL)
        return -1;
    if (fscanf(f, "%5d", &port) != 1)
        port = 0;
    (void)fclose(f);
    at.sin_port = htons((uint16_t)port);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static int call(SSL *ssl)
{
    char request[200], answer[1024], proof[MESH_PROOF_LEN + 1];
    const char *body;
    struct peer peer;
    int len;

    if (SSL_set1_host(ssl, "localhost") != 1 || SSL_connect(ssl) != 1 || !mesh_peer(ssl, &peer)) {
        (void)fprintf(stderr, "caller: no trusted connection to greeter: %s\n", mesh_tls_reason(ssl));
        return EXIT_FAILURE;
    }
    if (strcmp(peer.marble.type, "greeter") != 0) {
        (void)fprintf(stderr, "caller: the peer is a %s, not a greeter\n", peer.marble.type);
        return EXIT_FAILURE;
    }
    (void)printf("caller: the peer is a %s, id %s, certified by \"%s\", over %s\n", peer.marble.type,
                 peer.marble.uuid, peer.issuer, SSL_get_version(ssl));
    if (!mesh_proof(marble_uuid(), proof)) {
        (void)fprintf(stderr, "caller: the shared secret is not there\n");
        return EXIT_FAILURE;
    }
    (void)snprintf(request, sizeof request, "GET / HTTP/1.0\r\nProof: %s\r\n\r\n", proof);
    if (SSL_write(ssl, request, (int)strlen(request)) <= 0 ||
        (len = SSL_read(ssl, answer, sizeof answer - 1)) <= 0) {
        (void)fprintf(stderr, "caller: no answer: %s\n", mesh_tls_reason(ssl));
        return EXIT_FAILURE;
    }
    answer[len] = '\0';
    body = strstr(answer, "\r\n\r\n");
    (void)printf("caller: it says: %s", body != NULL ? body + 4 : answer);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    SSL_CTX *ctx = mesh_context(false);
    SSL *ssl = ctx != NULL ? SSL_new(ctx) : NULL;
    int fd, status;

    if (ssl == NULL || argc != 2) {
        (void)fprintf(stderr, "caller: wants a mesh identity and the argument PORT-FILE\n");
        return EXIT_FAILURE;
    }
    fd = connect_to(argv[1]);
    if (fd < 0 || SSL_set_fd(ssl, fd) != 1) {
        (void)fprintf(stderr, "caller: nobody listens on the port named in %s\n", argv[1]);
        return EXIT_FAILURE;
    }
    status = call(ssl);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    (void)close(fd);
    return status;
}
