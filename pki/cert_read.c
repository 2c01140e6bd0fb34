/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/limits.h"
#include "pki/der.h"
#include "pki/pem.h"
#include "pki/x509.h"

enum { V1 = 0, V3 = 2, MAX_SERIAL = 21, NUM_KEY_USAGES = 9 }; /* serial: 20 octets and a zero for the sign */

static bool malformed(struct err *err, const char *what)
{
    return err_set(err, E_CERT_FORMAT, "certificate: expected %s", what);
}

/* ---- extensions that decide ---------------------------------------------------------------- */

static bool read_basic_constraints(struct slice value, struct cert *c, struct err *err)
{
    struct cursor all = cursor_over(value), s = der_enter(&all, DER_SEQUENCE);

    if (der_next_is(&s, DER_BOOLEAN)) {
        c->is_ca = der_bool(&s);
        if (!c->is_ca) /* the default is not written out */
            s.bad = true;
    }
    if (der_next_is(&s, DER_INTEGER)) {
        c->has_path_len = true;
        c->path_len = (unsigned)der_uint(&s, DER_INTEGER, UINT16_MAX);
    }
    return (cursor_done(&s) && cursor_done(&all) && (c->is_ca || !c->has_path_len)) ||
           malformed(err, "basic constraints with a path length at most, and that only of an authority");
}

/* The first bit of the BIT STRING is the highest of its first octet; here bit 0 is the first. */
static bool read_key_usage(struct slice value, struct cert *c, struct err *err)
{
    struct cursor all = cursor_over(value), s = der_enter(&all, DER_BIT_STRING);
    const uint8_t unused = cursor_u8(&s);
    const struct slice octets = s.rest;
    const uint8_t last = octets.len > 0 ? octets.ptr[octets.len - 1] : 0;

    if (!cursor_ok(&s) || !cursor_done(&all) || octets.len > 2 || unused > 7 ||
        (octets.len == 0 && unused != 0) || (last & ((1u << unused) - 1)) != 0)
        return malformed(err, "the key usage to be a BIT STRING of at most nine bits, unused ones zero");
    for (unsigned i = 0; i < octets.len * 8 && i < NUM_KEY_USAGES; i++)
        if ((octets.ptr[i / 8] & (0x80u >> i % 8)) != 0)
            c->key_usage |= 1u << i;
    c->has_key_usage = true;
    return true;
}

static bool read_extensions(struct cursor *tbs, struct arena *a, struct cert *c, struct err *err)
{
    struct cursor outer = der_enter(tbs, der_context_constructed(3));
    const struct extension *basic, *usage;

    c->extensions = extensions_read(&outer, a, &c->num_extensions);
    if (!cursor_done(&outer))
        return malformed(err, "extensions in DER, none of them twice");
    basic = cert_extension(c, OID_BASIC_CONSTRAINTS);
    usage = cert_extension(c, OID_KEY_USAGE);
    return (basic == NULL || read_basic_constraints(basic->value, c, err)) &&
           (usage == NULL || read_key_usage(usage->value, c, err));
}

/* ---- the certificate ----------------------------------------------------------------------- */

/* Version 1 is not written, 2 was never in use, 3 is 2. */
static bool read_version(struct cursor *tbs, uint64_t *version, struct err *err)
{
    *version = V1;
    if (der_next_is(tbs, der_context_constructed(0))) {
        struct cursor v = der_enter(tbs, der_context_constructed(0));

        *version = der_uint(&v, DER_INTEGER, V3);
        if (!cursor_done(&v) || *version != V3)
            return malformed(err, "version 3, or version 1 by not naming any");
    }
    return true;
}

/* An AlgorithmIdentifier and bits; which, is found out when the key is used. */
static struct slice read_spki(struct cursor *tbs)
{
    const struct slice spki = der_element(tbs);
    struct cursor c = cursor_over(spki), s = der_enter(&c, DER_SEQUENCE);

    (void)der_enter(&s, DER_SEQUENCE);
    (void)der_bits(&s);
    if (!cursor_done(&s))
        *tbs = (struct cursor){.bad = true};
    return spki;
}

static bool read_tbs(struct arena *a, const struct signed_parts *parts, struct cert *c, struct err *err)
{
    struct cursor whole = cursor_over(parts->tbs), tbs = der_enter(&whole, DER_SEQUENCE), validity;
    struct slice alg;
    uint64_t version;

    if (!read_version(&tbs, &version, err))
        return false;
    c->serial = der_integer(&tbs);
    alg = der_element(&tbs);
    c->issuer = name_read(&tbs);
    validity = der_enter(&tbs, DER_SEQUENCE);
    c->not_before = der_time(&validity);
    c->not_after = der_time(&validity);
    c->subject = name_read(&tbs);
    c->spki = read_spki(&tbs);
    if (!cursor_ok(&tbs) || !cursor_done(&validity) || c->serial.len > MAX_SERIAL)
        return malformed(err,
                         "serial number, algorithm, issuer, validity, subject and public key as RFC 5280 has "
                         "them, in DER");
    if (!slice_equal(alg, parts->alg_element))
        return malformed(err, "the algorithm inside the signed part to be the one outside it");
    if (version == V1)
        return cursor_done(&tbs) || malformed(err, "no extensions in version 1");
    (void)der_optional(
        &tbs, der_context(1)); /* unique identifiers of issuer and subject: obsolete, without meaning */
    (void)der_optional(&tbs, der_context(2));
    if (tbs.rest.len > 0 && !read_extensions(&tbs, a, c, err))
        return false;
    return cursor_done(&tbs) || malformed(err, "nothing after the extensions");
}

bool cert_parse(struct slice der, struct arena *a, struct cert *out, struct err *err)
{
    struct cert c = {.der = der};
    struct signed_parts parts;

    if (der.len > LIMIT_CERTIFICATE)
        return err_set(err, E_CERT_FORMAT, "certificate: expected at most %d bytes, found %zu",
                       LIMIT_CERTIFICATE, der.len);
    if (!signed_read(der, "certificate", &parts, E_CERT_FORMAT, err) || !read_tbs(a, &parts, &c, err))
        return false;
    c.tbs = parts.tbs;
    c.alg = parts.alg;
    c.signature = parts.signature;
    *out = c;
    return true;
}

bool cert_parse_pem(struct slice text, struct arena *a, struct cert **out, size_t *num, struct err *err)
{
    struct cert *list = arena_array(a, LIMIT_CHAIN, sizeof *list);
    struct pem_block block;
    size_t n = 0;

    for (;;) {
        if (!pem_next(&text, a, &block, err))
            return false;
        if (block.der.ptr == NULL)
            break;
        if (!slice_equal(block.label, slice_str("CERTIFICATE")))
            continue;
        if (n == LIMIT_CHAIN)
            return err_set(err, E_CERT_FORMAT, "expected at most %d certificates, found more", LIMIT_CHAIN);
        if (!cert_parse(block.der, a, &list[n], err))
            return err_in(err, "PEM block %zu", n + 1);
        n++;
    }
    if (n == 0)
        return err_set(err, E_CERT_FORMAT, "expected a PEM block \"CERTIFICATE\", found none");
    *out = list;
    *num = n;
    return true;
}

const struct extension *cert_extension(const struct cert *c, struct slice oid)
{
    return extension_find(c->extensions, c->num_extensions, oid);
}

struct slice cert_common_name(const struct cert *c) { return name_common_name(c->subject); }

bool cert_san(const struct cert *c, struct arena *a, struct san *out, struct err *err)
{
    const struct extension *e = cert_extension(c, OID_SUBJECT_ALT_NAME);

    if (e == NULL) {
        *out = (struct san){0};
        return true;
    }
    return san_read(e->value, a, out, E_CERT_FORMAT, err) || err_in(err, "certificate");
}
