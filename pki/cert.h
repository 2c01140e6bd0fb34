/* SPDX-License-Identifier: Apache-2.0 */
/* pki/cert.h: X.509 certificates, requests and revocation lists: read, issued, verified.
 *
 * Reading is strict DER and keeps the original bytes; a parsed certificate borrows them.
 * Nothing here asks the clock: times are parameters, seconds since 1970.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "pki/key.h"

/* Contents octets of object identifiers. */
extern const struct slice OID_COMMON_NAME, OID_ORGANIZATION, OID_COUNTRY, OID_LOCALITY, OID_PROVINCE;
extern const struct slice OID_SUBJECT_ALT_NAME, OID_BASIC_CONSTRAINTS, OID_KEY_USAGE, OID_EXT_KEY_USAGE;
extern const struct slice OID_SUBJECT_KEY_ID, OID_AUTHORITY_KEY_ID, OID_CRL_DISTRIBUTION_POINTS;
extern const struct slice OID_EKU_SERVER_AUTH, OID_EKU_CLIENT_AUTH;

/* ---- read ---------------------------------------------------------------------------------- */

struct extension {
    struct slice oid, value; /* value: what is inside the OCTET STRING */
    bool critical;
};

struct cert {
    struct slice der, tbs;
    struct slice serial;          /* contents of the INTEGER */
    struct slice issuer, subject; /* Name, whole element; may be an empty SEQUENCE */
    int64_t not_before, not_after;
    struct slice spki; /* whole element */
    enum signature_alg alg;
    struct slice signature;
    struct extension *extensions;
    size_t num_extensions;
    bool is_ca, has_path_len;
    unsigned path_len;
    bool has_key_usage;
    unsigned key_usage; /* bit 0 digitalSignature ... bit 5 keyCertSign, bit 6 cRLSign */
};
enum {
    KU_DIGITAL_SIGNATURE = 1,
    KU_CONTENT_COMMITMENT = 2,
    KU_KEY_ENCIPHERMENT = 4,
    KU_KEY_AGREEMENT = 16,
    KU_CERT_SIGN = 32,
    KU_CRL_SIGN = 64
};

/* One certificate and nothing after it. Refuses doubled extensions, wrong versions, trailing bytes;
 * accepts empty names (Go programs make them). `der` must outlive *out. E_CERT_FORMAT. */
bool cert_parse(struct slice der, struct arena *a, struct cert *out, struct err *err);

/* All CERTIFICATE blocks of a PEM text, in order, LIMIT_CHAIN at most; at least one. */
bool cert_parse_pem(struct slice text, struct arena *a, struct cert **out, size_t *num, struct err *err);

const struct extension *cert_extension(const struct cert *c, struct slice oid); /* or NULL */
struct slice cert_common_name(const struct cert *c);                            /* empty if none */

/* The names of the subject alternative name extension; strings in the arena. */
struct san {
    char **dns, **emails, **uris;
    struct slice *ips; /* 4 or 16 bytes each */
    size_t num_dns, num_emails, num_uris, num_ips;
};
bool cert_san(const struct cert *c, struct arena *a, struct san *out, struct err *err);

/* For messages: "CN=..., O=..." */
char *name_text(struct arena *a, struct slice name);

/* ---- verify -------------------------------------------------------------------------------- */

/* `c` was signed by `issuer`: names equal byte by byte, signature holds. Decides nothing else. E_CERT_CHAIN.
 */
bool cert_signed_by(const struct cert *c, const struct cert *issuer, struct err *err);
bool cert_valid_at(const struct cert *c, int64_t now, struct err *err); /* E_CERT_EXPIRED, with the dates */

/* RFC 5280 section 6, as far as it concerns us: leaf, then issuers from `pool` and `roots` in any order,
 * up to one whose bytes equal a certificate in `roots`; a leaf that is itself in `roots` needs no issuer.
 * CA flags, path length, key usage, validity of each, no unknown critical extension. At most LIMIT_CHAIN
 * certificates, and a bounded number of signatures tried. Names, key purposes and revocation are the
 * caller's. E_CERT_CHAIN, E_CERT_EXPIRED; of several ways that fail, the longest is told. */
bool chain_verify(const struct cert *leaf, const struct cert *pool, size_t num_pool, const struct cert *roots,
                  size_t num_roots, int64_t now, struct err *err);

/* The same, and the way from leaf to root: `path` has room for LIMIT_CHAIN and points into what was given. */
bool chain_path(const struct cert *leaf, const struct cert *pool, size_t num_pool, const struct cert *roots,
                size_t num_roots, int64_t now, const struct cert **path, size_t *len, struct err *err);

/* How many of these certificates, from the first on, hang together: each was signed by the next one's key.
 * Whoever proves to have the first one's key, as TLS demands of a client, speaks for these; what else he
 * shows is somebody else's, perhaps. At least 1, if there are any. */
size_t chain_linked(const struct slice *chain_der, size_t num);

/* ---- issue --------------------------------------------------------------------------------- */

struct name_part {
    struct slice oid;
    const char *text; /* written as UTF8String; PrintableString where it fits, as most tools do */
};

struct cert_spec {
    struct slice subject_name; /* a whole Name element; or, if empty, built from: */
    const struct name_part *subject;
    size_t num_subject;
    struct slice serial; /* big endian, up to 20 bytes; empty: 16 random bytes */
    int64_t not_before, not_after;
    struct san san;
    unsigned key_usage; /* 0: no such extension */
    bool eku_server, eku_client;
    bool basic_constraints, is_ca; /* basic_constraints: write the extension, critical */
    int path_len;                  /* -1: none */
    const enum signature_alg *alg; /* NULL: what goes with the issuer's key */
    bool key_ids;                  /* subject key id, and authority key id when issued by another */
    const struct extension *extra;
    size_t num_extra;
    bool rsa_pss; /* an RSA issuer signs with PSS and SHA-384, as AMD does, and not with PKCS#1 1.5 */
};

/* Signs a certificate for the key in `spki`. issuer NULL: self-signed (issuer name = subject).
 * An extension in `extra` takes the place of the one that the other fields would make. Alternative names are
 * critical only if the subject is empty (RFC 5280 4.1.2.6). E_CERT_CHAIN if issuer_key is not the issuer's.
 * Subject key id = first 20 bytes of SHA-256 over the public key bits (RFC 7093 method 1). */
bool cert_issue(const struct cert_spec *spec, struct slice spki, const struct cert *issuer,
                const struct key *issuer_key, struct arena *a, struct slice *der, struct err *err);

/* ---- requests (PKCS#10, RFC 2986) ----------------------------------------------------------- */

struct csr {
    struct slice der, subject, spki;
    struct san san;
};
bool csr_make(const struct key *k, struct slice subject_name, const struct san *san, struct arena *a,
              struct slice *der, struct err *err);

/* Parses and checks the request's own signature. E_CSR_FORMAT. */
bool csr_parse(struct slice der, struct arena *a, struct csr *out, struct err *err);

/* Several values of one type, in one SET, as Go writes what a name has several of. */
struct name_set {
    struct slice oid;
    const char *const *texts;
    size_t num;
};

/* A Name from parts; from sets; and a Name without the attributes of these types. */
struct slice name_build(struct arena *a, const struct name_part *parts, size_t num);
struct slice name_build_sets(struct arena *a, const struct name_set *sets, size_t num);
bool name_without(struct slice name, const struct slice *oids, size_t num_oids, struct arena *a,
                  struct slice *out, struct err *err);

/* ---- revocation lists (RFC 5280 section 5) --------------------------------------------------- */

struct crl {
    struct slice der, tbs, issuer;
    int64_t this_update, next_update;
    enum signature_alg alg;
    struct slice signature;
    struct slice revoked; /* contents of revokedCertificates; empty if none */
    size_t num_revoked;
};
bool crl_parse(struct slice der, struct arena *a, struct crl *out, struct err *err); /* E_CRL_FORMAT */

/* Issued by `issuer` (name, signature), which may sign CRLs. Dates are the caller's. */
bool crl_signed_by(const struct crl *c, const struct cert *issuer, struct err *err);
bool crl_lists(const struct crl *c, struct slice serial); /* leading zeros do not matter */

struct crl_spec {
    int64_t this_update, next_update;
    uint64_t number;
    const struct slice *serials; /* revoked */
    size_t num_serials;
    bool rsa_pss; /* as for certificates */
};
bool crl_issue(const struct crl_spec *spec, const struct cert *issuer, const struct key *issuer_key,
               struct arena *a, struct slice *der, struct err *err);
