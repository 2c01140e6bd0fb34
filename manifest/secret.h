/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/secret.h: what a manifest declares as secrets, and the values they get. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

enum secret_type { SECRET_SYMMETRIC_KEY, SECRET_CERT_RSA, SECRET_CERT_ECDSA, SECRET_CERT_ED25519, SECRET_PLAIN };
const char *secret_type_name(enum secret_type t); /* "symmetric-key", ... */
bool secret_type_named(const char *name, enum secret_type *out);

/* The X.509 template of a certificate secret: the fields that are honoured. */
struct cert_template {
    struct {
        char **country, **organization, **organizational_unit, **locality, **province, **street, **postal_code;
        size_t num_country, num_organization, num_organizational_unit, num_locality, num_province, num_street, num_postal_code;
        char *serial_number, *common_name;
    } subject;
    bool has_not_after;
    int64_t not_after;
    unsigned key_usage;           /* Go's bit mask; 0: default */
    uint64_t *ext_key_usage;      /* Go's numbers */
    size_t num_ext_key_usage;
    bool is_ca;
    int max_path_len;             /* -1: none */
    char **dns_names, **ip_addresses;
    size_t num_dns_names, num_ip_addresses;
};

struct secret_spec {
    const char *name;
    enum secret_type type;
    uint64_t size; /* bits */
    bool shared, user_defined;
    uint64_t valid_for; /* days; 0: 365 */
    bool has_cert;
    struct cert_template cert;
};

/* Days: of a certificate what is in force, so 365 where the manifest says nothing. */
uint64_t secret_valid_for(const struct secret_spec *s);

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
