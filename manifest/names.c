/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/names.h"

#include "base/limits.h"
#include "base/text.h"
#include "manifest/decode.h"

enum { MAX_DNS_NAME = 253, MAX_LABEL = 63 }; /* RFC 1035 2.3.4 */

/* SPIFFE-ID, 2.1 to 2.4. */
enum { MAX_TRUST_DOMAIN = 255, MAX_SPIFFE_ID = 2048 };

/* ---- read --------------------------------------------------------------------------------------- */

void decode_names(struct fields *f, struct marble_names *out)
{
    out->dns = field_strs(f, "DNSNames", &out->num_dns);
    out->ips = field_strs(f, "IPAddresses", &out->num_ips);
    out->spiffe = field_bool(f, "SPIFFE");
    out->given = field_present(f, "DNSNames") || field_present(f, "IPAddresses") || out->spiffe;
}

/* ---- checked ------------------------------------------------------------------------------------ */

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 1123 2.1, and the underscore that names of services have. */
static bool is_label(struct slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter_or_digit((char)s.ptr[i]) && s.ptr[i] != '_' && s.ptr[i] != '-')
            return false;
    return s.len > 0 && s.len <= MAX_LABEL && s.ptr[0] != '-' && s.ptr[s.len - 1] != '-';
}

/* A star may stand for the first label (RFC 6125 6.4.3). */
static bool is_dns_name(const char *name, struct arena *a)
{
    const char *labels = text_starts_with(slice_str(name), "*.") ? name + 2 : name;
    struct slice *pieces;
    const size_t num = text_split(a, slice_str(labels), '.', &pieces);

    for (size_t i = 0; i < num; i++)
        if (!is_label(pieces[i]))
            return false;
    return strlen(name) <= MAX_DNS_NAME;
}

static bool is_address(const char *text)
{
    uint8_t ignored[16];

    return ip_decode(text, ignored) > 0;
}

static bool check_dns(const struct marble *m, const char *path, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < m->names.num_dns; i++) {
        const char *name = m->names.dns[i];

        if (is_address(name))
            return err_set(err, E_MANIFEST_NAMES,
                           "%s.DNSNames[%zu]: %s is an IP address, which belongs in IPAddresses", path, i,
                           name);
        if (!is_dns_name(name, a))
            return err_set(
                err, E_MANIFEST_NAMES,
                "%s.DNSNames[%zu]: \"%s\" is not a DNS name (labels of letters, digits, - and _ in ASCII; "
                "a * may stand for the first)",
                path, i, text_shown(a, slice_str(name)));
    }
    return true;
}

static bool check_addresses(const struct marble *m, const char *path, struct arena *a, struct err *err)
{
    for (size_t i = 0; i < m->names.num_ips; i++)
        if (!is_address(m->names.ips[i]))
            return err_set(err, E_MANIFEST_NAMES, "%s.IPAddresses[%zu]: \"%s\" is not an IP address", path, i,
                           text_shown(a, slice_str(m->names.ips[i])));
    return true;
}

/* One segment of a SPIFFE ID's path, or, of its characters, a trust domain. */
static bool is_segment(const char *s)
{
    for (const char *p = s; *p != '\0'; p++)
        if (!is_letter_or_digit(*p) && *p != '.' && *p != '-' && *p != '_')
            return false;
    return *s != '\0' && strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

static bool is_trust_domain(const char *s)
{
    for (const char *p = s; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            return false;
    return is_segment(s) && strlen(s) <= MAX_TRUST_DOMAIN;
}

static char *spiffe_id(const struct manifest *m, const struct marble *marble, struct uuid uuid,
                       struct arena *a)
{
    char text[UUID_LEN + 1];

    uuid_format(text, uuid);
    return arena_printf(a, "spiffe://%s/marble/%s/%s", m->spiffe_trust_domain, marble->type, text);
}

static bool is_spiffe_id(const struct manifest *m, const struct marble *marble, struct arena *a)
{
    return is_segment(marble->type) && strlen(spiffe_id(m, marble, (struct uuid){{0}}, a)) <= MAX_SPIFFE_ID;
}

static bool check_spiffe(const struct manifest *m, const struct marble *marble, const char *path,
                         struct arena *a, struct err *err)
{
    if (!marble->names.spiffe)
        return true;
    if (*m->spiffe_trust_domain == '\0')
        return err_set(err, E_MANIFEST_NAMES, "%s.SPIFFE: $.Config.SPIFFETrustDomain is missing", path);
    return is_spiffe_id(m, marble, a) || err_set(err, E_MANIFEST_NAMES,
                                                 "%s.SPIFFE: the marble's type cannot be part of a SPIFFE "
                                                 "ID, which takes letters, digits, \".\", "
                                                 "\"-\" and \"_\" and has %d characters at most",
                                                 path, MAX_SPIFFE_ID);
}

static bool check_marble_names(const struct manifest *m, const struct marble *marble, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const char *path = path_entry(&scratch, "$.Marbles", marble->type);

    if (marble->names.num_dns + marble->names.num_ips > LIMIT_MARBLE_NAMES)
        return err_set(err, E_MANIFEST_NAMES, "%s: %zu names, more than the %d that a certificate may have",
                       path, marble->names.num_dns + marble->names.num_ips, LIMIT_MARBLE_NAMES);
    return check_dns(marble, path, &scratch, err) && check_addresses(marble, path, &scratch, err) &&
           check_spiffe(m, marble, path, &scratch, err);
}

bool check_names(const struct manifest *m, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    if (*m->spiffe_trust_domain != '\0' && !is_trust_domain(m->spiffe_trust_domain))
        return err_set(
            err, E_MANIFEST_NAMES,
            "$.Config.SPIFFETrustDomain: expected up to %d lower-case letters, digits, \".\", \"-\" and "
            "\"_\", found \"%s\"",
            MAX_TRUST_DOMAIN, text_shown(&scratch, slice_str(m->spiffe_trust_domain)));
    for (size_t i = 0; i < m->num_marbles; i++)
        if (m->marbles[i].names.given && !check_marble_names(m, &m->marbles[i], err))
            return false;
    return true;
}

/* ---- put into a certificate ---------------------------------------------------------------------- */

const struct san *marble_san(const struct manifest *m, const struct marble *marble, struct uuid uuid,
                             struct arena *a)
{
    const struct marble_names *names = &marble->names;
    struct san *san = arena_alloc(a, sizeof *san);
    uint8_t ip[16];

    if (!names->given)
        return NULL;
    *san = (struct san){.dns = arena_array(a, names->num_dns, sizeof *san->dns),
                        .ips = arena_array(a, names->num_ips, sizeof *san->ips),
                        .uris = arena_array(a, 1, sizeof *san->uris)};
    for (size_t i = 0; i < names->num_dns; i++)
        if (is_dns_name(names->dns[i], a))
            san->dns[san->num_dns++] = names->dns[i];
    for (size_t i = 0; i < names->num_ips; i++) {
        const size_t len = ip_decode(names->ips[i], ip);

        if (len > 0)
            san->ips[san->num_ips++] = arena_copy(a, slice_of(ip, len));
    }
    if (names->spiffe && is_trust_domain(m->spiffe_trust_domain) && is_spiffe_id(m, marble, a))
        san->uris[san->num_uris++] = spiffe_id(m, marble, uuid, a);
    return san;
}
