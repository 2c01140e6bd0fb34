/* SPDX-License-Identifier: Apache-2.0 */
/* The extension of a certificate: the first byte says which kind, the rest is its value. */
#include <stdlib.h>

#include "attestation/certificate_endorsements.h"
#include "attestation/certificate_evidence.h"
#include "base/limits.h"
#include "pki/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1767323045, DAY = 86400 };

static const uint8_t oid_dice[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x09};
static const uint8_t oid_oe[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x69, 0x01};
static const uint8_t oid_gramine[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x8a, 0x39, 0x06};
static const uint8_t oid_oe_evidence[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x69, 0x02};
static const uint8_t oid_endorsements[] = {0x67, 0x81, 0x05, 0x05, 0x04, 0x02};
static const struct slice oids[] = {{oid_dice, sizeof oid_dice},
                                    {oid_oe, sizeof oid_oe},
                                    {oid_gramine, sizeof oid_gramine},
                                    {oid_oe_evidence, sizeof oid_oe_evidence},
                                    {oid_endorsements, sizeof oid_endorsements}};

static struct key key;

static void make(struct slice value, struct slice oid, struct arena *a, struct cert *out)
{
    const struct name_part name = {OID_COMMON_NAME, "fuzz"};
    const struct extension e = {.oid = oid, .value = value};
    const struct cert_spec spec = {.subject = &name,
                                   .num_subject = 1,
                                   .not_before = NOW - DAY,
                                   .not_after = NOW + DAY,
                                   .path_len = -1,
                                   .extra = &e,
                                   .num_extra = 1};
    struct slice der;
    struct err err;

    if (!cert_issue(&spec, key_spki(&key, a), NULL, &key, a, &der, &err) || !cert_parse(der, a, out, &err))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct certificate_evidence e;
    struct collateral endorsed;
    struct arena a = {0};
    struct cert c;
    struct err err;

    if (size == 0 || size > 8 * KIB) /* what a certificate is bounded to, with ease */
        return 0;
    if (key.impl == NULL) {
        pki_init();
        if (!key_generate(KEY_P256, &key, &err))
            abort();
    }
    make(slice_of(data + 1, size - 1), oids[data[0] % (sizeof oids / sizeof oids[0])], &a, &c);
    if (certificate_evidence_find(&c, FRAMINGS_USUAL | FRAMING_GRAMINE_LEGACY, &a, &e, &err) &&
        (e.evidence.len > size || e.num_report_data == 0 || e.report_data[0].len != 64))
        abort();
    if (certificate_endorsements(&c, &endorsed, &err) &&
        endorsed.tcb_info.len + endorsed.qe_issuer_chain.len > size)
        abort();
    arena_wipe(&a);
    return 0;
}
