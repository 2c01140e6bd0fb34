/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/sim/nitro.h"

#include "attestation/sim/cose.h"
#include "attestation/sim/keys.h"
#include "attestation/sim/seed.h"
#include "base/limits.h"

enum { HOUR = 60 * 60, DAY = 24 * HOUR, NUM_PCRS = 16, LEAF = SIM_NITRO_CHAIN - 1 };

void sim_nitro_pki_wipe(struct sim_nitro_pki *p)
{
    for (size_t i = 0; i < SIM_NITRO_CHAIN; i++)
        sim_party_wipe(&p->parties[i]);
}

/* ---- certificates ------------------------------------------------------------------- */

/* Names, and how long before and after now each is valid: as in documents of the real ones. */
static const struct profile {
    const char *common_name;
    int64_t before, after;
} profiles[SIM_NITRO_CHAIN] = {
    {SIM_NITRO_ROOT, 0, 0}, /* is data */
    {"5157000000000001.sim-region-1.aws.nitro-enclaves", 2 * (int64_t)DAY, 18 * (int64_t)DAY},
    {"5157000000000002.zonal.sim-region-1.aws.nitro-enclaves", DAY, 5 * (int64_t)DAY},
    {"i-5157000000000003.sim-region-1.aws.nitro-enclaves", 4 * (int64_t)HOUR, 20 * (int64_t)HOUR},
    {"i-5157000000000003-enc5157000000000004.sim-region-1.aws", 3, 3 * (int64_t)HOUR},
};

struct cert_spec sim_nitro_spec(size_t which, int64_t now)
{
    const bool leaf = which == LEAF;

    return (struct cert_spec){
        .not_before = now - profiles[which].before,
        .not_after = now + profiles[which].after,
        .basic_constraints = true,
        .is_ca = !leaf,
        .path_len = leaf ? -1 : (int)(LEAF - 1 - which),
        .key_usage =
            leaf ? KU_DIGITAL_SIGNATURE | KU_CONTENT_COMMITMENT : KU_DIGITAL_SIGNATURE | KU_CERT_SIGN,
        .key_ids = !leaf,
    };
}

bool sim_nitro_issue(size_t which, const struct cert_spec *spec, const struct sim_party *issuer,
                     struct arena *a, struct sim_party *out, struct err *err)
{
    const struct name_part subject[] = {
        {OID_COUNTRY, "US"},
        {OID_ORGANIZATION, "marblemesh simulated TEE, not Amazon"},
        {OID_COMMON_NAME, profiles[which].common_name},
    };
    scoped(sim_party_wipe) struct sim_party made = {0};
    struct cert_spec whole = *spec;
    struct slice der;

    whole.subject = subject;
    whole.num_subject = sizeof subject / sizeof subject[0];
    if (!sim_key_p384("Nitro", slice_str(profiles[which].common_name), &made.key, err) ||
        !cert_issue(&whole, key_spki(&made.key, a), &issuer->cert, &issuer->key, a, &der, err) ||
        !cert_parse(der, a, &made.cert, err))
        return err_in(err, "simulated TEE: making the certificate \"%s\"", profiles[which].common_name);
    sim_party_wipe(out);
    *out = made;
    made = (struct sim_party){0};
    return true;
}

bool sim_nitro_pki_make(int64_t now, struct arena *a, struct sim_nitro_pki *out, struct err *err)
{
    scoped(sim_nitro_pki_wipe) struct sim_nitro_pki made = {0};

    if (!sim_embedded(SIM_NITRO_ROOT, a, &made.parties[0], err))
        return false;
    for (size_t i = 1; i < SIM_NITRO_CHAIN; i++) {
        const struct cert_spec spec = sim_nitro_spec(i, now);

        if (!sim_nitro_issue(i, &spec, &made.parties[i - 1], a, &made.parties[i], err))
            return false;
    }
    *out = made;
    made = (struct sim_nitro_pki){0};
    return true;
}

/* ---- the document ------------------------------------------------------------------- */

static void put_optional(struct buf *b, const char *name, struct slice s)
{
    cbor_put_text(b, name);
    if (s.ptr == NULL)
        cbor_put_null(b);
    else
        cbor_put_bytes(b, s);
}

static void begin_map(struct buf *b, bool open, uint64_t num)
{
    if (open)
        cbor_put_map_open(b);
    else
        cbor_put_map(b, num);
}

static void put_pcrs(struct buf *b, const struct sim_nitro *n)
{
    cbor_put_text(b, "pcrs");
    begin_map(b, n->open_maps, NUM_PCRS);
    for (size_t i = 0; i < NUM_PCRS; i++) {
        cbor_put_int(b, (int64_t)i);
        cbor_put_bytes(b, slice_of(n->pcrs[i], sizeof n->pcrs[i]));
    }
    if (n->open_maps)
        cbor_put_break(b);
}

static void put_certificates(struct buf *b, const struct sim_nitro_pki *p)
{
    cbor_put_text(b, "certificate");
    cbor_put_bytes(b, p->parties[LEAF].cert.der);
    cbor_put_text(b, "cabundle");
    cbor_put_array(b, LEAF);
    for (size_t i = 0; i < LEAF; i++)
        cbor_put_bytes(b, p->parties[i].cert.der);
}

struct slice sim_nitro_payload(const struct sim_nitro *n, const struct sim_nitro_pki *p,
                               uint64_t timestamp_ms, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_EVIDENCE);

    begin_map(&b, n->open_maps, 9);
    cbor_put_text(&b, "module_id");
    cbor_put_text(&b, "i-5157000000000003-enc5157000000000004");
    cbor_put_text(&b, "digest");
    cbor_put_text(&b, "SHA384");
    cbor_put_text(&b, "timestamp");
    cbor_put_int(&b, (int64_t)timestamp_ms);
    put_pcrs(&b, n);
    put_certificates(&b, p);
    put_optional(&b, "public_key", n->public_key);
    put_optional(&b, "user_data", n->user_data);
    put_optional(&b, "nonce", n->nonce);
    if (n->open_maps)
        cbor_put_break(&b);
    return arena_copy(a, buf_bytes(&b));
}

bool sim_nitro_sign(const struct sim_nitro_pki *p, struct slice payload, bool tagged, struct arena *a,
                    struct slice *document, struct err *err)
{
    scoped(buf_wipe) struct buf headers = buf_max(KIB);

    cbor_put_map(&headers, 1);
    cbor_put_int(&headers, COSE_ALG);
    cbor_put_int(&headers, COSE_ES384);
    return sim_cose_sign1(buf_bytes(&headers), payload, &p->parties[LEAF].key, SIG_ECDSA_SHA384, tagged, a,
                          document, err);
}

bool sim_nitro_document(const struct sim_nitro *n, int64_t now, struct arena *a, struct slice *document,
                        struct err *err)
{
    scoped(sim_nitro_pki_wipe) struct sim_nitro_pki p = {0};

    return (sim_nitro_pki_make(now, a, &p, err) &&
            sim_nitro_sign(&p, sim_nitro_payload(n, &p, (uint64_t)now * 1000, a), n->tagged, a, document,
                           err)) ||
           err_in(err, "simulated TEE: making a Nitro document");
}
