/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/chain.h"

#include "attestation/memo.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/pem.h"

static bool is_blank(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != 0 && s.ptr[i] != ' ' && s.ptr[i] != '\t' && s.ptr[i] != '\r' && s.ptr[i] != '\n')
            return false;
    return true;
}

static bool read_block(const struct pem_block *block, size_t which, enum err_code format, struct arena *a,
                       struct cert *out, struct err *err)
{
    if (!is_blank(block->before))
        return err_set(err, format, "certificate chain: text between the PEM blocks (before certificate %zu)",
                       which);
    if (!slice_equal(block->label, slice_str("CERTIFICATE")))
        return err_set(err, format, "certificate chain: expected CERTIFICATE blocks, found \"%s\"",
                       text_shown(a, block->label));
    if (block->der.len > LIMIT_CERTIFICATE)
        return err_set(err, format, "certificate %zu: %zu bytes, more than the %d allowed", which,
                       block->der.len, LIMIT_CERTIFICATE);
    return cert_parse(block->der, a, out, err) ||
           (err_in(err, "certificate %zu", which), err_as(err, format));
}

bool chain_read(struct slice pem, enum err_code format, struct arena *a, struct cert **out, size_t *num,
                struct err *err)
{
    struct cert *certs = arena_array(a, LIMIT_CHAIN, sizeof *certs);
    struct pem_block block;
    size_t n = 0;

    if (pem.len > LIMIT_COLLATERAL_CHAIN)
        return err_set(err, format, "certificate chain: %zu bytes, more than the %d allowed", pem.len,
                       LIMIT_COLLATERAL_CHAIN);
    for (;;) {
        if (!pem_next(&pem, a, &block, err))
            return err_as(err, format);
        if (block.der.ptr == NULL)
            break;
        if (n == LIMIT_CHAIN)
            return err_set(err, format, "certificate chain: more than the %d certificates allowed",
                           LIMIT_CHAIN);
        if (!read_block(&block, n + 1, format, a, &certs[n], err))
            return false;
        n++;
    }
    if (!is_blank(pem))
        return err_set(err, format, "certificate chain: text after the last PEM block");
    *out = certs;
    *num = n;
    return true;
}

bool cert_is_self_issued(const struct cert *c) { return slice_equal(c->issuer, c->subject); }

bool cert_is_called(const struct cert *c, const char *words)
{
    const struct slice name = cert_common_name(c), end = slice_str(words);

    return name.len >= end.len && slice_equal(slice_of(name.ptr + (name.len - end.len), end.len), end);
}

static bool is_anchor(const struct roots *roots, struct slice xy)
{
    for (size_t i = 0; i < roots->num_intel; i++)
        if (slice_equal(roots->intel[i], xy))
            return true;
    return false;
}

bool root_is_trusted(const struct appraisal *in, const struct cert *root, struct err *err)
{
    const struct roots *roots = in->roots;
    struct slice xy;

    if (!spki_p256_xy(root->spki, &xy, err))
        return err_as(err, E_ROOT);
    if (!is_anchor(roots, xy))
        return err_set(
            err, E_ROOT,
            "root certificate: its key is none of the %zu trust anchors of this program's trust domain (%s)",
            roots->num_intel, roots->simulated ? "simulated" : "production");
    return memo_cert_signed_by(in->memo, in->now, root, root, err) || err_as(err, E_ROOT);
}

static bool extensions_understood(const struct cert *c, struct err *err)
{
    for (size_t i = 0; i < c->num_extensions; i++) {
        const struct extension *e = &c->extensions[i];

        if (e->critical && !slice_equal(e->oid, OID_BASIC_CONSTRAINTS) && !slice_equal(e->oid, OID_KEY_USAGE))
            return err_set(err, E_CERT_CHAIN, "a critical extension is not understood");
    }
    return true;
}

bool cert_is_issued_by(const struct appraisal *in, const struct cert *c, const struct cert *issuer,
                       unsigned num_below, struct err *err)
{
    if (!issuer->is_ca)
        return err_set(err, E_CERT_CHAIN, "the issuer is not a certification authority (basic constraints)");
    if (issuer->has_path_len && issuer->path_len < num_below)
        return err_set(err, E_CERT_CHAIN, "the issuer's path length of %u is exceeded", issuer->path_len);
    if (issuer->has_key_usage && (issuer->key_usage & KU_CERT_SIGN) == 0)
        return err_set(err, E_CERT_CHAIN, "the issuer's key may not sign certificates (key usage)");
    return extensions_understood(c, err) && extensions_understood(issuer, err) &&
           memo_cert_signed_by(in->memo, in->now, c, issuer, err);
}
