/* SPDX-License-Identifier: Apache-2.0 */
/* greeter: a service of the mesh. Greets each caller by what its certificate says.
 *
 * It holds no key and no certificate file: libmarble, linked into it, proved to the coordinator what
 * this program is and got both before main() started. The address to listen on is argv[1] and the
 * greeting a file, both from the manifest.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mesh_tls.h"

/* Listens on loopback; port 0 means any, and the one that was given is written to `port_file`. */
static int listen_on(const char *port, const char *port_file)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)atoi(port)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    socklen_t len = sizeof at;
    FILE *out;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return -1;
    out = fopen(port_file, "w");
    if (out == NULL || fprintf(out, "%d\n", ntohs(at.sin_port)) < 0 || fclose(out) != 0)
        return -1;
    return fd;
}

/* Does the request carry the proof that its sender shares our secret? */
static bool shares_secret(const char *request, const char *uuid)
{
    char proof[MESH_PROOF_LEN + 1];
    const char *sent = strstr(request, "\r\nProof: ");

    return sent != NULL && mesh_proof(uuid, proof) && strlen(sent + 9) >= MESH_PROOF_LEN &&
           CRYPTO_memcmp(sent + 9, proof, MESH_PROOF_LEN) == 0;
}

static void greet(SSL *ssl, const char *greeting)
{
    char request[1024], answer[1024];
    struct peer peer;
    int len;

    if (SSL_accept(ssl) != 1 || !mesh_peer(ssl, &peer)) {
        (void)printf("greeter: refused a connection: %s\n", mesh_tls_reason(ssl));
        return;
    }
    len = SSL_read(ssl, request, sizeof request - 1);
    if (len <= 0)
        return;
    request[len] = '\0';
    (void)printf("greeter: called by a %s, id %s, certified by \"%s\"; it %s our secret\n", peer.marble.type,
                 peer.marble.uuid, peer.issuer,
                 shares_secret(request, peer.marble.uuid) ? "shares" : "does NOT share");
    (void)snprintf(answer, sizeof answer, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n%s, %s %s\n",
                   greeting, peer.marble.type, peer.marble.uuid);
    (void)SSL_write(ssl, answer, (int)strlen(answer));
    (void)SSL_shutdown(ssl);
}

static bool read_greeting(char *out, size_t cap)
{
    FILE *f = fopen("greeting.txt", "r");
    const bool ok = f != NULL && fgets(out, (int)cap, f) != NULL;

    if (f != NULL)
        (void)fclose(f);
    out[strcspn(out, "\n")] = '\0';
    return ok;
}

int main(int argc, char **argv)
{
    char greeting[200] = "";
    SSL_CTX *ctx = mesh_context(true);
    int listener;

    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)signal(SIGPIPE, SIG_IGN);
    if (ctx == NULL || argc != 3 || !read_greeting(greeting, sizeof greeting)) {
        (void)fprintf(stderr,
                      "greeter: wants a mesh identity, greeting.txt and the arguments PORT PORT-FILE\n");
        return EXIT_FAILURE;
    }
    listener = listen_on(argv[1], argv[2]);
    if (listener < 0) {
        (void)fprintf(stderr, "greeter: cannot listen on port %s: %s\n", argv[1], strerror(errno));
        return EXIT_FAILURE;
    }
    for (;;) {
        const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        SSL *ssl = fd >= 0 ? SSL_new(ctx) : NULL;

        if (ssl != NULL && SSL_set_fd(ssl, fd) == 1)
            greet(ssl, greeting);
        SSL_free(ssl);
        if (fd >= 0)
            (void)close(fd);
    }
}
