/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/secret_cert.h"

#include <arpa/inet.h>

#include "base/text.h"
#include "pki/der.h"

enum { DAY = 86400, DEFAULT_DAYS = 365, MAX_DAYS = 365 * 1000, GO_SERVER_AUTH = 1, GO_CLIENT_AUTH = 2 };

/* Attribute types of X.520 that pki/ has no use for. */
static const uint8_t OU[] = {0x55, 0x04, 0x0b}, STREET[] = {0x55, 0x04, 0x09},
                     POSTAL_CODE[] = {0x55, 0x04, 0x11}, SERIAL_NUMBER[] = {0x55, 0x04, 0x05};
#define OID(bytes) slice_of(bytes, sizeof bytes)

/* Purposes by Go's numbers (x509.ExtKeyUsage). */
static const char *const PURPOSES[] = {
    "2.5.29.37.0",            /* any */
    "1.3.6.1.5.5.7.3.1",      /* serverAuth */
    "1.3.6.1.5.5.7.3.2",      /* clientAuth */
    "1.3.6.1.5.5.7.3.3",      /* codeSigning */
    "1.3.6.1.5.5.7.3.4",      /* emailProtection */
    "1.3.6.1.5.5.7.3.5",      /* IPsec end system */
    "1.3.6.1.5.5.7.3.6",      /* IPsec tunnel */
    "1.3.6.1.5.5.7.3.7",      /* IPsec user */
    "1.3.6.1.5.5.7.3.8",      /* timeStamping */
    "1.3.6.1.5.5.7.3.9",      /* OCSPSigning */
    "1.3.6.1.4.1.311.10.3.3", /* Microsoft server gated crypto */
    "2.16.840.1.113730.4.1",  /* Netscape server gated crypto */
    "1.3.6.1.4.1.311.2.1.22", /* Microsoft commercial code signing */
    "1.3.6.1.4.1.311.61.1.1", /* Microsoft kernel code signing */
};
enum { NUM_PURPOSES = sizeof PURPOSES / sizeof PURPOSES[0] };

struct parts {
    struct name_part *at;
    size_t num;
};

static void add_parts(struct parts *p, struct slice oid, char **texts, size_t num)
{
    for (size_t i = 0; i < num; i++)
        p->at[p->num++] = (struct name_part){oid, texts[i]};
}

static void add_part(struct parts *p, struct slice oid, const char *text)
{
    if (text != NULL && *text != '\0')
        p->at[p->num++] = (struct name_part){oid, text};
}

static const char *common_name(const struct cert_template *t)
{
    if (t->subject.common_name != NULL && *t->subject.common_name != '\0')
        return t->subject.common_name;
    return t->num_dns_names == 0   ? "localhost"
           : t->num_dns_names == 1 ? t->dns_names[0]
                                   : "MarbleRun Generated Certificate";
}

/* In the order in which Go writes them (pkix.Name). */
static struct parts subject_of(const struct cert_template *t, struct arena *a)
{
    const size_t most = t->subject.num_country + t->subject.num_organization +
                        t->subject.num_organizational_unit + t->subject.num_locality +
                        t->subject.num_province + t->subject.num_street + t->subject.num_postal_code + 2;
    struct parts p = {arena_array(a, most, sizeof *p.at), 0};

    add_parts(&p, OID_COUNTRY, t->subject.country, t->subject.num_country);
    add_parts(&p, OID_ORGANIZATION, t->subject.organization, t->subject.num_organization);
    add_parts(&p, OID(OU), t->subject.organizational_unit, t->subject.num_organizational_unit);
    add_parts(&p, OID_LOCALITY, t->subject.locality, t->subject.num_locality);
    add_parts(&p, OID_PROVINCE, t->subject.province, t->subject.num_province);
    add_parts(&p, OID(STREET), t->subject.street, t->subject.num_street);
    add_parts(&p, OID(POSTAL_CODE), t->subject.postal_code, t->subject.num_postal_code);
    add_part(&p, OID_COMMON_NAME, common_name(t));
    add_part(&p, OID(SERIAL_NUMBER), t->subject.serial_number);
    return p;
}

static bool addresses_of(const struct cert_template *t, struct arena *a, struct san *out, struct err *err)
{
    out->ips = arena_array(a, t->num_ip_addresses, sizeof *out->ips);
    for (size_t i = 0; i < t->num_ip_addresses; i++) {
        uint8_t ip[16];
        const bool v4 = inet_pton(AF_INET, t->ip_addresses[i], ip) == 1;

        if (!v4 && inet_pton(AF_INET6, t->ip_addresses[i], ip) != 1)
            return err_set(err, E_SECRET_VALUE, "Cert.IPAddresses: expected an IP address, found \"%s\"",
                           text_shown(a, slice_str(t->ip_addresses[i])));
        out->ips[out->num_ips++] = arena_copy(a, slice_of(ip, v4 ? 4 : 16));
    }
    return true;
}

static bool names_of(const struct cert_template *t, struct arena *a, struct san *out, struct err *err)
{
    static char localhost[] = "localhost", v4[] = "127.0.0.1", v6[] = "::1";
    static char *default_dns[] = {localhost}, *default_ips[] = {v4, v6};
    struct cert_template filled = *t;
    struct san san = {0};

    if (t->num_ip_addresses == 0) {
        filled.ip_addresses = default_ips;
        filled.num_ip_addresses = 2;
    }
    san.dns = t->num_dns_names == 0 ? default_dns : t->dns_names;
    san.num_dns = t->num_dns_names == 0 ? 1 : t->num_dns_names;
    if (!addresses_of(&filled, a, &san, err))
        return false;
    *out = san;
    return true;
}

static bool put_purposes(struct buf *b, const struct cert_template *t, struct err *err)
{
    const size_t mark = der_begin(b, DER_SEQUENCE);

    for (size_t i = 0; i < t->num_ext_key_usage; i++) {
        scoped(buf_wipe) struct buf oid = buf_max(64);

        if (t->ext_key_usage[i] >= NUM_PURPOSES)
            return err_set(err, E_SECRET_VALUE, "Cert.ExtKeyUsage: expected numbers from 0 to %d, found %llu",
                           NUM_PURPOSES - 1, (unsigned long long)t->ext_key_usage[i]);
        (void)oid_from_text(PURPOSES[t->ext_key_usage[i]], &oid);
        der_put_oid(b, buf_bytes(&oid));
    }
    der_end(b, mark);
    return true;
}

/* Our own writer of the extension serves every purpose; pki/ knows the two usual ones. */
static bool usage_of(const struct cert_template *t, struct arena *a, struct cert_spec *spec, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(4096);
    struct extension *e = arena_alloc(a, sizeof *e);

    if (t->num_ext_key_usage == 0) {
        spec->eku_server = spec->eku_client = true;
        return true;
    }
    if (t->num_ext_key_usage > 64)
        return err_set(err, E_SECRET_VALUE, "Cert.ExtKeyUsage: %zu entries, more than 64",
                       t->num_ext_key_usage);
    if (!put_purposes(&b, t, err))
        return false;
    *e = (struct extension){.oid = OID_EXT_KEY_USAGE, .value = arena_copy(a, buf_bytes(&b))};
    spec->extra = e;
    spec->num_extra = 1;
    return true;
}

static bool key_type_for(const struct secret_spec *spec, enum key_type *out, struct err *err)
{
    if (spec->type != SECRET_CERT_ECDSA)
        return err_set(err, E_UNSUPPORTED,
                       "certificates of type %s cannot be made by this version; cert-ecdsa can",
                       secret_type_name(spec->type));
    if (spec->size != 256 && spec->size != 384 && spec->size != 521)
        return err_set(err, E_UNSUPPORTED, "Size: expected 256, 384 or 521 for cert-ecdsa, found %llu",
                       (unsigned long long)spec->size);
    *out = spec->size == 256 ? KEY_P256 : spec->size == 384 ? KEY_P384 : KEY_P521;
    return true;
}

static bool validity_of(const struct secret_spec *spec, int64_t now, int64_t *out, struct err *err)
{
    const uint64_t days = spec->valid_for == 0 ? DEFAULT_DAYS : spec->valid_for;

    if (spec->has_cert && spec->cert.has_not_after && spec->valid_for == 0) {
        *out = spec->cert.not_after;
        return true;
    }
    if (days > MAX_DAYS)
        return err_set(err, E_SECRET_VALUE, "ValidFor: expected at most %d days, found %llu", MAX_DAYS,
                       (unsigned long long)days);
    *out = now + (int64_t)days * DAY;
    return true;
}

bool secret_cert_issue(const struct secret_spec *spec, const struct authority *ca, int64_t now,
                       struct arena *a, struct issued *out, struct err *err)
{
    static const struct cert_template none = {.max_path_len = -1};
    const struct cert_template *t = spec->has_cert ? &spec->cert : &none;
    const struct parts subject = subject_of(t, a);
    struct cert_spec c = {
        .subject = subject.at,
        .num_subject = subject.num,
        .not_before = now,
        .key_usage = t->key_usage == 0 ? KU_DIGITAL_SIGNATURE | KU_CERT_SIGN : t->key_usage,
        .basic_constraints = true,
        .is_ca = t->is_ca,
        .path_len = t->is_ca ? t->max_path_len : -1,
        .key_ids = true,
    };
    enum key_type type = KEY_P256;

    return key_type_for(spec, &type, err) && validity_of(spec, now, &c.not_after, err) &&
           names_of(t, a, &c.san, err) && usage_of(t, a, &c, err) &&
           authority_issue(ca, &c, type, a, out, err);
}
