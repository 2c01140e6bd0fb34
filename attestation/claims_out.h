/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/claims_out.h: claims written, as members of a JSON object or as lines for people.
 *
 * One writer serves both, so that the two never differ. Each part of struct claims has a function that writes
 * it, and nothing if it is not there; claims.c has the table. What was not read (an empty slice) is left out;
 * so is what is meaningless for the TEE at hand. Names and forms: docs/attestation.md.
 */
#pragma once
#include "attestation/claims.h"
#include "base/buf.h"

struct claims_out {
    struct buf *b;
    bool json;
    unsigned depth; /* of objects, for lines */
    bool first;     /* of an object's members */
};

void claim_hex(struct claims_out *o, const char *name, struct slice s); /* left out if empty */
void claim_uint(struct claims_out *o, const char *name, uint64_t n);
void claim_bool(struct claims_out *o, const char *name, bool yes);
void claim_str(struct claims_out *o, const char *name, const char *s); /* NULL: null */
void claim_null(struct claims_out *o, const char *name);
void claim_time(struct claims_out *o, const char *name, int64_t t);
void claim_json(struct claims_out *o, const char *name, const char *text); /* JSON already; NULL: left out */
void claim_strs(struct claims_out *o, const char *name, char *const *list, size_t num);
void claim_bits(struct claims_out *o, const char *name,
                uint32_t bits);                            /* array of the numbers of those set */
void claim_object(struct claims_out *o, const char *name); /* members follow, then claim_end() */
void claim_end(struct claims_out *o);

/* All of it, by the table. */
void claims_put(const struct claims *c, struct claims_out *o);

/* One function for each part, in the file of its verifier. */
void claims_put_dcap(const struct claims *c, struct claims_out *o);
void claims_put_sgx(const struct claims *c, struct claims_out *o);
void claims_put_tdx(const struct claims *c, struct claims_out *o);
void claims_put_snp(const struct claims *c, struct claims_out *o);
void claims_put_uvm(const struct claims *c, struct claims_out *o);
void claims_put_vtpm(const struct claims *c, struct claims_out *o);
void claims_put_nitro(const struct claims *c, struct claims_out *o);
void claims_put_framing(const struct claims *c, struct claims_out *o);
