/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets' certificate templates. MarbleRun decodes them straight into Go's x509.Certificate, so the names
 * are that structure's (documentation of Go's package crypto/x509). */
#include <arpa/inet.h>

#include "base/clock.h"
#include "base/limits.h"
#include "manifest/decode.h"

/* What a member is to us. */
enum use {
    HONOURED,
    OVERRIDDEN,  /* MarbleRun or Go put their own value in its place */
    UNSUPPORTED, /* would change the certificate, and we cannot */
};

enum shape { ANY, BYTES, NUMBER, BOOLEAN, STRINGS, LIST };

static const struct member {
    const char *name;
    enum use use;
    enum shape shape;
} members[] = {
    {"Subject", HONOURED, ANY},
    {"NotAfter", HONOURED, ANY},
    {"KeyUsage", HONOURED, ANY},
    {"ExtKeyUsage", HONOURED, ANY},
    {"IsCA", HONOURED, ANY},
    {"MaxPathLen", HONOURED, ANY},
    {"MaxPathLenZero", HONOURED, ANY},
    {"DNSNames", HONOURED, ANY},
    {"IPAddresses", HONOURED, ANY},
    {"Raw", OVERRIDDEN, BYTES},
    {"RawTBSCertificate", OVERRIDDEN, BYTES},
    {"RawSubjectPublicKeyInfo", OVERRIDDEN, BYTES},
    {"RawIssuer", OVERRIDDEN, BYTES},
    {"Signature", OVERRIDDEN, BYTES},
    {"PublicKeyAlgorithm", OVERRIDDEN, NUMBER},
    {"PublicKey", OVERRIDDEN, ANY},
    {"Version", OVERRIDDEN, NUMBER},
    {"SerialNumber", OVERRIDDEN, NUMBER},
    {"Issuer", OVERRIDDEN, ANY},
    {"NotBefore", OVERRIDDEN, ANY},
    {"Extensions", OVERRIDDEN, LIST},
    {"UnhandledCriticalExtensions", OVERRIDDEN, LIST},
    {"BasicConstraintsValid", OVERRIDDEN, BOOLEAN},
    {"AuthorityKeyId", OVERRIDDEN, BYTES},
    {"PolicyIdentifiers", OVERRIDDEN, LIST},
    {"RawSubject", UNSUPPORTED, BYTES},
    {"SignatureAlgorithm", UNSUPPORTED, NUMBER},
    {"ExtraExtensions", UNSUPPORTED, LIST},
    {"UnknownExtKeyUsage", UNSUPPORTED, LIST},
    {"SubjectKeyId", UNSUPPORTED, BYTES},
    {"OCSPServer", UNSUPPORTED, STRINGS},
    {"IssuingCertificateURL", UNSUPPORTED, STRINGS},
    {"EmailAddresses", UNSUPPORTED, STRINGS},
    {"URIs", UNSUPPORTED, LIST},
    {"PermittedDNSDomainsCritical", UNSUPPORTED, BOOLEAN},
    {"PermittedDNSDomains", UNSUPPORTED, STRINGS},
    {"ExcludedDNSDomains", UNSUPPORTED, STRINGS},
    {"PermittedIPRanges", UNSUPPORTED, LIST},
    {"ExcludedIPRanges", UNSUPPORTED, LIST},
    {"PermittedEmailAddresses", UNSUPPORTED, STRINGS},
    {"ExcludedEmailAddresses", UNSUPPORTED, STRINGS},
    {"PermittedURIDomains", UNSUPPORTED, STRINGS},
    {"ExcludedURIDomains", UNSUPPORTED, STRINGS},
    {"CRLDistributionPoints", UNSUPPORTED, STRINGS},
    {"Policies", UNSUPPORTED, LIST},
};
enum { NUM_MEMBERS = sizeof members / sizeof members[0] };

static const char *const subject_fields[] = {
    "Country",    "Organization", "OrganizationalUnit", "Locality", "Province",   "StreetAddress",
    "PostalCode", "SerialNumber", "CommonName",         "Names",    "ExtraNames", NULL};

/* ---- members that are only looked at -------------------------------------------------------------- */

static bool shape_holds(struct fields *f, const struct member *m)
{
    size_t num;

    switch (m->shape) {
    case BYTES:
        (void)field_bytes(f, m->name, LIMIT_MANIFEST);
        break;
    case STRINGS:
        (void)field_strs(f, m->name, &num);
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

static bool look_at_member(struct decoder *d, struct fields *f, const struct member *m)
{
    if (!shape_holds(f, m))
        return false;
    if (m->use == HONOURED || !is_set(field(f, m->name)))
        return true;
    if (m->use == OVERRIDDEN)
        decode_warn(d, "%s: ignored, certificates get a value of their own", field_path(f, m->name));
    else
        decode_unsupported(d, "%s: this version cannot put it into certificates", field_path(f, m->name));
    return true;
}

/* ---- members that are honoured --------------------------------------------------------------------- */

static void decode_subject(struct decoder *d, const json_t *value, const char *path, struct fields *above,
                           struct cert_template *t)
{
    struct fields f = decode_struct(d, value, path, subject_fields);

    t->subject.country = field_strs(&f, "Country", &t->subject.num_country);
    t->subject.organization = field_strs(&f, "Organization", &t->subject.num_organization);
    t->subject.organizational_unit =
        field_strs(&f, "OrganizationalUnit", &t->subject.num_organizational_unit);
    t->subject.locality = field_strs(&f, "Locality", &t->subject.num_locality);
    t->subject.province = field_strs(&f, "Province", &t->subject.num_province);
    t->subject.street = field_strs(&f, "StreetAddress", &t->subject.num_street);
    t->subject.postal_code = field_strs(&f, "PostalCode", &t->subject.num_postal_code);
    t->subject.serial_number = decode_text(&f, "SerialNumber");
    t->subject.common_name = decode_text(&f, "CommonName");
    if (json_array_size(field_array(&f, "Names")) > 0)
        decode_warn(d, "%s: ignored, as in MarbleRun", field_path(&f, "Names"));
    if (json_array_size(field_array(&f, "ExtraNames")) > 0)
        decode_unsupported(d, "%s: this version cannot put it into certificates",
                           field_path(&f, "ExtraNames"));
    above->bad |= f.bad;
}

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

static void decode_names(struct fields *f, struct cert_template *t)
{
    uint8_t address[sizeof(struct in6_addr)];

    t->dns_names = field_strs(f, "DNSNames", &t->num_dns_names);
    t->ip_addresses = field_strs(f, "IPAddresses", &t->num_ip_addresses);
    for (size_t i = 0; i < t->num_dns_names; i++)
        for (const char *p = t->dns_names[i]; *p != '\0' || p == t->dns_names[i]; p++)
            if (*p <= ' ' || *p > '~') {
                (void)field_fault(f, "DNSNames", "element %zu is not a name in ASCII", i);
                return;
            }
    for (size_t i = 0; i < t->num_ip_addresses; i++)
        if (inet_pton(AF_INET, t->ip_addresses[i], address) != 1 &&
            inet_pton(AF_INET6, t->ip_addresses[i], address) != 1) {
            (void)field_fault(f, "IPAddresses", "element %zu is not an IP address", i);
            return;
        }
}

bool decode_cert_template(struct decoder *d, const json_t *value, const char *path, bool in_use,
                          struct cert_template *out)
{
    enum { ALL_KEY_USAGES = 0x1ff };
    const char *known[NUM_MEMBERS + 1] = {0};
    struct fields f;

    for (size_t i = 0; i < NUM_MEMBERS; i++)
        known[i] = members[i].name;
    f = decode_struct(d, value, path, known);
    for (size_t i = 0; in_use && i < NUM_MEMBERS; i++)
        if (!look_at_member(d, &f, &members[i]))
            return false;
    if (!in_use && value != NULL)
        decode_warn(d, "%s: ignored, the secret is no certificate", path);
    if (fields_done(&f))
        decode_subject(d, field(&f, "Subject"), field_path(&f, "Subject"), &f, out);
    decode_not_after(&f, out);
    out->key_usage = (unsigned)field_uint(&f, "KeyUsage", ALL_KEY_USAGES);
    out->is_ca = field_bool(&f, "IsCA");
    decode_ext_key_usage(d, &f, out);
    decode_max_path_len(&f, out);
    decode_names(&f, out);
    return fields_done(&f);
}
