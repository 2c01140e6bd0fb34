/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/x509.h: certificates made in a line, for the tests of pki/. Faults abort the test. */
#pragma once
#include "pki/cert.h"

/* 2020-01-01, and 292 years after it: what certificates of the mesh are valid for. */
enum { TEST_FROM = 1577836800 };
static const int64_t TEST_TO = TEST_FROM + INT64_C(9223372036);

struct made {
    struct key key;
    struct cert cert;
};

/* A certificate "CN=name" for a fresh key, which wipe_made() ends; issuer NULL: self-signed. `spec` has what
 * else is wanted. */
struct made make_cert(struct arena *a, const char *name, const struct cert_spec *spec,
                      const struct made *issuer);

void wipe_made(void); /* for the .fini of a test */

/* The same for a key that is there already. */
struct cert make_cert_for(struct arena *a, const char *name, const struct cert_spec *spec,
                          const struct key *key, const struct made *issuer);

/* The specification of an authority, and of a service. */
extern const struct cert_spec SPEC_CA, SPEC_LEAF;

char *cert_pem(struct arena *a, const struct cert *c);
