/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/credentials.h"

#include "attestation/collect.h"
#include "pki/hash.h"

static const int64_t validity_s = INT64_MAX / 1000000000;

void credentials_wipe(struct credentials *c)
{
    key_wipe(&c->key);
    *c = (struct credentials){0};
}

static bool make_cert(const struct config *config, const struct key *key, int64_t now, struct arena *a,
                      struct slice *der, struct err *err)
{
    const struct name_part subject = {OID_COMMON_NAME, "MarbleRun Marble"};
    const struct cert_spec spec = {
        .subject = &subject,
        .num_subject = 1,
        .not_before = now,
        .not_after = now + validity_s,
        .san = config->san,
        .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT,
        .eku_server = true,
        .eku_client = true,
        .basic_constraints = true,
        .path_len = -1,
        .key_ids = true,
    };

    return cert_issue(&spec, key_spki(key, a), NULL, key, a, der, err);
}

static bool make_evidence(const uint8_t report_data[64], struct arena *a, struct slice *out, struct err *err)
{
    const struct tee *tee;
    struct slice quote;

    if (!tee_here(&tee, err) || !tee->evidence(report_data, a, &quote, err))
        return false;
    *out = evidence_framed(quote, a);
    return true;
}

static bool make_request(const struct config *config, struct credentials *c, struct arena *a, struct err *err)
{
    return key_generate(KEY_P256, &c->key, err) &&
           csr_make(&c->key, name_build(a, NULL, 0), &config->san, a, &c->csr, err);
}

bool credentials_make(const struct config *config, int64_t now, struct arena *a, struct credentials *out,
                      struct err *err)
{
    struct credentials c = {0};
    uint8_t report_data[64] = {0};
    bool made = make_request(config, &c, a, err) && make_cert(config, &c.key, now, a, &c.cert, err);

    if (made && config->has_evidence) {
        sha256(report_data, c.cert);
        made = make_evidence(report_data, a, &c.evidence, err);
    }
    if (made)
        *out = c;
    else
        credentials_wipe(&c);
    return made;
}

bool credentials_bound(const struct config *config, const struct mesh_binding *b, struct arena *a,
                       struct credentials *out, struct err *err)
{
    struct mesh_binding binding = *b;
    struct credentials c = {0};
    uint8_t report_data[64];
    bool made = make_request(config, &c, a, err);

    if (made && config->has_evidence) {
        binding.spki = key_spki(&c.key, a);
        mesh_binding(&binding, report_data);
        made = make_evidence(report_data, a, &c.evidence, err);
    }
    if (made)
        *out = c;
    else
        credentials_wipe(&c);
    return made;
}

bool credentials_anonymous(int64_t now, struct tls_identity **out, struct err *err)
{
    static const struct config nobody = {0};
    scoped(arena_wipe) struct arena a = {0};
    scoped(key_wipe) struct key key = {0};
    scoped(secret_wipe) struct secret pkcs8 = {0};
    struct slice cert;

    if (!key_generate(KEY_P256, &key, err) || !make_cert(&nobody, &key, now, &a, &cert, err))
        return false;
    key_to_pkcs8(&key, &pkcs8);
    return tls_identity_new(&cert, 1, secret_bytes(&pkcs8), out, err);
}
