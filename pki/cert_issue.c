/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/secret.h"
#include "pki/der.h"
#include "pki/spki.h"
#include "pki/x509.h"

enum { RANDOM_SERIAL_LEN = 16, MAX_SERIAL_LEN = 20 };

/* What an extension of the caller's replaces is not written. */
static bool is_replaced(const struct cert_spec *spec, struct slice oid)
{
    return extension_find(spec->extra, spec->num_extra, oid) != NULL;
}

static void put_basic_constraints(struct buf *b, const struct cert_spec *spec)
{
    const struct extension_marks m = extension_begin(b, OID_BASIC_CONSTRAINTS, true);
    const size_t mark = der_begin(b, DER_SEQUENCE);

    if (spec->is_ca)
        der_put_bool(b, true);
    if (spec->is_ca && spec->path_len >= 0)
        der_put_uint(b, (uint64_t)spec->path_len);
    der_end(b, mark);
    extension_end(b, m);
}

/* A list of named bits ends with its last one that is set (X.690 11.2.2). */
static void put_key_usage(struct buf *b, unsigned usage)
{
    const struct extension_marks m = extension_begin(b, OID_KEY_USAGE, true);
    uint8_t octets[3] = {0};
    unsigned last = 0;

    for (unsigned i = 0; i < 9; i++)
        if ((usage & 1u << i) != 0) {
            octets[1 + i / 8] |= (uint8_t)(0x80u >> i % 8);
            last = i;
        }
    octets[0] = (uint8_t)(7 - last % 8);
    der_put(b, DER_BIT_STRING, slice_of(octets, 2 + last / 8));
    extension_end(b, m);
}

static void put_ext_key_usage(struct buf *b, const struct cert_spec *spec)
{
    const struct extension_marks m = extension_begin(b, OID_EXT_KEY_USAGE, false);
    const size_t mark = der_begin(b, DER_SEQUENCE);

    if (spec->eku_server)
        der_put_oid(b, OID_EKU_SERVER_AUTH);
    if (spec->eku_client)
        der_put_oid(b, OID_EKU_CLIENT_AUTH);
    der_end(b, mark);
    extension_end(b, m);
}

static bool put_key_ids(struct buf *b, const struct cert_spec *spec, struct slice spki,
                        const struct cert *issuer, struct err *err)
{
    uint8_t id[KEY_ID_LEN];

    if (!is_replaced(spec, OID_SUBJECT_KEY_ID)) {
        struct extension_marks m;

        if (!key_id_of(spki, id, err))
            return false;
        m = extension_begin(b, OID_SUBJECT_KEY_ID, false);
        der_put(b, DER_OCTETS, slice_of(id, sizeof id));
        extension_end(b, m);
    }
    return issuer == NULL || is_replaced(spec, OID_AUTHORITY_KEY_ID) || authority_key_id_put(b, issuer, err);
}

/* RFC 5280 4.1.2.6: where the subject is empty the alternative names are the subject, and critical. */
static void put_san(struct buf *b, const struct cert_spec *spec, bool critical)
{
    const struct extension_marks m = extension_begin(b, OID_SUBJECT_ALT_NAME, critical);

    san_put(b, &spec->san);
    extension_end(b, m);
}

static void put_extra(struct buf *b, const struct extension *e)
{
    const struct extension_marks m = extension_begin(b, e->oid, e->critical);

    buf_put(b, e->value);
    extension_end(b, m);
}

static bool put_extensions(struct buf *b, const struct cert_spec *spec, struct slice spki,
                           const struct cert *issuer, bool nameless, struct err *err)
{
    const size_t before = b->len, outer = der_begin(b, der_context_constructed(3)),
                 list = der_begin(b, DER_SEQUENCE);

    if (spec->key_usage != 0 && !is_replaced(spec, OID_KEY_USAGE))
        put_key_usage(b, spec->key_usage);
    if ((spec->eku_server || spec->eku_client) && !is_replaced(spec, OID_EXT_KEY_USAGE))
        put_ext_key_usage(b, spec);
    if (spec->basic_constraints && !is_replaced(spec, OID_BASIC_CONSTRAINTS))
        put_basic_constraints(b, spec);
    if (spec->key_ids && !put_key_ids(b, spec, spki, issuer, err))
        return false;
    if (!san_is_empty(&spec->san) && !is_replaced(spec, OID_SUBJECT_ALT_NAME))
        put_san(b, spec, nameless);
    for (size_t i = 0; i < spec->num_extra; i++)
        put_extra(b, &spec->extra[i]);
    if (b->len == list) { /* none: then the field is not there */
        b->len = before;
        return true;
    }
    der_end(b, list);
    der_end(b, outer);
    return true;
}

static void put_serial(struct buf *b, struct slice serial)
{
    uint8_t fresh[RANDOM_SERIAL_LEN];

    random_bytes(fresh, sizeof fresh);
    der_put_integer(b, serial.len > 0 ? serial : slice_of(fresh, sizeof fresh));
}

static void put_validity(struct buf *b, const struct cert_spec *spec)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);

    der_put_time(b, spec->not_before);
    der_put_time(b, spec->not_after);
    der_end(b, mark);
}

static void put_version(struct buf *b)
{
    const size_t mark = der_begin(b, der_context_constructed(0));

    der_put_uint(b, 2); /* version 3 */
    der_end(b, mark);
}

/* The key that signs must be the one that the issuer's certificate, or the self-signed one, is about. */
static bool check_key(const struct key *k, struct slice spki, struct arena *a, struct err *err)
{
    return slice_equal(key_spki(k, a), spki) ||
           err_set(err, E_CERT_CHAIN,
                   "issuing a certificate: expected the private key that belongs to the issuer, "
                   "found another");
}

static enum signature_alg alg_of(const struct cert_spec *spec, const struct key *issuer_key)
{
    return spec->alg != NULL ? *spec->alg : issuing_alg(issuer_key, spec->rsa_pss);
}

static bool put_tbs(struct buf *b, const struct cert_spec *spec, struct slice subject, struct slice spki,
                    const struct cert *issuer, const struct key *issuer_key, struct err *err)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);
    struct cursor name = cursor_over(subject), none = name;

    put_version(b);
    put_serial(b, spec->serial);
    signature_alg_put(b, alg_of(spec, issuer_key));
    buf_put(b, issuer != NULL ? issuer->subject : subject);
    put_validity(b, spec);
    buf_put(b, subject);
    buf_put(b, spki);
    if (name_read(&name).ptr == NULL || !cursor_done(&name))
        return err_set(err, E_CERT_FORMAT, "issuing a certificate: expected the subject to be a name in DER");
    if (!put_extensions(b, spec, spki, issuer, der_take(&none, DER_SEQUENCE).len == 0, err))
        return false;
    der_end(b, mark);
    return buf_ok(b) || err_set(err, E_CERT_FORMAT,
                                "issuing a certificate: expected at most %d bytes, and dates in "
                                "the years 0 to 9999",
                                LIMIT_CERTIFICATE);
}

bool cert_issue(const struct cert_spec *spec, struct slice spki, const struct cert *issuer,
                const struct key *issuer_key, struct arena *a, struct slice *der, struct err *err)
{
    scoped(buf_wipe) struct buf tbs = buf_max(LIMIT_CERTIFICATE - 1024);
    const struct slice subject =
        spec->subject_name.len > 0 ? spec->subject_name : name_build(a, spec->subject, spec->num_subject);

    if (spec->serial.len > MAX_SERIAL_LEN)
        return err_set(err, E_CERT_FORMAT,
                       "issuing a certificate: expected a serial number of at most %d bytes, "
                       "found %zu",
                       MAX_SERIAL_LEN, spec->serial.len);
    return check_key(issuer_key, issuer != NULL ? issuer->spki : spki, a, err) &&
           put_tbs(&tbs, spec, subject, spki, issuer, issuer_key, err) &&
           signed_make(buf_bytes(&tbs), issuer_key, alg_of(spec, issuer_key), a, der, err);
}
