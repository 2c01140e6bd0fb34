/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/tls.h: connections that get TLS without the service's doing: tags that marbles refer to. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "manifest/secret.h"

/* Strings that are not given are "". */
struct tls_end {
    const char *port, *addr, *cert;
    bool disable_client_auth;
};

struct tls_tag {
    const char *name;
    struct tls_end *outgoing, *incoming;
    size_t num_outgoing, num_incoming;
};

/* What a marble gets in MARBLE_TTLS_CONFIG for its tags: compact JSON with sorted names, certificates and
 * keys as PEM. Of two tags with the same endpoint the later one counts. `own` is the marble's certificate;
 * an end that names a certificate gets it from `secrets`. E_TEMPLATE_VALUE if that has no value. */
struct tls_config {
    struct slice root_ca; /* DER: the marble root certificate */
    struct secret_value own;
    const struct secret_set *secrets;
};
bool tls_config_json(const struct tls_tag *const *tags, size_t num, const struct tls_config *config,
                     struct arena *a, char **out, struct err *err);
