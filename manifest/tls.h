/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/tls.h: connections that get TLS without the service's doing: tags that marbles refer to. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

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
