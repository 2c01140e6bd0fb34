/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/keys.h: throw-away identities, made by OpenSSL's command line in peer.h's folder. */
#pragma once
#include "net/tls.h"

/* Makes NAME.pem (certificate and its chain), NAME.key.pem, NAME.der and NAME.key.der. `kind` is "ec", "p384"
 * or "rsa"; `extra` are more arguments for "openssl req -x509". A fault aborts. */
void keys_make(const char *name, const char *kind, const char *extra);

/* The identity under that name; the caller releases it. */
struct tls_identity *keys_identity(const char *name);
