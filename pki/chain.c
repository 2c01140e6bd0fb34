/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/limits.h"
#include "pki/der.h"
#include "pki/x509.h"

/* Cross-signed authorities make several ways to a root, and a hostile pool could make exponentially many. So
 * the search may verify this many signatures and no more: several times what any chain of ours needs. */
enum { MAX_SIGNATURES = 64 };

bool cert_signed_by(const struct cert *c, const struct cert *issuer, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct err why;

    if (!slice_equal(c->issuer, issuer->subject))
        return err_set(err, E_CERT_CHAIN,
                       "certificate \"%s\": expected it to be issued by \"%s\", found issuer \"%s\"",
                       name_text(&scratch, c->subject), name_text(&scratch, issuer->subject),
                       name_text(&scratch, c->issuer));
    return spki_verify(issuer->spki, c->alg, c->tbs, c->signature, &why) ||
           err_set(err, E_CERT_CHAIN, "certificate \"%s\": not signed by \"%s\": %s",
                   name_text(&scratch, c->subject), name_text(&scratch, issuer->subject), why.text);
}

size_t chain_linked(const struct slice *chain_der, size_t num)
{
    scoped(arena_wipe) struct arena a = {0};
    struct cert *certs = arena_array(&a, num, sizeof *certs);
    struct err ignored;

    for (size_t i = 1; i < num; i++)
        if ((i == 1 && !cert_parse(chain_der[0], &a, &certs[0], &ignored)) ||
            !cert_parse(chain_der[i], &a, &certs[i], &ignored) ||
            !cert_signed_by(&certs[i - 1], &certs[i], &ignored))
            return i;
    return num;
}

bool cert_valid_at(const struct cert *c, int64_t now, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    char from[RFC3339_LEN + 1], to[RFC3339_LEN + 1], at[RFC3339_LEN + 1];

    if (c->not_before <= now && now <= c->not_after)
        return true;
    rfc3339_format(from, c->not_before);
    rfc3339_format(to, c->not_after);
    rfc3339_format(at, now);
    return err_set(err, E_CERT_EXPIRED, "certificate \"%s\" is valid from %s to %s, and not at %s",
                   name_text(&scratch, c->subject), from, to, at);
}

/* ---- one certificate of a path ------------------------------------------------------------- */

/* Extensions that are read here or by whoever asked for the chain; RFC 5280 4.2: a critical one that is not
 * known means refusal. */
static bool is_known(struct slice oid)
{
    return slice_equal(oid, OID_BASIC_CONSTRAINTS) || slice_equal(oid, OID_KEY_USAGE) ||
           slice_equal(oid, OID_EXT_KEY_USAGE) || slice_equal(oid, OID_SUBJECT_ALT_NAME) ||
           slice_equal(oid, OID_SUBJECT_KEY_ID) || slice_equal(oid, OID_AUTHORITY_KEY_ID) ||
           slice_equal(oid, OID_CRL_DISTRIBUTION_POINTS);
}

static bool check_extensions(const struct cert *c, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    for (size_t i = 0; i < c->num_extensions; i++)
        if (c->extensions[i].critical && !is_known(c->extensions[i].oid))
            return err_set(err, E_CERT_CHAIN,
                           "certificate \"%s\": the critical extension %s is not understood",
                           name_text(&scratch, c->subject), oid_to_text(&scratch, c->extensions[i].oid));
    return true;
}

static bool check_alone(const struct cert *c, int64_t now, struct err *err)
{
    return cert_valid_at(c, now, err) && check_extensions(c, err);
}

/* `below`: how many authorities that are not self-issued stand between it and the leaf (RFC 5280 6.1.4 l, m).
 */
static bool check_authority(const struct cert *c, size_t below, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const char *name = name_text(&scratch, c->subject);

    if (!c->is_ca)
        return err_set(err, E_CERT_CHAIN, "certificate \"%s\" issued another, and is not an authority's",
                       name);
    if (c->has_key_usage && (c->key_usage & KU_CERT_SIGN) == 0)
        return err_set(err, E_CERT_CHAIN,
                       "certificate \"%s\" issued another, and its key usage does not allow it", name);
    if (c->has_path_len && below > c->path_len)
        return err_set(err, E_CERT_CHAIN, "certificate \"%s\" allows %u authorities below it, found %zu",
                       name, c->path_len, below);
    return true;
}

/* ---- the search ---------------------------------------------------------------------------- */

struct search {
    const struct cert *pool, *roots;
    size_t num_pool, num_roots;
    int64_t now;
    unsigned signatures; /* verified so far */
    const struct cert *path[LIMIT_CHAIN];
    size_t len, best; /* best: the length of the path at which `why` was found */
    struct err why;
};

/* The fault of the longest path is the one that helps. */
static bool keep(struct search *s, const struct err *fault)
{
    if (s->len > s->best) {
        s->best = s->len;
        s->why = *fault;
    }
    return false;
}

static bool is_in(const struct cert *c, const struct cert *list, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (slice_equal(c->der, list[i].der))
            return true;
    return false;
}

static bool is_on_path(const struct search *s, const struct cert *c)
{
    for (size_t i = 0; i < s->len; i++)
        if (slice_equal(c->der, s->path[i]->der))
            return true;
    return false;
}

static size_t authorities_below(const struct search *s)
{
    size_t n = 0;

    for (size_t i = 1; i < s->len; i++)
        n += !slice_equal(s->path[i]->issuer, s->path[i]->subject);
    return n;
}

static bool reach_root(struct search *s);

/* Puts `c` on top of the path, if it may be there, and goes on from it. */
static bool climb(struct search *s, const struct cert *c)
{
    const struct cert *top = s->path[s->len - 1];
    struct err fault;

    if (!slice_equal(top->issuer, c->subject) || is_on_path(s, c))
        return false;
    if (s->len == LIMIT_CHAIN || s->signatures == MAX_SIGNATURES) {
        (void)err_set(&fault, E_CERT_CHAIN,
                      "expected at most %d certificates in a chain, and %d signatures to try", LIMIT_CHAIN,
                      MAX_SIGNATURES);
        return keep(s, &fault);
    }
    s->signatures++;
    if (!check_alone(c, s->now, &fault) || !check_authority(c, authorities_below(s), &fault) ||
        !cert_signed_by(top, c, &fault))
        return keep(s, &fault);
    s->path[s->len++] = c;
    if (reach_root(s))
        return true;
    s->len--;
    return false;
}

/* The path is sound up to its top: is that a root, or is there a way from it to one? */
static bool reach_root(struct search *s)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const struct cert *top = s->path[s->len - 1];
    struct err fault;

    if (is_in(top, s->roots, s->num_roots))
        return true;
    for (size_t i = 0; i < s->num_roots; i++)
        if (climb(s, &s->roots[i]))
            return true;
    for (size_t i = 0; i < s->num_pool; i++)
        if (climb(s, &s->pool[i]))
            return true;
    (void)err_set(
        &fault, E_CERT_CHAIN,
        "certificate \"%s\": expected a way to one of %zu trusted roots, found none of its issuer \"%s\"",
        name_text(&scratch, top->subject), s->num_roots, name_text(&scratch, top->issuer));
    return keep(s, &fault);
}

bool chain_path(const struct cert *leaf, const struct cert *pool, size_t num_pool, const struct cert *roots,
                size_t num_roots, int64_t now, const struct cert **path, size_t *len, struct err *err)
{
    struct search s = {.pool = pool,
                       .roots = roots,
                       .num_pool = num_pool,
                       .num_roots = num_roots,
                       .now = now,
                       .path = {leaf},
                       .len = 1};

    if (!check_alone(leaf, now, err))
        return false;
    if (!reach_root(&s)) {
        *err = s.why;
        return false;
    }
    memcpy(path, s.path, s.len * sizeof *path);
    *len = s.len;
    return true;
}

bool chain_verify(const struct cert *leaf, const struct cert *pool, size_t num_pool, const struct cert *roots,
                  size_t num_roots, int64_t now, struct err *err)
{
    const struct cert *path[LIMIT_CHAIN];
    size_t len;

    return chain_path(leaf, pool, num_pool, roots, num_roots, now, path, &len, err);
}
