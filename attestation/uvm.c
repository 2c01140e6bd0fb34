/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/uvm.h"

#include "attestation/cbor.h"
#include "attestation/chain.h"
#include "attestation/claims_out.h"
#include "attestation/cose.h"
#include "attestation/did_x509.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

struct uvm {
    struct appraising x;
    struct slice endorsement;
    struct cose_sign1 message;
    struct cert chain[LIMIT_CHAIN]; /* leaf first */
    size_t num_chain;
    struct slice issuer;
};

static bool refuse(struct err *err, const char *what)
{
    return err_set(err, E_UVM, "UVM endorsement: %s", what);
}

/* ---- reading ------------------------------------------------------------------------ */

static bool add_cert(struct uvm *u, struct cursor *c, struct err *err)
{
    const struct slice der = cbor_bytes(c);

    if (!cursor_ok(c))
        return refuse(err, "x5chain: expected byte strings");
    if (u->num_chain == LIMIT_CHAIN)
        return err_set(err, E_UVM, "UVM endorsement: x5chain: more than the %d certificates allowed",
                       LIMIT_CHAIN);
    return cert_parse(der, u->x.arena, &u->chain[u->num_chain++], err) ||
           (err_in(err, "UVM endorsement: x5chain"), err_as(err, E_UVM));
}

/* RFC 9360: one certificate is a byte string, several are an array. */
static bool read_chain(struct uvm *u, struct err *err)
{
    struct cursor c = cursor_over(cose_header(u->message.protected_headers, COSE_X5CHAIN));
    struct cbor_items certs = {.left = 1};

    if (c.rest.len == 0)
        return refuse(err, "expected a certificate chain (x5chain) in the protected headers, found none");
    if (cbor_next_is_array(&c))
        certs = cbor_array_items(&c, CBOR_DEFINITE);
    while (cbor_more(&c, &certs))
        if (!add_cert(u, &c, err))
            return false;
    return (cursor_done(&c) && u->num_chain > 0) ||
           refuse(err, "x5chain: expected certificates and nothing else");
}

static bool read_text(struct slice item, const char *name, struct slice *out, struct err *err)
{
    struct cursor c = cursor_over(item);

    if (item.len == 0)
        return true;
    *out = cbor_text(&c);
    return (cursor_done(&c) && text_is_utf8(*out)) ||
           err_set(err, E_UVM, "UVM endorsement: %s: expected a text", name);
}

/* In headers of their own, or in CWT claims (issuer 1, subject 2); if in both, the same in both. */
static bool read_name(const struct uvm *u, const char *header, int64_t claim, struct slice *out,
                      struct err *err)
{
    const struct slice all = u->message.protected_headers, cwt = cose_header(all, COSE_CWT_CLAIMS);
    struct slice by_header = {0}, by_claim = {0};

    if (!read_text(cose_header_named(all, header), header, &by_header, err) ||
        !read_text(cose_header(cwt, claim), header, &by_claim, err))
        return false;
    if (by_header.ptr != NULL && by_claim.ptr != NULL && !slice_equal(by_header, by_claim))
        return err_set(err, E_UVM, "UVM endorsement: %s: said twice, and not the same", header);
    *out = by_header.ptr != NULL ? by_header : by_claim;
    return true;
}

static bool uvm_format(void *ctx, struct err *err)
{
    enum { CWT_ISSUER = 1, CWT_SUBJECT = 2 };
    struct uvm *u = ctx;
    struct slice feed = {0};

    if (!cose_sign1_parse(u->endorsement, "UVM endorsement", &u->message, err))
        return false;
    if (cose_header(u->message.protected_headers, COSE_PAYLOAD_HASH_ALG).len > 0)
        return refuse(
            err, "its payload is the digest of a document that is not in it (COSE hash envelope): what is "
                 "endorsed cannot be seen; expected an endorsement with the document itself as payload");
    if (!read_chain(u, err) || !read_name(u, "iss", CWT_ISSUER, &u->issuer, err) ||
        !read_name(u, "feed", CWT_SUBJECT, &feed, err))
        return false;
    if (u->issuer.ptr == NULL)
        return refuse(err, "it names no issuer");
    u->x.v->claims.uvm =
        (struct uvm_claims){.there = true,
                            .did = arena_strndup(u->x.arena, u->issuer),
                            .feed = feed.ptr == NULL ? NULL : arena_strndup(u->x.arena, feed)};
    return true;
}

/* ---- trust -------------------------------------------------------------------------- */

static bool is_accepted(const struct appraisal *in, struct slice issuer)
{
    const char *const *list = in->uvm_issuers != NULL ? in->uvm_issuers : in->roots->uvm_issuers;
    const size_t num = in->uvm_issuers != NULL ? in->num_uvm_issuers : in->roots->num_uvm_issuers;

    for (size_t i = 0; i < num; i++)
        if (slice_equal(issuer, slice_str(list[i])))
            return true;
    return false;
}

static bool uvm_issuer(void *ctx, struct err *err)
{
    struct uvm *u = ctx;

    u->x.found = u->x.v->claims.uvm.did;
    if (!is_accepted(u->x.in, u->issuer))
        return err_set(err, E_UVM, "UVM endorsement: its issuer is none of those accepted: \"%s\"",
                       u->x.v->claims.uvm.did);
    return did_x509_matches(u->issuer, u->chain, u->num_chain, err);
}

/* Every link, above the authority that the issuer names too; a root signs itself. */
static bool uvm_chain(void *ctx, struct err *err)
{
    struct uvm *u = ctx;
    const struct cert *top = &u->chain[u->num_chain - 1];

    for (size_t i = 0; i + 1 < u->num_chain; i++)
        if (!cert_is_issued_by(u->x.in, &u->chain[i], &u->chain[i + 1], (unsigned)i, err))
            return err_as(err, E_UVM);
    if (u->chain[0].has_key_usage && (u->chain[0].key_usage & KU_DIGITAL_SIGNATURE) == 0)
        return refuse(err, "the leaf's key may not sign (key usage)");
    return !cert_is_self_issued(top) ||
           cert_is_issued_by(u->x.in, top, top, (unsigned)u->num_chain - 2, err) || err_as(err, E_UVM);
}

static bool uvm_signature(void *ctx, struct err *err)
{
    struct uvm *u = ctx;

    return cose_sign1_verify(&u->message, u->chain[0].spki, u->x.in->memo, u->x.in->now, INT64_MAX, err) ||
           (err_in(err, "UVM endorsement"), err_as(err, E_UVM));
}

/* ---- what it says ------------------------------------------------------------------- */

/* A decimal number, in most endorsements written as a string; some have none. */
static bool read_svn(struct fields *f, struct uvm_claims *out)
{
    static const char name[] = "x-ms-sevsnpvm-guestsvn";
    const char *text;

    if (json_is_integer(field(f, name)))
        text = arena_printf(f->arena, "%llu", (unsigned long long)field_uint(f, name, INT64_MAX));
    else
        text = field_str(f, name);
    if (text == NULL || f->bad)
        return !f->bad;
    out->svn = text;
    return decimal_decode(slice_str(text), INT64_MAX, &out->svn_number) ||
           field_fault(f, name, "expected a decimal number");
}

static bool uvm_measurement(void *ctx, struct err *err)
{
    enum { MEASUREMENT_LEN = 48 };
    struct uvm *u = ctx;
    struct claims *claims = &u->x.v->claims;
    scoped(json_release) json_t *v = NULL;
    struct slice measurement;
    struct fields f;

    if (!json_parse(u->message.payload, JSON_NO_DUPLICATES, E_UVM, &v, err))
        return err_in(err, "UVM endorsement");
    f = fields_of(v, "$", JSON_EXACT, E_UVM, u->x.arena, err);
    field_need(&f, "x-ms-sevsnpvm-launchmeasurement");
    measurement = field_hex(&f, "x-ms-sevsnpvm-launchmeasurement", MEASUREMENT_LEN);
    if (!read_svn(&f, &claims->uvm) || !fields_done(&f))
        return err_in(err, "UVM endorsement");
    u->x.found = hex_text(u->x.arena, measurement);
    return slice_equal(measurement, claims->snp.measurement) ||
           err_set(err, E_UVM, "UVM endorsement: it is for the launch measurement %s, the report has %s",
                   u->x.found, hex_text(u->x.arena, claims->snp.measurement));
}

/* ---- the table ---------------------------------------------------------------------- */

static const struct step steps[] = {
    {"uvm_format", uvm_format, "a COSE_Sign1 with its issuer and its certificate chain"},
    {"uvm_issuer", uvm_issuer, "an accepted issuer that the chain bears out"},
    {"uvm_chain", uvm_chain, "names, uses and signatures from the root to the leaf"},
    {"uvm_signature", uvm_signature, "the endorsement as the leaf's key signed it"},
    {"uvm_measurement", uvm_measurement, "an endorsement of this launch measurement"},
};

bool uvm_appraise(struct appraising *x, struct slice endorsement)
{
    struct uvm u = {.x = *x, .endorsement = endorsement};
    const bool held = steps_take(&u.x, steps, sizeof steps / sizeof steps[0]);

    *x = u.x;
    return held;
}

void claims_put_uvm(const struct claims *c, struct claims_out *o)
{
    if (!c->uvm.there)
        return;
    claim_object(o, "uvm");
    claim_str(o, "did", c->uvm.did);
    claim_str(o, "feed", c->uvm.feed);
    claim_str(o, "svn", c->uvm.svn);
    claim_end(o);
}
