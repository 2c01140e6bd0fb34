/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/keys.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/scope.h"
#include "tests/support/peer.h"

static void must(struct arena *a, const char *command)
{
    char *said;

    if (!peer_run(a, &said, "%s", command)) {
        fprintf(stderr, "%s\n%s\n", command, said);
        abort();
    }
}

void keys_make(const char *name, const char *kind, const char *extra)
{
    scoped(arena_wipe) struct arena a = {0};
    const char *algorithm = strcmp(kind, "rsa") == 0    ? "rsa:2048"
                            : strcmp(kind, "p384") == 0 ? "ec -pkeyopt ec_paramgen_curve:P-384"
                                                        : "ec -pkeyopt ec_paramgen_curve:P-256";

    must(&a,
         arena_printf(
             &a, "openssl req -x509 -newkey %s -nodes -keyout %s.key.pem -out %s.pem -days 2 -subj /CN=%s %s",
             algorithm, name, name, name, extra));
    must(&a, arena_printf(&a, "openssl x509 -in %s.pem -outform DER -out %s.der", name, name));
    must(&a, arena_printf(&a, "openssl pkcs8 -topk8 -nocrypt -in %s.key.pem -outform DER -out %s.key.der",
                          name, name));
}

struct tls_identity *keys_identity(const char *name)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct slice cert = peer_read(&a, arena_printf(&a, "%s.der", name));
    struct tls_identity *id;
    struct err err;

    if (!tls_identity_new(&cert, 1, peer_read(&a, arena_printf(&a, "%s.key.der", name)), &id, &err)) {
        fprintf(stderr, "%s: %s\n", name, err.text);
        abort();
    }
    return id;
}
