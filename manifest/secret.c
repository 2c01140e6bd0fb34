/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/secret.h"

#include <stdlib.h>

static const char *const type_names[] = {
    [SECRET_SYMMETRIC_KEY] = "symmetric-key",
    [SECRET_CERT_RSA] = "cert-rsa",
    [SECRET_CERT_ECDSA] = "cert-ecdsa",
    [SECRET_CERT_ED25519] = "cert-ed25519",
    [SECRET_PLAIN] = "plain",
};

enum { DEFAULT_DAYS = 365 };

const char *secret_type_name(enum secret_type t) { return type_names[t]; }

bool secret_type_named(const char *name, enum secret_type *out)
{
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++)
        if (strcmp(type_names[i], name) == 0) {
            *out = (enum secret_type)i;
            return true;
        }
    return false;
}

bool secret_type_is_cert(enum secret_type t)
{
    return t == SECRET_CERT_RSA || t == SECRET_CERT_ECDSA || t == SECRET_CERT_ED25519;
}

/* A date in the template makes days superfluous, and of what is uploaded the certificate says it. */
uint64_t secret_valid_for(const struct secret_spec *s)
{
    const bool is_open = s->valid_for == 0 && !s->user_defined && !s->cert.has_not_after;

    return secret_type_is_cert(s->type) && is_open ? DEFAULT_DAYS : s->valid_for;
}

bool secret_same_definition(const struct secret_spec *a, const struct secret_spec *b)
{
    return a->type == b->type && a->size == b->size && a->shared == b->shared &&
           a->user_defined == b->user_defined && secret_valid_for(a) == secret_valid_for(b);
}

static int name_before_value(const void *name, const void *value)
{
    return strcmp(name, ((const struct secret_value *)value)->spec->name);
}

const struct secret_value *secret_find(const struct secret_set *set, const char *name)
{
    return set->num == 0 ? NULL
                         : bsearch(name, set->values, set->num, sizeof *set->values, name_before_value);
}
