/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/recovery.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"

enum { SHARE_LEN = DATA_KEY_LEN + 1, OLD_KEY_LEN = 16 }; /* of Shamir's; of data keys before MarbleRun 1.9 */

/* ---- made ------------------------------------------------------------------------------------- */

void recovery_made_wipe(struct recovery_made *r) { data_key_wipe(&r->key); }

static char *hash_of(struct slice share, struct arena *a)
{
    uint8_t hash[SHA256_LEN];

    sha256(hash, share);
    return hex_text(a, slice_of(hash, sizeof hash));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct slice recovery_data_of(const struct slice *shares, size_t num, struct arena *a)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_FILE);
    const char **hashes = arena_array(a, num, sizeof *hashes);

    for (size_t i = 0; i < num; i++)
        hashes[i] = hash_of(shares[i], a);
    if (num > 0)
        qsort(hashes, num, sizeof *hashes, by_text);
    for (size_t i = 0; i < num; i++)
        buf_printf(&b, "%s\"%s\":true", i == 0 ? "{" : ",", hashes[i]);
    buf_str(&b, num == 0 ? "null" : "}");
    return arena_copy(a, buf_bytes(&b));
}

/* Random ones, whose sum becomes the key. */
static void make_sum(size_t num, struct arena *a, struct secret *key, struct slice *shares)
{
    memset(key->ptr, 0, key->len);
    for (size_t i = 0; i < num; i++) {
        uint8_t *share = arena_alloc(a, key->len);

        random_bytes(share, key->len);
        for (size_t k = 0; k < key->len; k++)
            key->ptr[k] ^= share[k];
        shares[i] = slice_of(share, key->len);
    }
}

static void make_shares(const struct manifest *m, struct arena *a, struct secret *key, struct slice *shares)
{
    const size_t num = m->num_recovery_keys, needed = manifest_recovery_threshold(m);

    if (num == 1)
        shares[0] = secret_bytes(key);
    else if (num > 1 && needed == num)
        make_sum(num, a, key, shares);
    else if (num > 1)
        shamir_split(secret_bytes(key), num, needed, a, shares);
}

static bool encrypt_shares(const struct manifest *m, const struct slice *shares, struct arena *a,
                           struct recovery_secrets *out, struct err *err)
{
    struct recovery_secret *list = arena_array(a, m->num_recovery_keys, sizeof *list);

    for (size_t i = 0; i < m->num_recovery_keys; i++) {
        const struct recovery_key *k = &m->recovery_keys[i];

        list[i].name = arena_strdup(a, k->name);
        if (!spki_encrypt(k->spki, shares[i], a, &list[i].ciphertext, err))
            return err_as(err, E_MANIFEST_RECOVERY_KEY) || err_in(err, "recovery key \"%s\"", k->name);
    }
    *out = (struct recovery_secrets){list, m->num_recovery_keys};
    return true;
}

bool recovery_make(const struct manifest *m, struct arena *a, struct recovery_made *out, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(recovery_made_wipe) struct recovery_made r = {0};
    struct slice *shares = arena_array(&scratch, m->num_recovery_keys, sizeof *shares);

    if (m->num_recovery_keys > SHAMIR_MAX_SHARES)
        return err_set(err, E_MANIFEST_RECOVERY_KEY, "%zu recovery keys, and %d are possible",
                       m->num_recovery_keys, SHAMIR_MAX_SHARES);
    data_key_new(&r.key);
    if (!manifest_check_recovery_keys(m, err))
        return false;
    make_shares(m, &scratch, &r.key.key, shares);
    if (!encrypt_shares(m, shares, a, &r.secrets, err))
        return false;
    r.data = recovery_data_of(shares, m->num_recovery_keys < 2 ? 0 : m->num_recovery_keys, a);
    *out = r;
    r = (struct recovery_made){0};
    return true;
}

/* ---- collected -------------------------------------------------------------------------------- */

void recovery_drop(struct recovery *r)
{
    arena_wipe(&r->arena);
    *r = (struct recovery){0};
}

/* What the public data say: how many secrets there are, and what they hash to. NULL: nothing is known of
 * them. */
static json_t *known_secrets(struct slice data)
{
    struct err ignored; /* data that cannot be read say nothing */
    json_t *json;

    if (data.len == 0 || !json_parse(data, JSON_LAST_WINS, E_STATE_CORRUPT, &json, &ignored))
        return NULL;
    if (json_object_size(json) > 0)
        return json;
    json_decref(json);
    return NULL;
}

static bool is_here(const struct recovery *r, struct slice secret)
{
    for (size_t i = 0; i < r->num; i++)
        if (secret_equal(r->list[i].secret, secret))
            return true;
    return false;
}

static bool check_known(const struct recovery *r, const json_t *known, struct slice secret, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};

    if (json_object_get(known, hash_of(secret, &scratch)) == NULL || is_here(r, secret))
        return err_set(err, E_RECOVERY_SECRET, "the recovery secret is invalid or already used");
    if (r->num == SHAMIR_MAX_SHARES || (r->num > 0 && r->list[0].secret.len != secret.len))
        return err_set(err, E_RECOVERY_SECRET, "the recovery secret does not go with those sent before");
    return true;
}

static bool check_unknown(const struct recovery *r, struct slice secret, struct err *err)
{
    if (is_here(r, secret))
        return err_set(err, E_RECOVERY_SECRET, "the recovery secret is invalid or already used");
    return r->num < RECOVERY_MAX_UNKNOWN ||
           err_set(err, E_RECOVERY_SECRET,
                   "%d recovery secrets were sent and do not open the state together; all are forgotten now",
                   RECOVERY_MAX_UNKNOWN);
}

bool recovery_add(struct recovery *r, struct slice data, struct slice secret, struct slice signature,
                  struct err *err)
{
    scoped(json_release) json_t *known = known_secrets(data);

    if (secret.len != OLD_KEY_LEN && secret.len != DATA_KEY_LEN && secret.len != SHARE_LEN)
        return err_set(err, E_RECOVERY_SECRET, "a recovery secret has 16, 32 or 33 bytes, and not %zu",
                       secret.len);
    if (!(known == NULL ? check_unknown(r, secret, err) : check_known(r, known, secret, err))) {
        if (known == NULL && r->num == RECOVERY_MAX_UNKNOWN)
            recovery_drop(r);
        return false;
    }
    r->list[r->num++] =
        (struct recovery_share){arena_copy(&r->arena, secret), arena_copy(&r->arena, signature)};
    return true;
}

/* ---- tried ------------------------------------------------------------------------------------ */

/* Does this key open the store? What is not a key for it is no error. */
static bool try_key(struct store *s, struct slice key, struct arena *a, struct recovered *out,
                    struct err *err)
{
    struct err why;

    if (store_try_key(s, key, a, &out->entries, &why)) {
        out->key = arena_copy(a, key);
        out->found = true;
        return true;
    }
    if (why.code == E_DECRYPT)
        return true;
    *err = why;
    return false;
}

/* The sum of the secrets in the set (a bit each) that are as long as the last one. False: there are others.
 */
static bool sum_of(const struct recovery *r, uint64_t set, uint8_t sum[DATA_KEY_LEN])
{
    const size_t len = r->list[r->num - 1].secret.len;

    memset(sum, 0, DATA_KEY_LEN);
    for (size_t i = 0; i < r->num; i++) {
        const struct slice secret = r->list[i].secret;

        if (r->num <= 64 && (set >> i & 1) == 0)
            continue;
        if (secret.len != len)
            return false;
        for (size_t k = 0; k < len; k++)
            sum[k] ^= secret.ptr[k];
    }
    return true;
}

static bool try_sum(const struct recovery *r, uint64_t set, struct store *s, struct arena *a,
                    struct recovered *out, struct err *err)
{
    uint8_t sum[DATA_KEY_LEN];
    const bool fits = sum_of(r, set, sum);
    const bool ok = !fits || try_key(s, slice_of(sum, r->list[r->num - 1].secret.len), a, out, err);

    wipe(sum, sizeof sum);
    return ok;
}

/* All Shamir shares that are here, if there are two at least. */
static bool try_shares(const struct recovery *r, struct store *s, struct arena *a, struct recovered *out,
                       struct err *err)
{
    struct slice *shares = arena_array(a, r->num, sizeof *shares), key;
    size_t num = 0;

    for (size_t i = 0; i < r->num; i++)
        if (r->list[i].secret.len == SHARE_LEN)
            shares[num++] = r->list[i].secret;
    return num < 2 || (shamir_combine(shares, num, a, &key, err) && try_key(s, key, a, out, err));
}

static bool try_known(const struct recovery *r, size_t num_known, struct store *s, struct arena *a,
                      struct recovered *out, struct err *err)
{
    const bool shamir = r->list[0].secret.len == SHARE_LEN;

    out->remaining = num_known > r->num ? num_known - r->num : 0;
    if (shamir ? !try_shares(r, s, a, out, err)
               : out->remaining == 0 && !try_sum(r, UINT64_MAX, s, a, out, err))
        return false;
    return out->found || out->remaining > 0 ||
           err_set(err, E_RECOVERY_SECRET,
                   "all recovery secrets are here, and together they do not open the state");
}

/* The new secret by itself, and its sums with all sets of those before. */
static bool try_unknown(const struct recovery *r, struct store *s, struct arena *a, struct recovered *out,
                        struct err *err)
{
    const uint64_t newest = UINT64_C(1) << (r->num - 1);

    out->remaining = 1;
    if (r->list[r->num - 1].secret.len == SHARE_LEN)
        return try_shares(r, s, a, out, err);
    for (uint64_t others = 0; others < newest && !out->found; others++)
        if (!try_sum(r, newest | others, s, a, out, err))
            return false;
    return true;
}

bool recovery_try(const struct recovery *r, struct store *s, struct arena *a, struct recovered *out,
                  struct err *err)
{
    scoped(json_release) json_t *known = known_secrets(store_recovery_data(s));

    *out = (struct recovered){0};
    return known == NULL ? try_unknown(r, s, a, out, err)
                         : try_known(r, json_object_size(known), s, a, out, err);
}

/* ---- whose they are --------------------------------------------------------------------------- */

static bool is_signed_by(const struct recovery_share *s, const struct recovery_key *k)
{
    struct err ignored;

    return spki_verify(k->spki, SIG_RSA_PKCS1_SHA256, s->secret, s->signature, &ignored);
}

/* Keys that are equal sign alike, so the first that fits is as good as any. */
static bool find_owner(const struct recovery_share *s, const struct manifest *m, bool *used)
{
    for (size_t i = 0; i < m->num_recovery_keys; i++)
        if (!used[i] && is_signed_by(s, &m->recovery_keys[i])) {
            used[i] = true;
            return true;
        }
    return false;
}

bool recovery_check_owners(const struct recovery *r, const struct manifest *m, struct err *err)
{
    const size_t needed = manifest_recovery_threshold(m);
    bool used[SHAMIR_MAX_SHARES] = {false};

    if (r->num != needed || m->num_recovery_keys > SHAMIR_MAX_SHARES)
        return err_set(err, E_RECOVERY_SIGNATURE,
                       "%zu recovery secrets were sent, and %zu open this state; send only those, all anew",
                       r->num, needed);
    for (size_t i = 0; i < r->num; i++)
        if (!find_owner(&r->list[i], m, used))
            return err_set(err, E_RECOVERY_SIGNATURE,
                           "recovery secret %zu of %zu is not signed by a recovery key of its own", i + 1,
                           r->num);
    return true;
}
