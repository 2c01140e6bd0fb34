/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/did_x509.h"

#include "base/text.h"
#include "pki/der.h"
#include "pki/hash.h"

static bool refuse(struct err *err, const char *what, struct slice found)
{
    scoped(arena_wipe) struct arena scratch = {0};

    return err_set(err, E_UVM, "issuer did:x509: %s, found \"%s\"", what, text_shown(&scratch, found));
}

/* Up to the separator, which is taken too; all that is left if there is none. */
static struct slice take_until(struct cursor *c, const char *separator)
{
    const size_t len = strlen(separator);
    struct cursor ahead = *c;

    while (ahead.rest.len >= len && !text_starts_with(ahead.rest, separator))
        (void)cursor_u8(&ahead);
    if (ahead.rest.len < len)
        return cursor_take(c, c->rest.len);
    {
        const struct slice before = cursor_take(c, c->rest.len - ahead.rest.len);

        (void)cursor_take(c, len);
        return before;
    }
}

static int hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* RFC 3986 2.1: letters, digits, '.', '-', '_' stand for themselves; anything else is %XX. */
static bool decode_percent(struct slice text, struct arena *a, struct slice *out)
{
    uint8_t *bytes = arena_alloc(a, text.len + 1);
    struct cursor c = cursor_over(text);
    size_t len = 0;

    while (c.rest.len > 0) {
        const uint8_t ch = cursor_u8(&c);

        if (ch == '%') {
            const int high = hex_value(cursor_u8(&c)), low = hex_value(cursor_u8(&c));

            if (high < 0 || low < 0 || !cursor_ok(&c))
                return false;
            bytes[len++] = (uint8_t)(high << 4 | low);
        } else if ((ch >= '0' && ch <= '9') || ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z') || ch == '.' ||
                   ch == '-' || ch == '_') {
            bytes[len++] = ch;
        } else {
            return false;
        }
    }
    *out = slice_of(bytes, len);
    return len > 0;
}

/* ---- the authority ------------------------------------------------------------------ */

static bool digest_of(struct slice algorithm, struct slice der, struct arena *a, struct slice *out)
{
    static const struct {
        const char *name;
        void (*digest)(uint8_t *out, struct slice in);
        size_t len;
    } known[] = {
        {"sha256", sha256, SHA256_LEN}, {"sha384", sha384, SHA384_LEN}, {"sha512", sha512, SHA512_LEN}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (slice_equal(algorithm, slice_str(known[i].name))) {
            uint8_t *bytes = arena_alloc(a, known[i].len);

            known[i].digest(bytes, der);
            *out = slice_of(bytes, known[i].len);
            return true;
        }
    return false;
}

static bool has_authority(struct slice algorithm, struct slice fingerprint, const struct cert *chain,
                          size_t num, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct slice digest;

    for (size_t i = 1; i < num; i++) {
        if (!digest_of(algorithm, chain[i].der, &a, &digest))
            return refuse(err, "expected a fingerprint of sha256, sha384 or sha512", algorithm);
        if (slice_equal(slice_str(base64_text(&a, digest, BASE64_URL_BARE)), fingerprint))
            return true;
    }
    return refuse(err, "expected an authority of this fingerprint above the leaf, and there is none",
                  fingerprint);
}

/* ---- policies ----------------------------------------------------------------------- */

static bool has_eku(const struct cert *leaf, struct slice value, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(buf_wipe) struct buf oid = buf_max(128);
    const struct extension *e = cert_extension(leaf, OID_EXT_KEY_USAGE);
    struct cursor c = cursor_over(e == NULL ? (struct slice){0} : e->value),
                  uses = der_enter(&c, DER_SEQUENCE);

    if (!oid_from_text(arena_strndup(&a, value), &oid))
        return refuse(err, "eku: expected an object identifier", value);
    while (cursor_ok(&uses) && uses.rest.len > 0)
        if (slice_equal(der_take(&uses, DER_OID), buf_bytes(&oid)) && cursor_ok(&uses))
            return true;
    return refuse(err, "eku: expected the leaf to have this extended key usage, and it has not", value);
}

static bool attribute_oid(struct slice label, struct arena *a, struct slice *out)
{
    static const char *const known[][2] = {{"CN", "2.5.4.3"}, {"C", "2.5.4.6"},      {"L", "2.5.4.7"},
                                           {"ST", "2.5.4.8"}, {"STREET", "2.5.4.9"}, {"O", "2.5.4.10"},
                                           {"OU", "2.5.4.11"}};
    scoped(buf_wipe) struct buf oid = buf_max(128);
    const char *dotted = arena_strndup(a, label);

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i][0], dotted) == 0)
            dotted = known[i][1];
    if (!oid_from_text(dotted, &oid))
        return false;
    *out = arena_copy(a, buf_bytes(&oid));
    return true;
}

/* Name ::= SEQUENCE OF SET OF SEQUENCE { type, value }; the certificate was parsed, so it is one. */
static bool subject_has(const struct cert *leaf, struct slice oid, struct slice value)
{
    struct cursor c = cursor_over(leaf->subject), sets = der_enter(&c, DER_SEQUENCE);

    while (cursor_ok(&sets) && sets.rest.len > 0) {
        struct cursor set = der_enter(&sets, DER_SET);

        while (cursor_ok(&set) && set.rest.len > 0) {
            struct cursor pair = der_enter(&set, DER_SEQUENCE);
            const struct slice type = der_take(&pair, DER_OID), element = der_element(&pair);
            struct cursor inner = cursor_over(element);

            if (cursor_done(&pair) && slice_equal(type, oid) &&
                slice_equal(der_take(&inner, element.ptr[0]), value))
                return true;
        }
    }
    return false;
}

static bool has_subject(const struct cert *leaf, struct slice value, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct cursor c = cursor_over(value);

    do {
        struct slice oid, wanted;

        if (!attribute_oid(take_until(&c, ":"), &a, &oid) ||
            !decode_percent(take_until(&c, ":"), &a, &wanted))
            return refuse(err, "subject: expected pairs of an attribute and a value", value);
        if (!subject_has(leaf, oid, wanted))
            return refuse(err, "subject: expected the leaf to have these attributes, and it has not", value);
    } while (c.rest.len > 0);
    return true;
}

/* GeneralName (RFC 5280 4.2.1.6): rfc822Name [1], dNSName [2], uniformResourceIdentifier [6]. */
static bool san_tag(struct slice type, uint8_t *tag)
{
    static const struct {
        const char *name;
        unsigned tag;
    } known[] = {{"email", 1}, {"dns", 2}, {"uri", 6}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (slice_equal(type, slice_str(known[i].name))) {
            *tag = der_context(known[i].tag);
            return true;
        }
    return false;
}

static bool has_san(const struct cert *leaf, struct slice value, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct extension *e = cert_extension(leaf, OID_SUBJECT_ALT_NAME);
    struct cursor c = cursor_over(e == NULL ? (struct slice){0} : e->value),
                  names = der_enter(&c, DER_SEQUENCE), parts = cursor_over(value);
    struct slice wanted;
    uint8_t tag;

    if (!san_tag(take_until(&parts, ":"), &tag) || !decode_percent(parts.rest, &a, &wanted))
        return refuse(err, "san: expected email, dns or uri, and a value", value);
    while (cursor_ok(&names) && names.rest.len > 0) {
        const bool is_type = der_next_is(&names, tag);
        const struct slice element = der_element(&names);
        struct cursor name = cursor_over(element);

        if (is_type && slice_equal(der_take(&name, tag), wanted))
            return true;
    }
    return refuse(err, "san: expected the leaf to have this alternative name, and it has not", value);
}

static bool holds(struct slice policy, const struct cert *leaf, struct err *err)
{
    static const struct {
        const char *name;
        bool (*holds)(const struct cert *leaf, struct slice value, struct err *err);
    } policies[] = {{"eku", has_eku}, {"subject", has_subject}, {"san", has_san}};
    struct cursor c = cursor_over(policy);
    const struct slice name = take_until(&c, ":");

    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
        if (slice_equal(name, slice_str(policies[i].name)))
            return policies[i].holds(leaf, c.rest, err);
    return refuse(err, "expected the policies eku, subject or san", name);
}

bool did_x509_matches(struct slice did, const struct cert *chain, size_t num, struct err *err)
{
    struct cursor c = cursor_over(did), head = cursor_over(take_until(&c, "::"));
    const bool is_version_0 = slice_equal(take_until(&head, ":"), slice_str("did")) &&
                              slice_equal(take_until(&head, ":"), slice_str("x509")) &&
                              slice_equal(take_until(&head, ":"), slice_str("0"));
    const struct slice algorithm = take_until(&head, ":"), fingerprint = head.rest;

    if (!is_version_0 || fingerprint.len == 0 || c.rest.len == 0)
        return refuse(err, "expected did:x509:0:ALGORITHM:FINGERPRINT::POLICY...", did);
    if (!has_authority(algorithm, fingerprint, chain, num, err))
        return false;
    while (c.rest.len > 0)
        if (!holds(take_until(&c, "::"), &chain[0], err))
            return false;
    return true;
}
