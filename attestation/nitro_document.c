/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/nitro_document.h"

#include "attestation/cbor.h"
#include "base/text.h"

enum { MAX_CERTIFICATE = 1024, MAX_PUBLIC_KEY = 1024, MAX_DATA = 512, MAX_MODULE_ID = 256 };

static bool malformed(struct err *err, const char *name, const char *expected)
{
    return err_set(err, E_EVIDENCE_FORMAT, "Nitro document: %s: expected %s", name, expected);
}

/* ---- members ------------------------------------------------------------------------ */

static bool read_module_id(struct cursor *c, struct nitro_document *d, struct err *err)
{
    d->module_id = cbor_text(c);
    return (cursor_ok(c) && d->module_id.len > 0 && d->module_id.len <= MAX_MODULE_ID &&
            text_is_utf8(d->module_id)) ||
           malformed(err, "module_id", "a text that is not empty");
}

static bool read_digest(struct cursor *c, struct nitro_document *d, struct err *err)
{
    (void)d;
    return slice_equal(cbor_text(c), slice_str("SHA384")) || malformed(err, "digest", "\"SHA384\"");
}

static bool read_timestamp(struct cursor *c, struct nitro_document *d, struct err *err)
{
    d->timestamp_ms = cbor_uint(c);
    return (cursor_ok(c) && d->timestamp_ms > 0 && d->timestamp_ms <= INT64_MAX) ||
           malformed(err, "timestamp", "milliseconds since 1970");
}

static bool read_pcr(struct cursor *c, struct nitro_document *d)
{
    const uint64_t index = cbor_uint(c);
    const struct slice value = cbor_bytes(c);

    if (!cursor_ok(c) || index >= NITRO_NUM_PCRS || d->pcrs[index].len > 0 ||
        (value.len != 32 && value.len != 48 && value.len != 64))
        return false;
    d->pcrs[index] = value;
    return true;
}

/* Every document has PCR0, the image: what says whether the enclave runs in debug mode. */
static bool read_pcrs(struct cursor *c, struct nitro_document *d, struct err *err)
{
    struct cbor_items map = cbor_map_items(c, CBOR_ANY_LENGTH);

    while (cbor_more(c, &map))
        if (!read_pcr(c, d))
            return malformed(err, "pcrs", "registers 0 to 31, each once, of 32, 48 or 64 bytes");
    return (cursor_ok(c) && d->pcrs[0].len > 0) || malformed(err, "pcrs", "a map with PCR0");
}

static bool take_bytes(struct cursor *c, size_t min, size_t max, struct slice *out)
{
    *out = cbor_bytes(c);
    return cursor_ok(c) && out->len >= min && out->len <= max;
}

static bool read_certificate(struct cursor *c, struct nitro_document *d, struct err *err)
{
    return take_bytes(c, 1, MAX_CERTIFICATE, &d->certificate) ||
           malformed(err, "certificate", "1 to 1024 bytes");
}

static bool read_cabundle(struct cursor *c, struct nitro_document *d, struct err *err)
{
    struct cbor_items list = cbor_array_items(c, CBOR_ANY_LENGTH);

    while (cbor_more(c, &list)) {
        if (d->num_cabundle == NITRO_MAX_CHAIN)
            return malformed(err, "cabundle", "at most 8 certificates");
        if (!take_bytes(c, 1, MAX_CERTIFICATE, &d->cabundle[d->num_cabundle++]))
            return malformed(err, "cabundle", "certificates of 1 to 1024 bytes");
    }
    return (cursor_ok(c) && d->num_cabundle > 0) || malformed(err, "cabundle", "certificates, one at least");
}

/* Absent, null or empty: not there. */
static bool read_optional(struct cursor *c, size_t max, const char *name, struct slice *out, struct err *err)
{
    if (cbor_nothing(c))
        return true;
    return take_bytes(c, 0, max, out) ||
           err_set(err, E_EVIDENCE_FORMAT, "Nitro document: %s: expected at most %zu bytes, or null", name,
                   max);
}

static bool read_public_key(struct cursor *c, struct nitro_document *d, struct err *err)
{
    return read_optional(c, MAX_PUBLIC_KEY, "public_key", &d->public_key, err);
}

static bool read_user_data(struct cursor *c, struct nitro_document *d, struct err *err)
{
    return read_optional(c, MAX_DATA, "user_data", &d->user_data, err);
}

static bool read_nonce(struct cursor *c, struct nitro_document *d, struct err *err)
{
    return read_optional(c, MAX_DATA, "nonce", &d->nonce, err);
}

static const struct member {
    const char *name;
    bool (*read)(struct cursor *c, struct nitro_document *d, struct err *err);
    bool required;
} members[] = {
    {"module_id", read_module_id, true},
    {"digest", read_digest, true},
    {"timestamp", read_timestamp, true},
    {"pcrs", read_pcrs, true},
    {"certificate", read_certificate, true},
    {"cabundle", read_cabundle, true},
    {"public_key", read_public_key, false},
    {"user_data", read_user_data, false},
    {"nonce", read_nonce, false},
};
enum { NUM_MEMBERS = sizeof members / sizeof members[0] };

/* ---- the map ------------------------------------------------------------------------ */

static size_t member_named(struct slice name)
{
    size_t i = 0;

    while (i < NUM_MEMBERS && !slice_equal(name, slice_str(members[i].name)))
        i++;
    return i;
}

static bool read_member(struct cursor *c, struct nitro_document *d, bool seen[NUM_MEMBERS], struct err *err)
{
    const size_t which = member_named(cbor_text(c));

    if (!cursor_ok(c))
        return malformed(err, "payload", "members with names");
    if (which == NUM_MEMBERS) {
        (void)cbor_item(c);
        return true;
    }
    if (seen[which])
        return malformed(err, members[which].name, "to be given once");
    seen[which] = true;
    return members[which].read(c, d, err);
}

static bool read_payload(struct nitro_document *d, struct err *err)
{
    struct cursor c = cursor_over(d->message.payload);
    struct cbor_items map = cbor_map_items(&c, CBOR_ANY_LENGTH);
    bool seen[NUM_MEMBERS] = {false};

    while (cbor_more(&c, &map))
        if (!read_member(&c, d, seen, err))
            return false;
    if (!cursor_done(&c))
        return malformed(err, "payload", "a map and nothing behind it");
    for (size_t i = 0; i < NUM_MEMBERS; i++)
        if (members[i].required && !seen[i])
            return malformed(err, members[i].name, "to be there");
    return true;
}

/* The protected headers are {1: -35}, the others are none. */
static bool check_headers(const struct cose_sign1 *m, struct err *err)
{
    struct cursor others = cursor_over(m->unprotected_headers), own = cursor_over(m->protected_headers);

    if (cose_algorithm(m) != COSE_ES384)
        return err_set(err, E_EVIDENCE_FORMAT, "Nitro document: algorithm: expected -35 (ES384), found %lld",
                       (long long)cose_algorithm(m));
    return (cbor_map(&own) == 1 && cbor_map(&others) == 0) ||
           malformed(err, "headers", "the algorithm and nothing else");
}

bool nitro_document_parse(struct slice in, struct nitro_document *out, struct err *err)
{
    struct nitro_document d = {0};

    if (!cose_sign1_parse(in, "Nitro document", &d.message, err) || !check_headers(&d.message, err) ||
        !read_payload(&d, err))
        return false;
    *out = d;
    return true;
}
