/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets' certificate templates. MarbleRun decodes them straight into Go's x509.Certificate, so the names
 * are that structure's (documentation of Go's package crypto/x509). */
#include "manifest/cert_template.h"

#include "base/clock.h"
#include "base/limits.h"

/* Members that have no effect, because MarbleRun or Go put a value of their own in their place. */
static const struct ignored {
    const char *name;
    enum { BYTES, NUMBER, LIST, BOOLEAN, ANY } shape;
} ignored[] = {
    {"Raw", BYTES},
    {"RawTBSCertificate", BYTES},
    {"RawSubjectPublicKeyInfo", BYTES},
    {"RawIssuer", BYTES},
    {"Signature", BYTES},
    {"PublicKeyAlgorithm", NUMBER},
    {"PublicKey", ANY},
    {"Version", NUMBER},
    {"SerialNumber", NUMBER},
    {"Issuer", ANY},
    {"NotBefore", ANY},
    {"Extensions", LIST},
    {"UnhandledCriticalExtensions", LIST},
    {"BasicConstraintsValid", BOOLEAN},
    {"AuthorityKeyId", BYTES},
    {"PolicyIdentifiers", LIST},
    {"PolicyMappings", LIST},
    {"InhibitAnyPolicy", NUMBER},
    {"InhibitAnyPolicyZero", BOOLEAN},
    {"InhibitPolicyMapping", NUMBER},
    {"InhibitPolicyMappingZero", BOOLEAN},
    {"RequireExplicitPolicy", NUMBER},
    {"RequireExplicitPolicyZero", BOOLEAN},
};
enum { NUM_IGNORED = sizeof ignored / sizeof ignored[0] };

static const char *const honoured[] = {
    "RawSubject",
    "Subject",
    "SignatureAlgorithm",
    "NotAfter",
    "KeyUsage",
    "ExtKeyUsage",
    "UnknownExtKeyUsage",
    "IsCA",
    "MaxPathLen",
    "MaxPathLenZero",
    "SubjectKeyId",
    "OCSPServer",
    "DNSNames",
    "IssuingCertificateURL",
    "EmailAddresses",
    "IPAddresses",
    "URIs",
    "PermittedDNSDomainsCritical",
    "PermittedDNSDomains",
    "ExcludedDNSDomains",
    "PermittedIPRanges",
    "ExcludedIPRanges",
    "ExcludedURIDomains",
    "PermittedEmailAddresses",
    "PermittedURIDomains",
    "ExcludedEmailAddresses",
    "Policies",
    "CRLDistributionPoints",
    "ExtraExtensions",
};
enum { NUM_HONOURED = sizeof honoured / sizeof honoured[0] };

/* ---- members that are only looked at -------------------------------------------------------------- */

static bool shape_holds(struct fields *f, const struct ignored *m)
{
    switch (m->shape) {
    case BYTES:
        (void)field_bytes(f, m->name, LIMIT_MANIFEST);
        break;
    case LIST:
        (void)field_array(f, m->name);
        break;
    case BOOLEAN:
        (void)field_bool(f, m->name);
        break;
    case NUMBER:
        if (field_present(f, m->name) && !json_is_integer(field(f, m->name)))
            return field_fault(f, m->name, "expected a whole number");
        break;
    case ANY:
        break;
    }
    return fields_done(f);
}

/* A member at Go's zero asks for nothing. */
static bool is_set(const json_t *v)
{
    if (json_is_array(v) || json_is_object(v))
        return json_array_size(v) + json_object_size(v) > 0;
    return v != NULL && !json_is_false(v) && !(json_is_integer(v) && json_integer_value(v) == 0) &&
           !(json_is_string(v) && json_string_length(v) == 0);
}

static bool look_at_ignored(struct decoder *d, struct fields *f)
{
    for (size_t i = 0; i < NUM_IGNORED; i++) {
        if (!shape_holds(f, &ignored[i]))
            return false;
        if (is_set(field(f, ignored[i].name)))
            decode_warn(d, "%s: ignored, certificates get a value of their own",
                        field_path(f, ignored[i].name));
    }
    return true;
}

/* ---- members that are honoured --------------------------------------------------------------------- */

/* Digits at fixed places, of "+hh:mm" or "-hh:mm". */
static bool decode_offset(struct slice text, int64_t *seconds)
{
    int digit[6] = {0};

    if (text.len != 6 || (text.ptr[0] != '+' && text.ptr[0] != '-') || text.ptr[3] != ':')
        return false;
    for (size_t i = 1; i < 6; i++) {
        digit[i] = text.ptr[i] - '0';
        if (i != 3 && (digit[i] < 0 || digit[i] > 9))
            return false;
    }
    *seconds = (digit[1] * 10 + digit[2]) * 3600 + (digit[4] * 10 + digit[5]) * 60;
    if (digit[1] * 10 + digit[2] > 23 || digit[4] > 5)
        return false;
    *seconds = text.ptr[0] == '-' ? -*seconds : *seconds;
    return true;
}

/* RFC 3339 as Go reads it: a fraction of a second may follow, and an offset stand in place of "Z". */
static bool decode_time(struct slice text, int64_t *out)
{
    char utc[RFC3339_LEN + 1] = "0000-00-00T00:00:00Z";
    struct cursor c = cursor_over(text);
    const struct slice seconds = cursor_take(&c, RFC3339_LEN - 1);
    int64_t time, offset = 0;

    if (!cursor_ok(&c))
        return false;
    memcpy(utc, seconds.ptr, seconds.len);
    if (c.rest.len > 1 && c.rest.ptr[0] == '.') {
        size_t num = 1;

        while (num < c.rest.len && c.rest.ptr[num] >= '0' && c.rest.ptr[num] <= '9')
            num++;
        if (num == 1)
            return false;
        (void)cursor_take(&c, num);
    }
    if (!rfc3339_parse(slice_str(utc), &time) ||
        !(slice_equal(c.rest, slice_str("Z")) || decode_offset(c.rest, &offset)))
        return false;
    *out = time - offset;
    return true;
}

static void decode_not_after(struct fields *f, struct cert_template *t)
{
    const int64_t unset = civil_to_time((struct civil){.year = 1, .month = 1, .day = 1});
    const struct slice text = field_text(f, "NotAfter");

    if (!field_present(f, "NotAfter"))
        return;
    if (!decode_time(text, &t->not_after)) {
        (void)field_fault(f, "NotAfter", "expected a time like 2030-01-31T12:00:00Z (RFC 3339)");
        return;
    }
    t->has_not_after = t->not_after != unset;
}

static void decode_ext_key_usage(struct decoder *d, struct fields *f, struct cert_template *t)
{
    enum { LAST_EXT_KEY_USAGE = 13 };
    const json_t *array = field_array(f, "ExtKeyUsage");
    const size_t num = json_array_size(array);

    t->ext_key_usage = arena_array(d->arena, num, sizeof *t->ext_key_usage);
    for (size_t i = 0; i < num; i++) {
        const json_t *e = json_array_get(array, i);
        const json_int_t v = json_is_integer(e) ? json_integer_value(e) : -1;

        if (v < 0 || v > LAST_EXT_KEY_USAGE) {
            (void)field_fault(f, "ExtKeyUsage", "element %zu is not a number from 0 to %d", i,
                              LAST_EXT_KEY_USAGE);
            return;
        }
        t->ext_key_usage[i] = (uint64_t)v;
    }
    t->num_ext_key_usage = num;
}

/* Go: 0 means none unless MaxPathLenZero says that it means 0; so does -1. */
static void decode_max_path_len(struct fields *f, struct cert_template *t)
{
    enum { MAX_PATH_LEN = 255 };
    const bool zero = field_bool(f, "MaxPathLenZero");
    const json_t *v = field(f, "MaxPathLen");

    t->max_path_len = zero ? 0 : -1;
    if (v == NULL)
        return;
    if (!json_is_integer(v) || json_integer_value(v) < -1 || json_integer_value(v) > MAX_PATH_LEN)
        (void)field_fault(f, "MaxPathLen", "expected a whole number from -1 to %d", MAX_PATH_LEN);
    else if (json_integer_value(v) != 0)
        t->max_path_len = (int)json_integer_value(v);
}

static void decode_usages(struct decoder *d, struct fields *f, struct cert_template *t)
{
    enum { ALL_KEY_USAGES = 0x1ff };

    t->key_usage = (unsigned)field_uint(f, "KeyUsage", ALL_KEY_USAGES);
    decode_ext_key_usage(d, f, t);
    t->other_ext_key_usage = decode_oids(d, f, "UnknownExtKeyUsage");
}

/* Go's numbers: 10, 11 and 12 are ECDSA with SHA-256, -384 and -512; the issuer's key can do no others. */
static void decode_signature_alg(struct fields *f, struct cert_template *t)
{
    const uint64_t alg = field_uint(f, "SignatureAlgorithm", UINT32_MAX);

    if (alg != 0 && (alg < 10 || alg > 12))
        (void)field_fault(f, "SignatureAlgorithm",
                          "expected 10, 11 or 12 (ECDSA with SHA-256, SHA-384 or "
                          "SHA-512), or 0; found %llu",
                          (unsigned long long)alg);
    t->signature_alg = (unsigned)alg;
}

static void decode_extra_extensions(struct decoder *d, struct fields *f, struct cert_template *t)
{
    static const char *const members[] = {"Id", "Critical", "Value", NULL};
    const json_t *array = field_array(f, "ExtraExtensions");
    const size_t num = json_array_size(array);

    t->extra = arena_array(d->arena, num, sizeof *t->extra);
    for (size_t i = 0; i < num && fields_done(f); i++) {
        const char *path = arena_printf(d->arena, "%s[%zu]", field_path(f, "ExtraExtensions"), i);
        struct fields e = decode_struct(d, json_array_get(array, i), path, members);
        struct extension *x = &t->extra[t->num_extra++];

        x->oid = decode_oid(d, &e, "Id");
        x->critical = field_bool(&e, "Critical");
        x->value = field_bytes(&e, "Value", LIMIT_CERTIFICATE);
        for (size_t k = 0; k < i && fields_done(&e); k++)
            if (slice_equal(t->extra[k].oid, x->oid))
                (void)field_fault(&e, "Id", "an extension before this one has it already");
        f->bad |= e.bad;
    }
}

bool decode_cert_template(struct decoder *d, const json_t *value, const char *path, struct cert_template *out)
{
    const char *known[NUM_IGNORED + NUM_HONOURED + 1] = {0};
    struct fields f;

    for (size_t i = 0; i < NUM_IGNORED; i++)
        known[i] = ignored[i].name;
    memcpy(known + NUM_IGNORED, honoured, sizeof honoured);
    f = decode_struct(d, value, path, known);
    if (!look_at_ignored(d, &f))
        return false;
    decode_cert_names(d, &f, out);
    decode_not_after(&f, out);
    decode_usages(d, &f, out);
    decode_signature_alg(&f, out);
    out->is_ca = field_bool(&f, "IsCA");
    decode_max_path_len(&f, out);
    out->subject_key_id = field_bytes(&f, "SubjectKeyId", 64);
    out->policies = decode_oids(d, &f, "Policies");
    decode_extra_extensions(d, &f, out);
    return fields_done(&f);
}
