/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/ca.h"

#include <arpa/inet.h>

#include <stdatomic.h>
#include <stdlib.h>

#include "base/text.h"
#include "pki/der.h"

/* The whole authority lives in its arena, which ends with the last holder. */
struct authority_impl {
    struct arena arena;
    atomic_uint holders;
};

static const char ROOT_NAME[] = "MarbleRun Coordinator";
static const char INTERMEDIATE_NAME[] = "MarbleRun Coordinator - Intermediate CA";

/* 1.3.9903.2.1: the marble's type. Its value is the bare text, not DER, as MarbleRun writes it. */
static const uint8_t MARBLE_TYPE_OID[] = {0x2b, 0xcd, 0x2f, 0x02, 0x01};

static struct authority *new_authority(void)
{
    struct authority *ca = calloc(1, sizeof *ca);
    struct authority_impl *impl = calloc(1, sizeof *impl);

    if (ca == NULL || impl == NULL)
        abort();
    atomic_init(&impl->holders, 1);
    ca->impl = impl;
    return ca;
}

struct authority *authority_hold(struct authority *ca)
{
    (void)atomic_fetch_add_explicit(&ca->impl->holders, 1, memory_order_relaxed);
    return ca;
}

void authority_release(struct authority **ca)
{
    struct authority *gone = *ca;

    *ca = NULL;
    if (gone == NULL || atomic_fetch_sub_explicit(&gone->impl->holders, 1, memory_order_acq_rel) != 1)
        return;
    tls_identity_release(&gone->client_identity);
    tls_identity_release(&gone->mesh_identity);
    key_wipe(&gone->root_key);
    key_wipe(&gone->key);
    arena_wipe(&gone->impl->arena);
    free(gone->impl);
    free(gone);
}

/* ---- made and loaded ------------------------------------------------------------------------- */

static bool identity_of(const struct slice *chain, size_t num, const struct key *k, struct tls_identity **out,
                        struct err *err)
{
    scoped(secret_wipe) struct secret pkcs8 = {0};

    key_to_pkcs8(k, &pkcs8);
    return tls_identity_new(chain, num, secret_bytes(&pkcs8), out, err);
}

/* Behind the marble root, which MarbleRun shows alone, stands the intermediate: of the same name and key, it
 * leads whoever knows the root there. */
static bool make_identities(struct authority *ca, struct err *err)
{
    const struct slice mesh[] = {ca->marble_root.der, ca->intermediate.der};

    return cert_san(&ca->root, &ca->impl->arena, &ca->names, err) &&
           identity_of(&ca->root.der, 1, &ca->root_key, &ca->client_identity, err) &&
           identity_of(mesh, 2, &ca->key, &ca->mesh_identity, err);
}

/* One of the three, signed by `issuer` or itself. */
static bool issue_ca(struct authority *ca, const char *name, const struct key *key, const struct cert *issuer,
                     const struct san *names, int64_t now, struct cert *out, struct err *err)
{
    struct arena *a = &ca->impl->arena;
    const struct name_part subject = {OID_COMMON_NAME, name};
    const struct cert_spec spec = {
        .subject = &subject,
        .num_subject = 1,
        .not_before = now,
        .not_after = now + CA_VALIDITY,
        .san = *names,
        .key_usage = KU_DIGITAL_SIGNATURE | KU_CERT_SIGN,
        .eku_server = true,
        .eku_client = true,
        .basic_constraints = true,
        .is_ca = true,
        .path_len = -1,
        .key_ids = true,
    };
    struct slice der;

    return (cert_issue(&spec, key_spki(key, a), issuer, issuer == NULL ? key : &ca->root_key, a, &der, err) &&
            cert_parse(der, a, out, err)) ||
           err_in(err, "issuing \"%s\"", name);
}

/* Intermediate and marble root: one key, one name, two issuers. */
static bool make_issuers(struct authority *ca, const struct san *names, int64_t now, struct err *err)
{
    return key_generate(KEY_P256, &ca->key, err) &&
           issue_ca(ca, INTERMEDIATE_NAME, &ca->key, &ca->root, names, now, &ca->intermediate, err) &&
           issue_ca(ca, INTERMEDIATE_NAME, &ca->key, NULL, names, now, &ca->marble_root, err) &&
           make_identities(ca, err);
}

bool authority_new(const struct san *names, int64_t now, struct authority **out, struct err *err)
{
    scoped(authority_release) struct authority *ca = new_authority();

    if (!key_generate(KEY_P256, &ca->root_key, err) ||
        !issue_ca(ca, ROOT_NAME, &ca->root_key, NULL, names, now, &ca->root, err) ||
        !make_issuers(ca, names, now, err))
        return false;
    *out = ca;
    ca = NULL;
    return true;
}

bool authority_rotate(const struct authority *before, int64_t now, struct authority **out, struct err *err)
{
    scoped(authority_release) struct authority *ca = new_authority();
    scoped(secret_wipe) struct secret root_key = {0};
    struct arena *a = &ca->impl->arena;

    key_to_pkcs8(&before->root_key, &root_key);
    if (!key_from_pkcs8(secret_bytes(&root_key), &ca->root_key, err) ||
        !cert_parse(arena_copy(a, before->root.der), a, &ca->root, err) ||
        !cert_parse(arena_copy(a, before->marble_root.der), a, &ca->previous_marble_root, err) ||
        !make_issuers(ca, &before->names, now, err))
        return false;
    *out = ca;
    ca = NULL;
    return true;
}

static bool belongs(const struct cert *c, const struct key *k, const char *name, struct arena *a,
                    struct err *err)
{
    return slice_equal(c->spki, key_spki(k, a)) ||
           err_set(err, E_STATE_CORRUPT, "the certificate of the %s is for another key", name);
}

static bool load_parts(struct authority *ca, const struct authority_parts *p, struct err *err)
{
    struct arena *a = &ca->impl->arena;

    return cert_parse(arena_copy(a, p->root), a, &ca->root, err) &&
           cert_parse(arena_copy(a, p->intermediate), a, &ca->intermediate, err) &&
           cert_parse(arena_copy(a, p->marble_root), a, &ca->marble_root, err) &&
           (p->previous_marble_root.len == 0 ||
            cert_parse(arena_copy(a, p->previous_marble_root), a, &ca->previous_marble_root, err)) &&
           key_from_pkcs8(p->root_key, &ca->root_key, err) && key_from_pkcs8(p->key, &ca->key, err) &&
           belongs(&ca->root, &ca->root_key, "root", a, err) &&
           belongs(&ca->intermediate, &ca->key, "intermediate", a, err) &&
           belongs(&ca->marble_root, &ca->key, "marble root", a, err) &&
           cert_signed_by(&ca->root, &ca->root, err) && cert_signed_by(&ca->intermediate, &ca->root, err) &&
           cert_signed_by(&ca->marble_root, &ca->marble_root, err) && make_identities(ca, err);
}

bool authority_load(const struct authority_parts *parts, struct authority **out, struct err *err)
{
    scoped(authority_release) struct authority *ca = new_authority();

    if (!load_parts(ca, parts, err)) {
        err->code = E_STATE_CORRUPT;
        return err_in(err, "certificate authority");
    }
    *out = ca;
    ca = NULL;
    return true;
}

static struct slice secret_in(struct arena *a, const struct key *k,
                              void (*write)(const struct key *k, struct secret *out))
{
    scoped(secret_wipe) struct secret bytes = {0};

    write(k, &bytes);
    return arena_copy(a, secret_bytes(&bytes));
}

struct authority_parts authority_parts(const struct authority *ca, struct arena *a)
{
    return (struct authority_parts){ca->root.der,
                                    ca->intermediate.der,
                                    ca->marble_root.der,
                                    secret_in(a, &ca->root_key, key_to_sec1),
                                    secret_in(a, &ca->key, key_to_sec1),
                                    ca->previous_marble_root.der};
}

/* ---- issuing --------------------------------------------------------------------------------- */

bool authority_issue(const struct authority *ca, const struct cert_spec *spec, const struct key *key,
                     struct arena *a, struct issued *out, struct err *err)
{
    struct issued i = {.public_key = key_spki(key, a)};

    if (!cert_issue(spec, i.public_key, &ca->marble_root, &ca->key, a, &i.cert, err))
        return false;
    i.private_key = secret_in(a, key, key_to_pkcs8);
    *out = i;
    return true;
}

static struct slice without_final_dot(struct slice name)
{
    return slice_of(name.ptr, name.len - (name.len > 0 && name.ptr[name.len - 1] == '.'));
}

static struct slice first(struct slice s, size_t len) { return slice_of(s.ptr, len); }
static struct slice last(struct slice s, size_t len) { return slice_of(s.ptr + (s.len - len), len); }

/* Would a client take a certificate for `asked` as one for `name`? A star stands for a label, and to some
 * (OpenSSL's X509_check_host) for a part of one. */
static bool covers(const char *asked, const char *name)
{
    const struct slice a = without_final_dot(slice_str(asked)), n = without_final_dot(slice_str(name));
    const uint8_t *star = a.len == 0 ? NULL : memchr(a.ptr, '*', a.len);
    const size_t before = star == NULL ? 0 : (size_t)(star - a.ptr), after = a.len - before - (star != NULL);

    if (star == NULL)
        return text_equal_fold(a, n);
    return n.len >= before + after && text_equal_fold(first(n, before), first(a, before)) &&
           text_equal_fold(last(n, after), last(a, after)) &&
           memchr(n.ptr + before, '.', n.len - before - after) == NULL;
}

static bool is_shared_name(const char *name) { return covers("localhost", name); }

static bool is_loopback(struct slice ip)
{
    static const uint8_t v4[] = {127, 0, 0, 1}, v6[16] = {[15] = 1};

    return slice_equal(ip, slice_of(v4, sizeof v4)) || slice_equal(ip, slice_of(v6, sizeof v6));
}

static bool is_our_address(const struct authority *ca, struct slice asked)
{
    for (size_t i = 0; i < ca->names.num_ips; i++)
        if (slice_equal(ip_plain(asked), ip_plain(ca->names.ips[i])))
            return !is_loopback(ip_plain(asked));
    return false;
}

/* Some take an address that stands among the DNS names, too, and a star there for a part of it (mbedTLS). */
static bool covers_our_address(const struct authority *ca, const char *asked)
{
    char text[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < ca->names.num_ips; i++) {
        const struct slice ip = ip_plain(ca->names.ips[i]);

        if (!is_loopback(ip) &&
            inet_ntop(ip.len == 4 ? AF_INET : AF_INET6, ip.ptr, text, sizeof text) != NULL &&
            covers(asked, text))
            return true;
    }
    return false;
}

static bool is_ours(const struct authority *ca, const char *asked)
{
    uint8_t ip[16];

    for (size_t i = 0; i < ca->names.num_dns; i++)
        if (!is_shared_name(ca->names.dns[i]) &&
            (covers(asked, ca->names.dns[i]) || covers(ca->names.dns[i], asked)))
            return true;
    return covers_our_address(ca, asked) || is_our_address(ca, slice_of(ip, ip_decode(asked, ip)));
}

bool authority_check_names(const struct authority *ca, const struct san *names, struct arena *a,
                           struct err *err)
{
    for (size_t i = 0; i < names->num_dns; i++)
        if (is_ours(ca, names->dns[i]))
            return err_set(err, E_NAME_RESERVED, "\"%s\" is a name of the coordinator and not for a marble",
                           text_shown(a, slice_str(names->dns[i])));
    for (size_t i = 0; i < names->num_ips; i++)
        if (is_our_address(ca, names->ips[i]))
            return err_set(err, E_NAME_RESERVED,
                           "IP address %s (hexadecimal) is the coordinator's and not for a marble",
                           hex_text(a, names->ips[i]));
    return true;
}

/* The contents of a Name that is known to be one. */
static struct slice relative_names(struct slice name)
{
    struct cursor c = cursor_over(name);

    return der_take(&c, DER_SEQUENCE);
}

/* The request's subject without CN and O, then CN = UUID. */
static bool marble_subject(struct slice subject, const char *uuid, struct arena *a, struct slice *out,
                           struct err *err)
{
    const struct slice replaced[] = {OID_COMMON_NAME, OID_ORGANIZATION};
    const struct name_part common_name = {OID_COMMON_NAME, uuid};
    struct slice rest;

    if (!name_without(subject, replaced, 2, a, &rest, err))
        return false;
    const struct slice before = relative_names(rest), after = relative_names(name_build(a, &common_name, 1));
    scoped(buf_wipe) struct buf b = buf_max(before.len + after.len + 16);
    const size_t mark = der_begin(&b, DER_SEQUENCE);

    buf_put(&b, before);
    buf_put(&b, after);
    der_end(&b, mark);
    *out = arena_copy(a, buf_bytes(&b));
    return true;
}

static bool issue_fresh(const struct authority *ca, const struct cert_spec *spec, struct arena *a,
                        struct issued *out, struct err *err)
{
    scoped(key_wipe) struct key key = {0};

    return key_generate(KEY_P256, &key, err) && authority_issue(ca, spec, &key, a, out, err);
}

static bool issue_own(const struct authority *ca, const struct cert_spec *spec, struct slice spki,
                      struct arena *a, struct issued *out, struct err *err)
{
    struct issued i = {.public_key = spki};

    if (!cert_issue(spec, spki, &ca->marble_root, &ca->key, a, &i.cert, err))
        return false;
    *out = i;
    return true;
}

bool authority_check_own_key(struct slice spki, struct err *err)
{
    enum key_type type;

    if (!spki_check(spki, &type, err)) {
        (void)err_as(err, E_CSR_FORMAT);
        return err_in(err, "certificate request");
    }
    return type == KEY_P256 || type == KEY_P384 ||
           err_set(err, E_CSR_FORMAT,
                   "certificate request: expected a key on P-256 or P-384, found another kind");
}

bool authority_issue_marble(const struct authority *ca, const struct csr *csr, const struct san *names,
                            struct uuid uuid, const char *marble_type, int64_t lifetime, int64_t now,
                            struct arena *a, struct issued *out, struct err *err)
{
    const struct san asked = {
        .dns = csr->san.dns, .num_dns = csr->san.num_dns, .ips = csr->san.ips, .num_ips = csr->san.num_ips};
    const struct extension type = {
        .oid = slice_of(MARBLE_TYPE_OID, sizeof MARBLE_TYPE_OID),
        .value = slice_str(marble_type),
    };
    struct cert_spec spec = {
        .not_before = now,
        .not_after = now + (lifetime == 0 ? CA_VALIDITY : lifetime),
        .san = names != NULL ? *names : asked,
        .key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT,
        .eku_server = true,
        .eku_client = true,
        .basic_constraints = true,
        .path_len = -1,
        .key_ids = true,
        .extra = &type,
        .num_extra = 1,
    };
    char name[UUID_LEN + 1];

    uuid_format(name, uuid);
    if (!authority_check_names(ca, &spec.san, a, err))
        return err_in(err, names != NULL ? "manifest" : "certificate request");
    return marble_subject(names != NULL ? name_build(a, NULL, 0) : csr->subject, name, a, &spec.subject_name,
                          err) &&
           (lifetime == 0
                ? issue_fresh(ca, &spec, a, out, err)
                : authority_check_own_key(csr->spki, err) && issue_own(ca, &spec, csr->spki, a, out, err));
}

/* ---- recognising ----------------------------------------------------------------------------- */

/* RFC 5280 4.2.1.12: who states no purposes may be used for all. */
static bool may_serve(const struct cert *c)
{
    static const uint8_t any[] = {0x55, 0x1d, 0x25, 0x00};
    const struct extension *e = cert_extension(c, OID_EXT_KEY_USAGE);
    struct cursor outer = cursor_over(e != NULL ? e->value : (struct slice){0}),
                  list = der_enter(&outer, DER_SEQUENCE);

    while (cursor_ok(&list) && list.rest.len > 0) {
        const struct slice purpose = der_take(&list, DER_OID);

        if (slice_equal(purpose, OID_EKU_SERVER_AUTH) || slice_equal(purpose, slice_of(any, sizeof any)))
            return true;
    }
    return e == NULL;
}

static bool read_marble(const struct cert *roots, size_t num_roots, struct slice der, int64_t now,
                        struct arena *a, const char **type, struct uuid *uuid, struct err *err)
{
    const struct extension *e;
    struct cert c;

    if (!cert_parse(der, a, &c, err) || !chain_verify(&c, NULL, 0, roots, num_roots, now, err))
        return false;
    e = cert_extension(&c, slice_of(MARBLE_TYPE_OID, sizeof MARBLE_TYPE_OID));
    if (e == NULL || !text_is_utf8(e->value) || !uuid_parse(cert_common_name(&c), uuid) || !may_serve(&c))
        return err_set(
            err, E_CERT_CHAIN,
            "certificate: expected a marble's, with its UUID as common name, its type in extension "
            "1.3.9903.2.1 and the purpose serverAuth");
    *type = arena_strndup(a, e->value);
    return true;
}

static bool find_marble(const struct cert *roots, size_t num_roots, const struct slice *chain,
                        size_t num_chain, int64_t now, struct arena *a, const char **type, struct uuid *uuid,
                        struct err *err)
{
    if (num_chain == 0)
        return err_set(err, E_CERT_CHAIN, "expected a marble's certificate, found none");
    /* The first one: TLS has proven the possession of its key, and of no other. */
    return read_marble(roots, num_roots, chain[0], now, a, type, uuid, err) || err_as(err, E_CERT_CHAIN);
}

bool authority_marble_of(const struct authority *ca, const struct slice *chain, size_t num_chain, int64_t now,
                         struct arena *a, const char **type, struct uuid *uuid, struct err *err)
{
    return find_marble(&ca->marble_root, 1, chain, num_chain, now, a, type, uuid, err);
}

bool authority_member_of(const struct authority *ca, const struct slice *chain, size_t num_chain, int64_t now,
                         struct arena *a, const char **type, struct uuid *uuid, struct err *err)
{
    const struct cert roots[] = {ca->marble_root, ca->previous_marble_root};

    return find_marble(roots, ca->previous_marble_root.der.len > 0 ? 2 : 1, chain, num_chain, now, a, type,
                       uuid, err);
}
