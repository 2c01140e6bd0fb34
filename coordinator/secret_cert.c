/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/secret_cert.h"

#include <arpa/inet.h>

#include "base/limits.h"
#include "base/text.h"
#include "coordinator/secret_ext.h"

enum { DAY = 86400 };

/* Attribute types of X.520 that pki/ has no use for. */
static const uint8_t OU[] = {0x55, 0x04, 0x0b}, STREET[] = {0x55, 0x04, 0x09},
                     POSTAL_CODE[] = {0x55, 0x04, 0x11}, SERIAL_NUMBER[] = {0x55, 0x04, 0x05};
#define OID(bytes) slice_of(bytes, sizeof bytes)

/* ---- the subject ------------------------------------------------------------------------------ */

struct sets {
    const struct cert_template *t;
    struct name_set at[9];
    size_t num;
};

/* Names under ExtraNames take the place of all others of their type. */
static void add_set(struct sets *s, struct slice oid, const char *const *texts, size_t num)
{
    for (size_t i = 0; i < s->t->subject.num_extra; i++)
        if (slice_equal(s->t->subject.extra[i].oid, oid))
            return;
    if (num > 0)
        s->at[s->num++] = (struct name_set){oid, texts, num};
}

static void add_texts(struct sets *s, struct slice oid, const struct texts *t)
{
    add_set(s, oid, (const char *const *)t->at, t->num);
}

static const char *common_name(const struct cert_template *t)
{
    if (t->subject.common_name != NULL && *t->subject.common_name != '\0')
        return t->subject.common_name;
    return t->dns_names.num == 0   ? "localhost"
           : t->dns_names.num == 1 ? t->dns_names.at[0]
                                   : "MarbleRun Generated Certificate";
}

/* In the order in which Go 1.26 writes them (pkix.Name); older versions had another. */
static struct slice subject_of(const struct cert_template *t, struct arena *a)
{
    const char *cn = common_name(t), *serial = t->subject.serial_number;
    struct sets s = {.t = t};
    struct name_set *all;

    add_texts(&s, OID_COUNTRY, &t->subject.country);
    add_texts(&s, OID_PROVINCE, &t->subject.province);
    add_texts(&s, OID_LOCALITY, &t->subject.locality);
    add_texts(&s, OID(STREET), &t->subject.street);
    add_texts(&s, OID(POSTAL_CODE), &t->subject.postal_code);
    add_texts(&s, OID_ORGANIZATION, &t->subject.organization);
    add_texts(&s, OID(OU), &t->subject.organizational_unit);
    add_set(&s, OID_COMMON_NAME, &cn, 1);
    add_set(&s, OID(SERIAL_NUMBER), &serial, serial != NULL && *serial != '\0');
    all = arena_array(a, s.num + t->subject.num_extra, sizeof *all);
    memcpy(all, s.at, s.num * sizeof *all);
    for (size_t i = 0; i < t->subject.num_extra; i++)
        all[s.num++] = (struct name_set){t->subject.extra[i].oid, &t->subject.extra[i].text, 1};
    return name_build_sets(a, all, s.num);
}

/* ---- its other names -------------------------------------------------------------------------- */

/* Like Go's ParseIP and To4: an IPv4 address in the guise of an IPv6 one is written as what it is. */
static bool address_of(const char *text, struct arena *a, struct slice *out)
{
    uint8_t v4[4], v6[16];

    if (inet_pton(AF_INET, text, v4) == 1) {
        *out = arena_copy(a, OID(v4));
        return true;
    }
    if (inet_pton(AF_INET6, text, v6) != 1)
        return false;
    *out = IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)(const void *)v6)
               ? arena_copy(a, slice_of(v6 + 12, sizeof v4))
               : arena_copy(a, OID(v6));
    return true;
}

static bool addresses_of(const struct texts *texts, struct arena *a, struct san *out, struct err *err)
{
    out->ips = arena_array(a, texts->num, sizeof *out->ips);
    for (; out->num_ips < texts->num; out->num_ips++)
        if (!address_of(texts->at[out->num_ips], a, &out->ips[out->num_ips]))
            return err_set(err, E_SECRET_VALUE, "Cert.IPAddresses: expected an IP address, found \"%s\"",
                           text_shown(a, slice_str(texts->at[out->num_ips])));
    return true;
}

static bool names_of(const struct cert_template *t, struct arena *a, struct san *out, struct err *err)
{
    static char localhost[] = "localhost", v4[] = "127.0.0.1", v6[] = "::1";
    static char *default_dns[] = {localhost}, *default_ips[] = {v4, v6};
    const struct texts dns = t->dns_names.num > 0 ? t->dns_names : (struct texts){default_dns, 1},
                       ips = t->ip_addresses.num > 0 ? t->ip_addresses : (struct texts){default_ips, 2};
    struct san san = {.dns = dns.at,
                      .num_dns = dns.num,
                      .emails = t->emails.at,
                      .num_emails = t->emails.num,
                      .uris = t->uris.at,
                      .num_uris = t->uris.num};

    if (!addresses_of(&ips, a, &san, err))
        return false;
    *out = san;
    return true;
}

/* ---- the rest --------------------------------------------------------------------------------- */

static bool key_for(const struct secret_spec *spec, struct key *out, struct err *err)
{
    if (spec->type == SECRET_CERT_RSA)
        return key_generate_rsa(spec->size, out, err);
    if (spec->type == SECRET_CERT_ED25519)
        return spec->size == 0
                   ? key_generate(KEY_ED25519, out, err)
                   : err_set(err, E_SECRET_VALUE, "Size: expected none for cert-ed25519, found %llu",
                             (unsigned long long)spec->size);
    switch (spec->size) {
    case 224:
        return key_generate(KEY_P224, out, err);
    case 256:
        return key_generate(KEY_P256, out, err);
    case 384:
        return key_generate(KEY_P384, out, err);
    case 521:
        return key_generate(KEY_P521, out, err);
    default:
        return err_set(err, E_SECRET_VALUE, "Size: expected 224, 256, 384 or 521 for cert-ecdsa, found %llu",
                       (unsigned long long)spec->size);
    }
}

/* A date of the template's stays; that it and ValidFor exclude each other is the manifest's to check. */
static bool validity_of(const struct secret_spec *spec, int64_t now, int64_t *out, struct err *err)
{
    const uint64_t days = secret_valid_for(spec);

    if (spec->has_cert && spec->cert.has_not_after && spec->valid_for == 0) {
        *out = spec->cert.not_after;
        return true;
    }
    if (days > LIMIT_VALIDITY_DAYS)
        return err_set(err, E_SECRET_VALUE, "ValidFor: expected at most %d days, found %llu",
                       LIMIT_VALIDITY_DAYS, (unsigned long long)days);
    *out = now + (int64_t)days * DAY;
    return true;
}

/* Go's x509.SignatureAlgorithm. */
static bool alg_of(const struct cert_template *t, struct cert_spec *spec, struct err *err)
{
    static const enum signature_alg algs[] = {SIG_ECDSA_SHA256, SIG_ECDSA_SHA384, SIG_ECDSA_SHA512};
    enum { GO_ECDSA_SHA256 = 10, GO_ECDSA_SHA512 = 12 };

    if (t->signature_alg == 0)
        return true;
    if (t->signature_alg < GO_ECDSA_SHA256 || t->signature_alg > GO_ECDSA_SHA512)
        return err_set(err, E_SECRET_VALUE,
                       "Cert.SignatureAlgorithm: expected 10, 11 or 12 (ECDSA, as the issuer's key is one), "
                       "found %u",
                       t->signature_alg);
    spec->alg = &algs[t->signature_alg - GO_ECDSA_SHA256];
    return true;
}

/* What the template brings itself is not ours: it is seen now that nobody can read it, not by a service. */
static bool check_made(struct slice der, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct cert c;

    return cert_parse(der, &scratch, &c, err) || err_as(err, E_SECRET_VALUE) ||
           err_in(err, "Cert: with the extensions of the template");
}

bool secret_cert_issue(const struct secret_spec *spec, const struct authority *ca, int64_t now,
                       struct arena *a, struct issued *out, struct err *err)
{
    static const struct cert_template none = {.max_path_len = -1};
    const struct cert_template *t = spec->has_cert ? &spec->cert : &none;
    struct cert_spec c = {
        .subject_name = t->raw_subject.len > 0 ? t->raw_subject : subject_of(t, a),
        .not_before = now,
        .key_usage = t->key_usage == 0 ? KU_DIGITAL_SIGNATURE | KU_CERT_SIGN : t->key_usage,
        .basic_constraints = true,
        .is_ca = t->is_ca,
        .path_len = t->is_ca ? t->max_path_len : -1,
        .key_ids = true, /* of the extensions the other ones, purposes too, are secret_extensions()' */
    };
    scoped(key_wipe) struct key key = {0};
    struct extension *extra;
    struct issued i;

    if (!validity_of(spec, now, &c.not_after, err) || !names_of(t, a, &c.san, err) || !alg_of(t, &c, err) ||
        !secret_extensions(t, a, &extra, &c.num_extra, err))
        return false;
    c.extra = extra;
    if (!key_for(spec, &key, err) || !authority_issue(ca, &c, &key, a, &i, err) || !check_made(i.cert, err))
        return false;
    *out = i;
    return true;
}
