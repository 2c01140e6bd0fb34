/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/names.h: whom a marble's certificate names, where the manifest says so.
 *
 * A marble's DNSNames, IPAddresses and SPIFFE, and SPIFFETrustDomain of Config: members that MarbleRun does
 * not know and ignores. A marble with one of the three has exactly these names; without, its request for a
 * certificate decides, as in MarbleRun.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/uuid.h"
#include "pki/cert.h"

struct marble_names {
    bool given;        /* DNSNames or IPAddresses is there, also as an empty list, or SPIFFE is true */
    char **dns, **ips; /* as in the manifest */
    size_t num_dns, num_ips;
    bool spiffe; /* names it spiffe://<SPIFFETrustDomain>/marble/<type>/<uuid> */
};

struct manifest;
struct marble;

/* The names of the marble that has this UUID, in the arena; NULL: those of its request. What manifest_check()
 * would have refused is left out. */
const struct san *marble_san(const struct manifest *m, const struct marble *marble, struct uuid uuid,
                             struct arena *a);
