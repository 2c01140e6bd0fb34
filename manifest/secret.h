/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/secret.h: what a manifest declares as secrets, and the values they get. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "pki/cert.h"

enum secret_type { SECRET_SYMMETRIC_KEY, SECRET_CERT_RSA, SECRET_CERT_ECDSA, SECRET_CERT_ED25519, SECRET_PLAIN };
const char *secret_type_name(enum secret_type t); /* "symmetric-key", ... */
bool secret_type_named(const char *name, enum secret_type *out);
bool secret_type_is_cert(enum secret_type t);

/* Strings of a template, in the order given. */
struct texts {
    char **at;
    size_t num;
};
struct slices {
    struct slice *at;
    size_t num;
};

/* RFC 5280 4.2.1.10. Addresses are 4 or 16 bytes, and as many of their mask behind them. */
struct name_space {
    struct texts dns, emails, uris;
    struct slices ips;
};

/* The X.509 template of a certificate secret: the fields of Go's x509.Certificate that are honoured. */
struct cert_template {
    struct slice raw_subject; /* a whole Name; if not empty it takes the place of the next */
    struct {
        struct texts country, organization, organizational_unit, locality, province, street, postal_code;
        char *serial_number, *common_name;
        struct name_part *extra; /* take the place of those of their type */
        size_t num_extra;
    } subject;
    unsigned signature_alg; /* Go's number; 0: what goes with the issuer's key */
    bool has_not_after;
    int64_t not_after;
    unsigned key_usage;      /* Go's bit mask; 0: default */
    uint64_t *ext_key_usage; /* Go's numbers */
    size_t num_ext_key_usage;
    struct slices other_ext_key_usage; /* OIDs */
    bool is_ca;
    int max_path_len;            /* -1: none */
    struct slice subject_key_id; /* empty: computed */
    struct texts dns_names, emails, ip_addresses, uris;
    struct texts ocsp_servers, issuer_urls, crl_urls;
    struct slices policies; /* OIDs */
    bool constraints_critical;
    struct name_space permitted, excluded;
    struct extension *extra; /* take the place of those that the fields above would make */
    size_t num_extra;
};

struct secret_spec {
    const char *name;
    enum secret_type type;
    uint64_t size; /* bits */
    bool shared, user_defined;
    uint64_t valid_for; /* days; 0: not said */
    bool has_cert;
    struct cert_template cert;
    struct {
        struct slice cert, private_key, public_key;
    } initial; /* of a user-defined one, as the manifest may give it */
};

/* Does the coordinator keep a value of it? Of the others each marble gets its own. */
static inline bool secret_is_kept(const struct secret_spec *s) { return s->shared || s->user_defined; }

/* Days for which a certificate is made: 365 where the manifest says nothing. */
uint64_t secret_valid_for(const struct secret_spec *s);

/* Is it the same secret in another manifest? Type, size, who shares it, who defines it, days; not the
 * template. */
bool secret_same_definition(const struct secret_spec *a, const struct secret_spec *b);

/* A value. Slices borrow; empty ones are not set. */
struct secret_value {
    const struct secret_spec *spec; /* NULL for the .MarbleRun values */
    struct slice cert;              /* DER */
    struct slice public_key;        /* PKIX DER; of a symmetric key: the key itself */
    struct slice private_key;       /* PKCS#8 DER; of a symmetric key: the key itself */
};

/* Values by name, sorted by strcmp of spec->name. */
struct secret_set {
    const struct secret_value *values;
    size_t num;
};
const struct secret_value *secret_find(const struct secret_set *set, const char *name); /* or NULL */

/* Names of secrets, sorted by strcmp, none twice. */
struct secret_names {
    const char *const *at;
    size_t num;
};
