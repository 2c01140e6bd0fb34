/* SPDX-License-Identifier: Apache-2.0 */
#include <marble_openssl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/marble_peer.h"

static int talk(SSL *ssl, int server, const char *type)
{
    struct marble_peer peer;
    char heard[5] = "";

    if ((server ? SSL_accept(ssl) : SSL_connect(ssl)) != 1 || SSL_write(ssl, "hello", 5) != 5 ||
        SSL_read(ssl, heard, 5) != 5 || memcmp(heard, "hello", 5) != 0) {
        (void)fprintf(stderr, "refused: ");
        ERR_print_errors_fp(stderr);
        return 1;
    }
    if (marble_openssl_peer(ssl, &peer) != 0 || strcmp(peer.type, type) != 0) {
        (void)fprintf(stderr, "refused: %s\n", marble_why());
        return 1;
    }
    (void)printf("peer %s %s\n", peer.type, peer.uuid);
    (void)SSL_shutdown(ssl);
    return 0;
}

int peer_talk(int socket, int server, const char *type)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    SSL *ssl;
    int status = 1;

    if (ctx == NULL || marble_openssl_use(ctx) != 0) {
        (void)fprintf(stderr, "refused: %s\n", marble_why());
        return 1;
    }
    ssl = SSL_new(ctx);
    if (ssl != NULL && SSL_set_fd(ssl, socket) == 1)
        status = talk(ssl, server, type);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return status;
}
