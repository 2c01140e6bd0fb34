/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/accepted.h: what a policy accepts for one measured value: several values, each for a time.
 *
 * As JSON, one of
 *     "0a1b..."                                                 hex
 *     {"Value": "0a1b...", "Mask": "ff00...", "NotBefore": "2026-01-01T00:00:00Z", "NotAfter": ...}
 *     [ any number of these ]
 * All members but Value are optional. A value is accepted when it equals Value in the bits of Mask and the
 * time is within the window, both ends included.
 */
#pragma once
#include "attestation/claims.h"
#include "base/json.h"

struct accepted_value {
    struct slice value, mask; /* of one length; mask empty: all bits */
    int64_t from, to;
};

/* One measured property of a TEE: its name in policies, its length and where claims have it. */
struct measured {
    const char *name;
    size_t len;
    enum err_code code;  /* of a refusal */
    size_t claim_offset; /* of the struct slice in struct claims */
};

struct accepted {
    const struct measured *what;
    struct accepted_value *values;
    size_t num;
};

/* The member `what->name` of f, or num 0 if it is absent; an empty list is a fault. */
bool accepted_parse(struct fields *f, const struct measured *what, struct accepted *out);

/* "MRTD: expected one of 2 accepted values, found 91eb..., which is none of them" */
bool accepted_match(const struct accepted *a, const struct claims *c, int64_t now, struct err *err);

/* Appends "NAME":[...] as accepted_parse() reads it; nothing if there is no value. */
void accepted_put(struct buf *b, const struct accepted *a);

/* A time as policies write it (RFC 3339, UTC), or `otherwise` where there is none. */
int64_t accepted_time(struct fields *f, const char *name, int64_t otherwise);
