/* SPDX-License-Identifier: Apache-2.0 */
/* On the distribution's mbedTLS, beside the other one that libmarble has inside. */
#include <marble_mbedtls.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/marble_peer.h"

static int talk(mbedtls_ssl_context *ssl, const char *type)
{
    unsigned char heard[5] = "";
    struct marble_peer peer;
    int rc, n;

    while ((rc = mbedtls_ssl_handshake(ssl)) == MBEDTLS_ERR_SSL_WANT_READ || rc == MBEDTLS_ERR_SSL_WANT_WRITE)
        continue;
    if (rc != 0) {
        (void)fprintf(stderr, "refused: mbedTLS -0x%x, flags %x\n", (unsigned)-rc,
                      (unsigned)mbedtls_ssl_get_verify_result(ssl));
        return 1;
    }
    n = mbedtls_ssl_write(ssl, (const unsigned char *)"hello", 5) == 5 ? mbedtls_ssl_read(ssl, heard, 5) : -1;
    if (n != 5 || memcmp(heard, "hello", 5) != 0 || marble_mbedtls_peer(ssl, &peer) != 0 ||
        strcmp(peer.type, type) != 0) {
        (void)fprintf(stderr, "refused: read %d, %s\n", n, marble_why());
        return 1;
    }
    (void)printf("peer %s %s\n", peer.type, peer.uuid);
    (void)mbedtls_ssl_close_notify(ssl);
    return 0;
}

int peer_talk(int socket, int server, const char *type)
{
    mbedtls_net_context net = {.fd = socket};
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context drbg;
    struct marble_mbedtls mesh;
    mbedtls_ssl_context ssl;
    int status = 1;

    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    mbedtls_ssl_init(&ssl);
    if (mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0) != 0 ||
        marble_mbedtls_init(&mesh, server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                            mbedtls_ctr_drbg_random, &drbg) != 0)
        return 2;
    if (!marble_mbedtls_is_current(&mesh) || mbedtls_ssl_setup(&ssl, &mesh.conf) != 0 ||
        (!server && mbedtls_ssl_set_hostname(&ssl, NULL) != 0))
        return 2;
    mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
    status = talk(&ssl, type);
    mbedtls_ssl_free(&ssl);
    marble_mbedtls_free(&mesh);
    mbedtls_ctr_drbg_free(&drbg);
    mbedtls_entropy_free(&entropy);
    return status;
}
