/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/text.h"
#include "pki/der.h"
#include "pki/spki.h"
#include "pki/x509.h"

/* RFC 5280 5.2.3, arc 2.5.29.20 */
static const uint8_t crl_number[] = {0x55, 0x1d, 0x14};

static struct slice without_zeros(struct slice n)
{
    while (n.len > 0 && n.ptr[0] == 0)
        n = slice_of(n.ptr + 1, n.len - 1);
    return n;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* None of them is critical: a list of some certificates only, or of several issuers, says so in a critical
 * extension, and to take it for a whole one would let revoked certificates pass. */
static bool read_extensions(struct cursor *c)
{
    struct cursor s = der_enter(c, DER_SEQUENCE);
    bool critical = s.rest.len == 0;

    while (cursor_ok(&s) && s.rest.len > 0)
        critical = extension_read(&s).critical || critical;
    return cursor_ok(&s) && !critical;
}

static struct slice read_entry(struct cursor *revoked)
{
    struct cursor entry = der_enter(revoked, DER_SEQUENCE);
    const struct slice serial = der_integer(&entry);

    (void)der_time(&entry);
    if (!cursor_ok(&entry) || (entry.rest.len > 0 && !read_extensions(&entry)) || !cursor_done(&entry))
        *revoked = (struct cursor){.bad = true};
    return serial;
}

static bool read_revoked(struct cursor *tbs, struct crl *c)
{
    struct cursor s;

    if (!der_next_is(tbs, DER_SEQUENCE))
        return true;
    c->revoked = der_take(tbs, DER_SEQUENCE);
    for (s = cursor_over(c->revoked); cursor_ok(&s) && s.rest.len > 0; c->num_revoked++)
        (void)read_entry(&s);
    return cursor_ok(&s);
}

static bool read_tbs(const struct signed_parts *parts, struct crl *c, struct err *err)
{
    struct cursor whole = cursor_over(parts->tbs), tbs = der_enter(&whole, DER_SEQUENCE);
    const bool v2 = der_uint(&tbs, DER_INTEGER, 1) == 1;
    const struct slice alg = der_element(&tbs);

    c->issuer = name_read(&tbs);
    c->this_update = der_time(&tbs);
    c->next_update = der_time(&tbs); /* optional in X.509, required by RFC 5280 5.1.2.5 */
    if (!v2 || !cursor_ok(&tbs) || !slice_equal(alg, parts->alg_element))
        return err_set(err, E_CRL_FORMAT,
                       "revocation list: expected version 2, the algorithm of the signature, "
                       "issuer, this and next update in DER");
    if (!read_revoked(&tbs, c))
        return err_set(err, E_CRL_FORMAT,
                       "revocation list: expected serial numbers with dates and without critical "
                       "extensions in DER");
    if (der_next_is(&tbs, der_context_constructed(0))) {
        struct cursor outer = der_enter(&tbs, der_context_constructed(0));

        if (!read_extensions(&outer) || !cursor_done(&outer))
            return err_set(err, E_CRL_FORMAT,
                           "revocation list: expected extensions in DER, none of them critical");
    }
    return cursor_done(&tbs) ||
           err_set(err, E_CRL_FORMAT, "revocation list: expected nothing after the extensions");
}

bool crl_parse(struct slice der, struct arena *a, struct crl *out, struct err *err)
{
    struct crl c = {.der = der};
    struct signed_parts parts;

    (void)a;
    if (der.len > LIMIT_CRL)
        return err_set(err, E_CRL_FORMAT, "revocation list: expected at most %d bytes, found %zu", LIMIT_CRL,
                       der.len);
    if (!signed_read(der, "revocation list", &parts, E_CRL_FORMAT, err) || !read_tbs(&parts, &c, err))
        return false;
    c.tbs = parts.tbs;
    c.alg = parts.alg;
    c.signature = parts.signature;
    *out = c;
    return true;
}

bool crl_signed_by(const struct crl *c, const struct cert *issuer, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const char *name = name_text(&scratch, issuer->subject);
    struct err why;

    if (!slice_equal(c->issuer, issuer->subject))
        return err_set(err, E_CERT_CHAIN,
                       "revocation list: expected it to be issued by \"%s\", found issuer \"%s\"", name,
                       name_text(&scratch, c->issuer));
    if (issuer->has_key_usage && (issuer->key_usage & KU_CRL_SIGN) == 0)
        return err_set(err, E_CERT_CHAIN,
                       "revocation list: the key usage of \"%s\" does not allow it to sign one", name);
    return spki_verify(issuer->spki, c->alg, c->tbs, c->signature, &why) ||
           err_set(err, E_CERT_CHAIN, "revocation list: not signed by \"%s\": %s", name, why.text);
}

bool crl_lists(const struct crl *c, struct slice serial)
{
    const struct slice wanted = without_zeros(serial);
    struct cursor s = cursor_over(c->revoked);

    while (cursor_ok(&s) && s.rest.len > 0)
        if (slice_equal(without_zeros(read_entry(&s)), wanted) && cursor_ok(&s))
            return true;
    return false;
}

/* ---- issuing ------------------------------------------------------------------------------- */

static void put_revoked(struct buf *b, const struct crl_spec *spec)
{
    const size_t list = der_begin(b, DER_SEQUENCE);

    for (size_t i = 0; i < spec->num_serials; i++) {
        const size_t entry = der_begin(b, DER_SEQUENCE);

        der_put_integer(b, spec->serials[i]);
        der_put_time(b, spec->this_update);
        der_end(b, entry);
    }
    der_end(b, list);
}

static bool put_crl_extensions(struct buf *b, const struct crl_spec *spec, const struct cert *issuer,
                               struct err *err)
{
    const size_t outer = der_begin(b, der_context_constructed(0)), list = der_begin(b, DER_SEQUENCE);
    struct extension_marks m;

    if (!authority_key_id_put(b, issuer, err))
        return false;
    m = extension_begin(b, slice_of(crl_number, sizeof crl_number), false);
    der_put_uint(b, spec->number);
    extension_end(b, m);
    der_end(b, list);
    der_end(b, outer);
    return true;
}

bool crl_issue(const struct crl_spec *spec, const struct cert *issuer, const struct key *issuer_key,
               struct arena *a, struct slice *der, struct err *err)
{
    const enum signature_alg alg = issuing_alg(issuer_key, spec->rsa_pss);
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_CRL - 1024);
    const size_t mark = der_begin(&b, DER_SEQUENCE);

    if (!slice_equal(key_spki(issuer_key, a), issuer->spki))
        return err_set(err, E_CERT_CHAIN,
                       "issuing a revocation list: expected the private key that belongs to the "
                       "issuer, found another");
    der_put_uint(&b, 1); /* version 2 */
    signature_alg_put(&b, alg);
    buf_put(&b, issuer->subject);
    der_put_time(&b, spec->this_update);
    der_put_time(&b, spec->next_update);
    if (spec->num_serials > 0) /* an empty list is left out (RFC 5280 5.1.2.6) */
        put_revoked(&b, spec);
    if (!put_crl_extensions(&b, spec, issuer, err))
        return false;
    der_end(&b, mark);
    if (!buf_ok(&b))
        return err_set(err, E_CRL_FORMAT,
                       "issuing a revocation list: expected at most %d bytes, and dates in the "
                       "years 0 to 9999",
                       LIMIT_CRL);
    return signed_make(buf_bytes(&b), issuer_key, alg, a, der, err);
}
