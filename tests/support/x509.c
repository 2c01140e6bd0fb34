/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/x509.h"

#include <criterion/criterion.h>

#include "pki/pem.h"

const struct cert_spec SPEC_CA = {.not_before = TEST_FROM,
                                  .not_after = TEST_TO,
                                  .key_usage = KU_DIGITAL_SIGNATURE | KU_CERT_SIGN | KU_CRL_SIGN,
                                  .basic_constraints = true,
                                  .is_ca = true,
                                  .path_len = -1,
                                  .key_ids = true};
const struct cert_spec SPEC_LEAF = {.not_before = TEST_FROM,
                                    .not_after = TEST_TO,
                                    .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT,
                                    .basic_constraints = true,
                                    .eku_server = true,
                                    .eku_client = true,
                                    .path_len = -1,
                                    .key_ids = true};

struct cert make_cert_for(struct arena *a, const char *name, const struct cert_spec *spec,
                          const struct key *key, const struct made *issuer)
{
    const struct name_part subject[] = {{OID_COMMON_NAME, name}};
    struct cert_spec full = *spec;
    struct cert c = {0};
    struct slice der;
    struct err err;

    if (*name != '\0') {
        full.subject = subject;
        full.num_subject = 1;
    }
    cr_assert(cert_issue(&full, key_spki(key, a), issuer != NULL ? &issuer->cert : NULL,
                         issuer != NULL ? &issuer->key : key, a, &der, &err),
              "%s: %s", name, err.text);
    cr_assert(cert_parse(der, a, &c, &err), "%s: %s", name, err.text);
    return c;
}

static struct key made_keys[64];
static size_t num_made;

void wipe_made(void)
{
    while (num_made > 0)
        key_wipe(&made_keys[--num_made]);
}

struct made make_cert(struct arena *a, const char *name, const struct cert_spec *spec,
                      const struct made *issuer)
{
    struct made m = {0};
    struct err err;

    cr_assert_lt(num_made, sizeof made_keys / sizeof made_keys[0]);
    cr_assert(key_generate(KEY_P256, &m.key, &err), "%s", err.text);
    made_keys[num_made++] = m.key;
    m.cert = make_cert_for(a, name, spec, &m.key, issuer);
    return m;
}

char *cert_pem(struct arena *a, const struct cert *c) { return pem_text(a, "CERTIFICATE", c->der); }
