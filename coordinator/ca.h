/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/ca.h: the mesh's certificate authority: who the coordinator is, and who a marble becomes.
 *
 *     root "MarbleRun Coordinator"                            subject of the quote; server of the client API
 *       └─ intermediate "MarbleRun Coordinator - Intermediate CA"
 *     marble root: the intermediate's key and name, self-signed; server of the marble API
 *       └─ marble leaf, certificates of secrets
 *
 * So marbles take the marble root as their root, and outsiders verify leaf, intermediate, root. Profiles
 * are MarbleRun's with P-256 keys. An authority is immutable, counted, and may be used by many threads.
 */
#pragma once
#include "base/uuid.h"
#include "net/tls.h"
#include "pki/cert.h"

/* 2^63-1 nanoseconds, about 292 years: what MarbleRun's certificates are valid for, in seconds. */
#define CA_VALIDITY INT64_C(9223372036)

struct authority {
    struct cert root, intermediate, marble_root;
    struct cert previous_marble_root; /* of before the last update; der is empty if there was none */
    struct san names;                 /* of the root */
    struct key root_key, key;         /* key: of intermediate and marble root */
    struct tls_identity *client_identity, *mesh_identity;
    struct authority_impl *impl;
};

/* A new one. `names`: of the servers. */
bool authority_new(const struct san *names, int64_t now, struct authority **out, struct err *err);

/* The one that follows `before` at an update: the same root; intermediate and marble root with a new key, and
 * all names of the root. Keys are on P-256 whatever the root's is on, which an imported MarbleRun state has
 * on P-384. */
bool authority_rotate(const struct authority *before, int64_t now, struct authority **out, struct err *err);

/* As it was stored: DER certificates, keys as PKCS#8 or SEC1. E_STATE_CORRUPT if the parts do not belong
 * together. */
struct authority_parts {
    struct slice root, intermediate, marble_root, root_key, key;
    struct slice previous_marble_root; /* may be empty */
};
bool authority_load(const struct authority_parts *parts, struct authority **out, struct err *err);

/* The parts for storing; private keys, as SEC1, are copied into the arena. */
struct authority_parts authority_parts(const struct authority *ca, struct arena *a);

struct authority *authority_hold(struct authority *ca);
void authority_release(struct authority **ca); /* accepts NULL inside */

/* A key pair with its certificate, in an arena. */
struct issued {
    struct slice cert, public_key, private_key; /* DER: X.509, SubjectPublicKeyInfo, PKCS#8 */
};

/* A certificate from the marble root for this key; serial and issuer are the authority's. */
bool authority_issue(const struct authority *ca, const struct cert_spec *spec, const struct key *key,
                     struct arena *a, struct issued *out, struct err *err);

/* The marble's identity. The subject is the request's without CN and O, and with CN = UUID; names are the
 * request's; the type is in extension 1.3.9903.2.1. The key is fresh: the request's is not certified.
 * With `names`, which are the manifest's, these alone count and the subject is the UUID: nothing is the
 * request's. E_CSR_FORMAT, E_NAME_RESERVED.
 *
 * With a lifetime (seconds; 0: none) it is ours instead: the request's own key is certified for so long, and
 * the result has no private key. On P-256 or P-384, else E_CSR_FORMAT. */
bool authority_issue_marble(const struct authority *ca, const struct csr *csr, const struct san *names,
                            struct uuid uuid, const char *marble_type, int64_t lifetime, int64_t now,
                            struct arena *a, struct issued *out, struct err *err);

/* None of these names is the coordinator's, and none would be taken for one (behind a wildcard of either
 * side). localhost and the loopback addresses are everybody's of a machine. E_NAME_RESERVED. */
bool authority_check_names(const struct authority *ca, const struct san *names, struct arena *a,
                           struct err *err);

/* Is this a key that can be certified so? E_CSR_FORMAT. */
bool authority_check_own_key(struct slice spki, struct err *err);

/* Which marble the chain's owner is: its first certificate was issued by the present marble root, is valid
 * now, may be used by servers, and has a UUID as CN and the type's extension. Marbles of before the last
 * update are none. *type lives in the arena. E_CERT_CHAIN. */
bool authority_marble_of(const struct authority *ca, const struct slice *chain, size_t num_chain, int64_t now,
                         struct arena *a, const char **type, struct uuid *uuid, struct err *err);

/* The same, and the marble root before it counts too: a marble that ran during an update. */
bool authority_member_of(const struct authority *ca, const struct slice *chain, size_t num_chain, int64_t now,
                         struct arena *a, const char **type, struct uuid *uuid, struct err *err);
