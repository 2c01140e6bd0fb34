/* SPDX-License-Identifier: Apache-2.0 */
/* The names of certificate templates: Go's pkix.Name, the lists of alternative names, name constraints. */
#include <arpa/inet.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/cert_template.h"
#include "pki/der.h"

enum { MAX_ARCS = 64, MAX_OID = 256 };

/* ---- object identifiers -------------------------------------------------------------------------- */

/* [2, 5, 29, 17] as Go's asn1.ObjectIdentifier reads it, or "2.5.29.17" as its x509.OID does. */
static const char *dotted(struct decoder *d, const json_t *v)
{
    const char *text = "";

    if (json_is_string(v))
        return json_string_value(v);
    if (!json_is_array(v) || json_array_size(v) > MAX_ARCS)
        return "";
    for (size_t i = 0; i < json_array_size(v); i++) {
        const json_t *arc = json_array_get(v, i);

        if (!json_is_integer(arc) || json_integer_value(arc) < 0)
            return "";
        text = arena_printf(d->arena, "%s%s%lld", text, i > 0 ? "." : "", (long long)json_integer_value(arc));
    }
    return text;
}

static bool oid_of(struct decoder *d, const json_t *v, struct slice *out)
{
    scoped(buf_wipe) struct buf b = buf_max(MAX_OID);

    if (!oid_from_text(dotted(d, v), &b))
        return false;
    *out = arena_copy(d->arena, buf_bytes(&b));
    return true;
}

struct slice decode_oid(struct decoder *d, struct fields *f, const char *name)
{
    struct slice oid = {0};

    if (fields_done(f) && !oid_of(d, field(f, name), &oid))
        (void)field_fault(f, name, "expected an object identifier like [2, 5, 29, 17]");
    return oid;
}

struct slices decode_oids(struct decoder *d, struct fields *f, const char *name)
{
    const json_t *array = field_array(f, name);
    const size_t num = json_array_size(array);
    struct slices list = {arena_array(d->arena, num, sizeof *list.at), 0};

    for (; list.num < num; list.num++)
        if (!oid_of(d, json_array_get(array, list.num), &list.at[list.num])) {
            (void)field_fault(f, name, "element %zu: expected an object identifier like [2, 5, 29, 17]",
                              list.num);
            break;
        }
    return list;
}

/* ---- the subject --------------------------------------------------------------------------------- */

static const char *const subject_fields[] = {
    "Country",    "Organization", "OrganizationalUnit", "Locality", "Province",   "StreetAddress",
    "PostalCode", "SerialNumber", "CommonName",         "Names",    "ExtraNames", NULL};

static struct texts texts_of(struct fields *f, const char *name)
{
    struct texts t;

    t.at = field_strs(f, name, &t.num);
    return t;
}

static void decode_extra_names(struct decoder *d, struct fields *f, struct cert_template *t)
{
    static const char *const members[] = {"Type", "Value", NULL};
    const json_t *array = field_array(f, "ExtraNames");
    const size_t num = json_array_size(array);

    t->subject.extra = arena_array(d->arena, num, sizeof *t->subject.extra);
    for (size_t i = 0; i < num && fields_done(f); i++) {
        const char *path = arena_printf(d->arena, "%s[%zu]", field_path(f, "ExtraNames"), i);
        struct fields e = decode_struct(d, json_array_get(array, i), path, members);
        struct name_part *part = &t->subject.extra[t->subject.num_extra++];

        part->oid = decode_oid(d, &e, "Type");
        part->text = decode_text(&e, "Value");
        f->bad |= e.bad;
    }
}

static void decode_subject(struct decoder *d, struct fields *above, struct cert_template *t)
{
    struct fields f = decode_struct(d, field(above, "Subject"), field_path(above, "Subject"), subject_fields);

    t->subject.country = texts_of(&f, "Country");
    t->subject.organization = texts_of(&f, "Organization");
    t->subject.organizational_unit = texts_of(&f, "OrganizationalUnit");
    t->subject.locality = texts_of(&f, "Locality");
    t->subject.province = texts_of(&f, "Province");
    t->subject.street = texts_of(&f, "StreetAddress");
    t->subject.postal_code = texts_of(&f, "PostalCode");
    t->subject.serial_number = decode_text(&f, "SerialNumber");
    t->subject.common_name = decode_text(&f, "CommonName");
    if (json_array_size(field_array(&f, "Names")) > 0)
        decode_warn(d, "%s: ignored, as in MarbleRun", field_path(&f, "Names"));
    decode_extra_names(d, &f, t);
    above->bad |= f.bad;
}

/* ---- other names --------------------------------------------------------------------------------- */

/* What an IA5String holds and people can read. */
static bool is_visible_ascii(const char *text)
{
    const char *p = text;

    while (*p > ' ' && *p <= '~')
        p++;
    return p > text && *p == '\0';
}

static struct texts ascii_texts(struct fields *f, const char *name)
{
    const struct texts t = texts_of(f, name);

    for (size_t i = 0; i < t.num && fields_done(f); i++)
        if (!is_visible_ascii(t.at[i]))
            (void)field_fault(f, name, "element %zu is not a name in ASCII", i);
    return t;
}

static struct texts decode_urls(struct decoder *d, struct fields *f, const char *name)
{
    const json_t *array = field_array(f, name);
    const size_t num = json_array_size(array);
    struct texts t = {arena_array(d->arena, num, sizeof *t.at), 0};

    while (t.num < num && fields_done(f)) {
        const char *path = arena_printf(d->arena, "%s[%zu]", field_path(f, name), t.num);
        char *url = decode_url(d, json_array_get(array, t.num), path, f);

        if (fields_done(f) && !is_visible_ascii(url))
            (void)field_fault(f, name, "element %zu makes no address in ASCII", t.num);
        t.at[t.num++] = url;
    }
    return t;
}

static bool is_address(const char *text)
{
    uint8_t address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static struct texts decode_addresses(struct fields *f, const char *name)
{
    const struct texts t = texts_of(f, name);

    for (size_t i = 0; i < t.num && fields_done(f); i++)
        if (!is_address(t.at[i]))
            (void)field_fault(f, name, "element %zu is not an IP address", i);
    return t;
}

/* ---- name constraints ---------------------------------------------------------------------------- */

/* Go's net.IPNet: the address as text, the mask as bytes of the same length. */
static bool decode_range(struct decoder *d, struct fields *f, struct slice *out)
{
    const char *ip = decode_text(f, "IP");
    const struct slice mask = field_bytes(f, "Mask", 16);
    uint8_t both[32];
    const bool v4 = fields_done(f) && inet_pton(AF_INET, ip, both) == 1;
    const size_t len = v4 ? 4 : 16;

    if (!fields_done(f))
        return false;
    if ((!v4 && inet_pton(AF_INET6, ip, both) != 1) || mask.len != len)
        return field_fault(f, "IP", "expected an IP address, and a Mask of as many bytes");
    memcpy(both + len, mask.ptr, len);
    *out = arena_copy(d->arena, slice_of(both, 2 * len));
    return true;
}

static struct slices decode_ranges(struct decoder *d, struct fields *f, const char *name)
{
    static const char *const members[] = {"IP", "Mask", NULL};
    const json_t *array = field_array(f, name);
    const size_t num = json_array_size(array);
    struct slices list = {arena_array(d->arena, num, sizeof *list.at), 0};

    for (; list.num < num && fields_done(f); list.num++) {
        const char *path = arena_printf(d->arena, "%s[%zu]", field_path(f, name), list.num);
        struct fields e = decode_struct(d, json_array_get(array, list.num), path, members);

        f->bad |= !decode_range(d, &e, &list.at[list.num]);
    }
    return list;
}

static void decode_constraints(struct decoder *d, struct fields *f, struct cert_template *t)
{
    t->constraints_critical = field_bool(f, "PermittedDNSDomainsCritical");
    t->permitted.dns = ascii_texts(f, "PermittedDNSDomains");
    t->permitted.emails = ascii_texts(f, "PermittedEmailAddresses");
    t->permitted.uris = ascii_texts(f, "PermittedURIDomains");
    t->permitted.ips = decode_ranges(d, f, "PermittedIPRanges");
    t->excluded.dns = ascii_texts(f, "ExcludedDNSDomains");
    t->excluded.emails = ascii_texts(f, "ExcludedEmailAddresses");
    t->excluded.uris = ascii_texts(f, "ExcludedURIDomains");
    t->excluded.ips = decode_ranges(d, f, "ExcludedIPRanges");
}

void decode_cert_names(struct decoder *d, struct fields *f, struct cert_template *t)
{
    t->raw_subject = field_bytes(f, "RawSubject", LIMIT_CERTIFICATE);
    if (fields_done(f))
        decode_subject(d, f, t);
    t->dns_names = ascii_texts(f, "DNSNames");
    t->emails = ascii_texts(f, "EmailAddresses");
    t->ip_addresses = decode_addresses(f, "IPAddresses");
    t->uris = decode_urls(d, f, "URIs");
    t->ocsp_servers = ascii_texts(f, "OCSPServer");
    t->issuer_urls = ascii_texts(f, "IssuingCertificateURL");
    t->crl_urls = ascii_texts(f, "CRLDistributionPoints");
    decode_constraints(d, f, t);
}
