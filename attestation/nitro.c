/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Nitro documents: AWS Nitro Enclaves NSM API, "Attestation process", section 3.2: syntax, certificates,
 * signature; in that order. */
#include "attestation/nitro_document.h"

#include <stdio.h>

#include "attestation/chain.h"
#include "attestation/claims_out.h"
#include "attestation/steps.h"
#include "attestation/verifiers.h"
#include "base/text.h"
#include "pki/hash.h"

enum { BOUND_LEN = 64, MAX_CERTS = NITRO_MAX_CHAIN + 1 };

struct nitro {
    struct appraising x;
    struct nitro_document document;
    struct cert chain[MAX_CERTS]; /* root first, the document's own last */
    size_t num_chain;
};

static const struct cert *leaf_of(const struct nitro *n) { return &n->chain[n->num_chain - 1]; }

/* ---- the document ------------------------------------------------------------------- */

/* user_data filled up with zeros; what does not fit cannot be compared. */
static struct slice bound_to(struct slice user_data, struct arena *a)
{
    uint8_t *bytes = arena_alloc(a, BOUND_LEN);

    if (user_data.len > BOUND_LEN)
        return (struct slice){0};
    if (user_data.len > 0)
        memcpy(bytes, user_data.ptr, user_data.len);
    return slice_of(bytes, BOUND_LEN);
}

static void fill_claims(const struct nitro_document *d, struct arena *a, struct claims *c)
{
    struct nitro_claims *n = &c->nitro;

    c->tee = TEE_NITRO;
    c->tee_name = "nitro";
    c->debug = slice_is_zero(d->pcrs[0]); /* in debug mode PCR0, 1 and 2 are zeros; no image measures to zeros */
    c->bound = bound_to(d->user_data, a);
    n->module_id = arena_strndup(a, d->module_id);
    n->timestamp_ms = d->timestamp_ms;
    memcpy(n->pcrs, d->pcrs, sizeof n->pcrs);
    n->user_data = d->user_data;
    n->nonce = d->nonce;
    n->public_key = d->public_key;
    n->has_user_data = d->user_data.len > 0;
    n->has_nonce = d->nonce.len > 0;
    n->has_public_key = d->public_key.len > 0;
}

static bool document_format(void *ctx, struct err *err)
{
    struct nitro *n = ctx;

    if (!nitro_document_parse(n->x.in->evidence->document, &n->document, err))
        return false;
    fill_claims(&n->document, n->x.arena, &n->x.v->claims);
    return true;
}

/* ---- certificates ------------------------------------------------------------------- */

static bool add_cert(struct nitro *n, struct slice der, struct err *err)
{
    return cert_parse(der, n->x.arena, &n->chain[n->num_chain++], err) ||
           (err_in(err, "Nitro document: certificate %zu", n->num_chain), err_as(err, E_EVIDENCE_FORMAT));
}

static bool document_certificates(void *ctx, struct err *err)
{
    struct nitro *n = ctx;

    for (size_t i = 0; i < n->document.num_cabundle; i++)
        if (!add_cert(n, n->document.cabundle[i], err))
            return false;
    return add_cert(n, n->document.certificate, err);
}

static bool document_root(void *ctx, struct err *err)
{
    struct nitro *n = ctx;
    const struct roots *roots = n->x.in->roots;
    uint8_t digest[SHA256_LEN];

    sha256(digest, n->chain[0].der);
    for (size_t i = 0; i < roots->num_nitro; i++)
        if (slice_equal(roots->nitro[i], slice_of(digest, sizeof digest)))
            return true;
    return err_set(err, E_ROOT,
                   "Nitro document: the first certificate of its bundle is none of the %zu trust anchors of this "
                   "program's trust domain (%s)",
                   roots->num_nitro, roots->simulated ? "simulated" : "production");
}

/* ECDSA with SHA-384 on P-384, from the root to the document's own certificate. */
static bool has_its_keys(const struct cert *c, struct err *err)
{
    enum key_type type;

    return (spki_key_type(c->spki, &type, err) && type == KEY_P384 && c->alg == SIG_ECDSA_SHA384) ||
           err_set(err, E_NITRO_CHAIN, "Nitro document: expected certificates with keys on P-384, signed with SHA-384");
}

static bool is_a_signer(const struct cert *leaf, struct err *err)
{
    if (leaf->is_ca)
        return err_set(err, E_NITRO_CHAIN, "Nitro document: its own certificate is an authority's");
    return !leaf->has_key_usage || (leaf->key_usage & KU_DIGITAL_SIGNATURE) != 0 ||
           err_set(err, E_NITRO_CHAIN, "Nitro document: its own certificate's key may not sign (key usage)");
}

static bool document_chain(void *ctx, struct err *err)
{
    struct nitro *n = ctx;

    for (size_t i = 0; i < n->num_chain; i++) {
        const struct cert *issuer = &n->chain[i == 0 ? 0 : i - 1];
        const size_t below = n->num_chain - 1 - (i == 0 ? 1 : i); /* authorities between the issuer and the leaf */

        if (!has_its_keys(&n->chain[i], err))
            return false;
        if (!cert_is_issued_by(n->x.in, &n->chain[i], issuer, (unsigned)below, err))
            return err_as(err, E_NITRO_CHAIN);
    }
    return is_a_signer(leaf_of(n), err);
}

static bool document_dates(void *ctx, struct err *err)
{
    struct nitro *n = ctx;

    for (size_t i = 0; i < n->num_chain; i++)
        if (!step_cert_in_time(&n->x, &n->chain[i], err))
            return false;
    return true;
}

/* The certificate lives for three hours. Both the document's making and now lie within them, so a document is never
 * older than that, and an archived one is refused; what is to be fresher has a nonce. */
static bool document_time(void *ctx, struct err *err)
{
    struct nitro *n = ctx;
    const int64_t made = (int64_t)(n->document.timestamp_ms / 1000);

    n->x.found = time_text(n->x.arena, made);
    return (leaf_of(n)->not_before <= made && made <= leaf_of(n)->not_after) ||
           err_set(err, E_CERT_EXPIRED, "Nitro document: made at %s, when its own certificate was not valid",
                   n->x.found);
}

static bool document_signature(void *ctx, struct err *err)
{
    struct nitro *n = ctx;

    return cose_sign1_verify(&n->document.message, leaf_of(n)->spki, NULL, n->x.in->now, n->x.in->now, err) ||
           (err_in(err, "Nitro document"), err_as(err, E_DOCUMENT_SIGNATURE));
}

static bool document_nonce(void *ctx, struct err *err)
{
    struct nitro *n = ctx;

    return slice_equal(n->document.nonce, n->x.in->nonce) ||
           err_set(err, E_NONCE, "Nitro document: nonce: expected %s, found %s", hex_text(n->x.arena, n->x.in->nonce),
                   n->document.nonce.len == 0 ? "none" : hex_text(n->x.arena, n->document.nonce));
}

/* ---- the tables --------------------------------------------------------------------- */

static const struct step steps[] = {
    {"document_format", document_format, "a COSE_Sign1 of ES384 over a document as AWS specifies it"},
    {"document_certificates", document_certificates, "a bundle of certificates, and the document's own"},
    {"document_root", document_root, "a bundle that begins with a trust anchor"},
    {"document_chain", document_chain, "names, uses and signatures from the root to the document's certificate"},
    {"document_dates", document_dates, "certificates that are valid now"},
    {"document_time", document_time, "a document made while its certificate was valid"},
    {"document_signature", document_signature, "document as the certificate's key signed it"},
};
static const struct step nonce_steps[] = {
    {"document_nonce", document_nonce, "the nonce that was asked for"},
};

void nitro_appraise(const struct appraisal *what, struct arena *a, struct verdict *v)
{
    struct nitro n = {.x = appraising_begin(what, a, v)};

    (void)steps_take(&n.x, steps, sizeof steps / sizeof steps[0]);
    if (what->nonce.len > 0)
        (void)steps_take(&n.x, nonce_steps, 1);
    appraising_end(&n.x);
}

/* ---- claims, written ---------------------------------------------------------------- */

static void put_data(struct claims_out *o, const char *name, struct slice s)
{
    if (s.len == 0)
        claim_null(o, name);
    else
        claim_hex(o, name, s);
}

void claims_put_nitro(const struct claims *c, struct claims_out *o)
{
    const struct nitro_claims *n = &c->nitro;
    char index[3];

    if (c->tee != TEE_NITRO)
        return;
    claim_str(o, "module_id", n->module_id);
    claim_uint(o, "timestamp_ms", n->timestamp_ms);
    claim_object(o, "pcrs");
    for (unsigned i = 0; i < NITRO_NUM_PCRS; i++) {
        (void)snprintf(index, sizeof index, "%u", i % NITRO_NUM_PCRS);
        claim_hex(o, index, n->pcrs[i]);
    }
    claim_end(o);
    put_data(o, "user_data", n->user_data);
    put_data(o, "nonce", n->nonce);
    put_data(o, "public_key", n->public_key);
}
