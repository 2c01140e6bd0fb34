/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/nitro.h: simulated AWS Nitro: documents and their certificates, byte-exact under the test
 * root.
 *
 * Source: as attestation/nitro_document.h says. The chain is that of the hypervisor: root, region, zone,
 * instance, and the enclave's own certificate, which lives for three hours.
 */
#pragma once
#include "attestation/sim/pki.h"

enum { SIM_NITRO_CHAIN = 5 };

struct sim_nitro {
    uint8_t pcrs[16][48];
    struct slice user_data, nonce, public_key; /* NULL pointer: null */
    bool open_maps;                            /* of indefinite length */
    bool tagged;
};

/* As an enclave would have it at `now`. PCR 3 to 15 are as they are given; a document of debug mode has zeros
 * in 0 to 2. */
bool sim_nitro_document(const struct sim_nitro *n, int64_t now, struct arena *a, struct slice *document,
                        struct err *err);

/* In pieces, to be varied: parties from the root to the enclave's own; the payload; its signature by the last
 * party. */
struct sim_nitro_pki {
    struct sim_party parties[SIM_NITRO_CHAIN];
};
void sim_nitro_pki_wipe(struct sim_nitro_pki *p);
bool sim_nitro_pki_make(int64_t now, struct arena *a, struct sim_nitro_pki *out, struct err *err);

/* What a certificate of the chain is made from: `which` 1 to 4. */
struct cert_spec sim_nitro_spec(size_t which, int64_t now);
bool sim_nitro_issue(size_t which, const struct cert_spec *spec, const struct sim_party *issuer,
                     struct arena *a, struct sim_party *out, struct err *err);

struct slice sim_nitro_payload(const struct sim_nitro *n, const struct sim_nitro_pki *p,
                               uint64_t timestamp_ms, struct arena *a);
bool sim_nitro_sign(const struct sim_nitro_pki *p, struct slice payload, bool tagged, struct arena *a,
                    struct slice *document, struct err *err);
