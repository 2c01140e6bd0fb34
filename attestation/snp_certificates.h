/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/snp_certificates.h: the certificate table that a host hands out with an extended report (Linux:
 * auxblob of configfs-tsm, SNP_GET_EXT_REPORT).
 *
 * Source: Guest-Hypervisor Communication Block Standardization (AMD 56421), "SNP Extended Guest Request":
 * entries of 24 bytes (GUID, offset and length, little endian), the last one all zero; the certificates
 * follow. What comes from the host is as good as the chain that it makes: nothing is believed here.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/* DER or PEM as the host has them; empty: not there. */
struct snp_certificates {
    struct slice vcek, vlek, ask, ark, crl; /* `ask`: the ASVK where there is a VLEK */
};

/* An empty table is one without certificates. Entries of other GUIDs are passed over. E_EVIDENCE_FORMAT: no
 * end, entries that point outside, a GUID given twice. Slices borrow. */
bool snp_certificates_parse(struct slice table, struct snp_certificates *out, struct err *err);

/* As the evidence's parts: the VEK of the report that this goes with ("VCEK", "VLEK"), and ASK and ARK one
 * behind the other, in the arena; each empty if not there. */
void snp_certificates_parts(const struct snp_certificates *c, const char *signing_key, struct arena *a,
                            struct slice *vek, struct slice *vek_chain);

struct slice snp_certificates_make(const struct snp_certificates *c, struct arena *a);
