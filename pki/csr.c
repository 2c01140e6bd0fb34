/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "pki/der.h"
#include "pki/x509.h"

/* PKCS#9 (RFC 2985 5.4.2): the attribute that carries the extensions asked for. */
static const uint8_t extension_request[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e};

static struct slice oid_extension_request(void)
{
    return slice_of(extension_request, sizeof extension_request);
}

/* ---- making -------------------------------------------------------------------------------- */

/* One attribute, the extension request, with one extension in it, the names. */
static void put_san_request(struct buf *b, const struct san *san)
{
    const size_t attribute = der_begin(b, DER_SEQUENCE);
    struct extension_marks m;
    size_t set, list;

    der_put_oid(b, oid_extension_request());
    set = der_begin(b, DER_SET);
    list = der_begin(b, DER_SEQUENCE);
    m = extension_begin(b, OID_SUBJECT_ALT_NAME, false);
    san_put(b, san);
    extension_end(b, m);
    der_end(b, list);
    der_end(b, set);
    der_end(b, attribute);
}

static struct slice empty_name(void)
{
    static const uint8_t der[] = {DER_SEQUENCE, 0};

    return slice_of(der, sizeof der);
}

bool csr_make(const struct key *k, struct slice subject_name, const struct san *san, struct arena *a,
              struct slice *der, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_CERTIFICATE - 1024);
    const size_t whole = der_begin(&b, DER_SEQUENCE);
    size_t attributes;

    der_put_uint(&b, 0); /* version 1 */
    buf_put(&b, subject_name.len > 0 ? subject_name : empty_name());
    buf_put(&b, key_spki(k, a));
    attributes = der_begin(&b, der_context_constructed(0)); /* there even if empty */
    if (san != NULL && !san_is_empty(san))
        put_san_request(&b, san);
    der_end(&b, attributes);
    der_end(&b, whole);
    if (!buf_ok(&b))
        return err_set(err, E_CSR_FORMAT, "making a request: expected at most %d bytes", LIMIT_CERTIFICATE);
    return signed_make(buf_bytes(&b), k, issuing_alg(k, false), a, der, err);
}

/* ---- reading ------------------------------------------------------------------------------- */

static bool read_request(struct slice extensions, struct arena *a, struct csr *out, struct err *err)
{
    struct cursor c = cursor_over(extensions);
    const struct extension *list, *san;
    size_t num;

    list = extensions_read(&c, a, &num);
    if (!cursor_done(&c))
        return err_set(err, E_CSR_FORMAT, "request: expected extensions in DER, none of them twice");
    san = extension_find(list, num, OID_SUBJECT_ALT_NAME);
    return san == NULL || san_read(san->value, a, &out->san, E_CSR_FORMAT, err) || err_in(err, "request");
}

/* Attributes other than the extension request, like a challenge password, are passed over. */
static bool read_attributes(struct cursor *list, struct arena *a, struct csr *out, struct err *err)
{
    bool seen = false;

    while (cursor_ok(list) && list->rest.len > 0) {
        struct cursor attribute = der_enter(list, DER_SEQUENCE);
        const bool wanted = slice_equal(der_take(&attribute, DER_OID), oid_extension_request());
        struct cursor values = der_enter(&attribute, DER_SET);
        const struct slice value = der_element(&values);

        if (!cursor_done(&attribute) || !cursor_ok(&values) || (wanted && (seen || !cursor_done(&values))))
            return err_set(err, E_CSR_FORMAT,
                           "request: expected attributes in DER, and one request for extensions "
                           "at most");
        if (wanted && !read_request(value, a, out, err))
            return false;
        seen = seen || wanted;
    }
    return true;
}

static bool read_info(struct slice info, struct arena *a, struct csr *out, struct err *err)
{
    struct cursor c = cursor_over(info), s = der_enter(&c, DER_SEQUENCE), attributes;
    const uint64_t version = der_uint(&s, DER_INTEGER, 0);

    out->subject = name_read(&s);
    out->spki = der_element(&s);
    attributes = der_enter(&s, der_context_constructed(0));
    if (version != 0 || !cursor_done(&s))
        return err_set(err, E_CSR_FORMAT,
                       "request: expected version 1, subject, public key and attributes in DER");
    return read_attributes(&attributes, a, out, err);
}

bool csr_parse(struct slice der, struct arena *a, struct csr *out, struct err *err)
{
    struct csr r = {.der = der};
    struct signed_parts parts;
    struct err why;

    if (der.len > LIMIT_CERTIFICATE)
        return err_set(err, E_CSR_FORMAT, "request: expected at most %d bytes, found %zu", LIMIT_CERTIFICATE,
                       der.len);
    if (!signed_read(der, "request", &parts, E_CSR_FORMAT, err) || !read_info(parts.tbs, a, &r, err))
        return false;
    if (!spki_verify(r.spki, parts.alg, parts.tbs, parts.signature, &why))
        return err_set(err, E_CSR_FORMAT, "request: expected to be signed with the key it names: %s",
                       why.text);
    *out = r;
    return true;
}
