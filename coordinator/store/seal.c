/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/store/seal.h"

#include "base/buf.h"
#include "pki/hash.h"

enum {
    FORMAT = 1,
    MAGIC_LEN = 8,
    KEY_HEADER_LEN = MAGIC_LEN + 4 + 1 + KEY_ID_LEN,
};
enum file_policy { SEALED_PLAIN, SEALED_PRODUCT, SEALED_UNIQUE, SEALED_NOT };

static const char KEY_MAGIC[] = "MESHKEY\n";

void data_key_new(struct data_key *out)
{
    secret_random(&out->key, DATA_KEY_LEN);
    random_bytes(out->id, sizeof out->id);
}

void data_key_of(struct data_key *out, struct slice key)
{
    secret_copy(&out->key, key);
    random_bytes(out->id, sizeof out->id);
}

void data_key_copy(struct data_key *out, const struct data_key *from)
{
    secret_copy(&out->key, secret_bytes(&from->key));
    memcpy(out->id, from->id, sizeof out->id);
}

void data_key_wipe(struct data_key *k)
{
    secret_wipe(&k->key);
    memset(k->id, 0, sizeof k->id);
}

static bool takes_magic(struct cursor *c, const char *magic)
{
    return slice_equal(cursor_take(c, MAGIC_LEN), slice_str(magic));
}

/* The key that wraps the data key, if the TEE gives one at all. */
static bool wrapping_key(const struct sealer *s, enum seal_policy policy, struct secret *out,
                         enum file_policy *how, struct err *err)
{
    struct err why;

    if (s->tee == NULL) {
        *how = SEALED_PLAIN;
        return true;
    }
    *how = policy == SEAL_UNIQUE ? SEALED_UNIQUE : SEALED_PRODUCT;
    if (tee_seal_key(s->tee, policy, out, &why))
        return true;
    if (why.code == E_NO_SEAL_KEY) {
        *how = SEALED_NOT;
        return true;
    }
    *err = why;
    return err_in(err, "sealing the data key");
}

bool seal_key(const struct sealer *s, enum seal_policy policy, const struct data_key *k, struct arena *a,
              struct slice *out, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(KEY_HEADER_LEN + DATA_KEY_LEN + AEAD_OVERHEAD);
    scoped(secret_wipe) struct secret wrapping = {0};
    enum file_policy how;
    struct slice sealed;

    if (!wrapping_key(s, policy, &wrapping, &how, err))
        return false;
    buf_str(&b, KEY_MAGIC);
    buf_u32le(&b, FORMAT);
    buf_u8(&b, (uint8_t)how);
    buf_put(&b, slice_of(k->id, KEY_ID_LEN));
    if (how == SEALED_PLAIN) {
        buf_put(&b, secret_bytes(&k->key));
    } else if (how != SEALED_NOT) {
        aead_seal(secret_bytes(&wrapping), secret_bytes(&k->key), buf_bytes(&b), a, &sealed);
        buf_put(&b, sealed);
    }
    *out = arena_copy(a, buf_bytes(&b));
    return true;
}

/* The data key out of what follows the header. */
static bool open_key(const struct sealer *s, uint8_t policy, struct slice header, struct slice sealed,
                     struct arena *a, struct slice *key, struct err *err)
{
    scoped(secret_wipe) struct secret wrapping = {0};

    if (policy == SEALED_NOT)
        return err_set(err, E_STATE_SEALED,
                       "the TEE it was made in gives no sealing key, so the state has to be recovered");
    if (policy > SEALED_NOT)
        return err_set(err, E_STATE_SEALED, "seal policy %u is not known", policy);
    if (s->tee == NULL && policy != SEALED_PLAIN)
        return err_set(err, E_STATE_SEALED,
                       "the key was sealed in a TEE, and this coordinator runs without one");
    if (s->tee != NULL && policy == SEALED_PLAIN)
        return err_set(err, E_STATE_SEALED,
                       "the key was stored without a TEE, and is not to be trusted in one");
    if (policy == SEALED_PLAIN) {
        *key = sealed;
        return true;
    }
    return tee_seal_key(s->tee, policy == SEALED_UNIQUE ? SEAL_UNIQUE : SEAL_PRODUCT, &wrapping, err) &&
           aead_open(secret_bytes(&wrapping), sealed, header, a, key, err);
}

bool unseal_key(const struct sealer *s, struct slice file, struct data_key *out, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct cursor c = cursor_over(file);
    const bool ours = takes_magic(&c, KEY_MAGIC) && cursor_u32le(&c) == FORMAT;
    const uint8_t policy = cursor_u8(&c);
    const struct slice id = cursor_take(&c, KEY_ID_LEN);
    struct slice key;

    if (!ours || !cursor_ok(&c))
        return err_set(err, E_STATE_SEALED, "%zu bytes are not a sealed key of this program's format %d",
                       file.len, FORMAT);
    if (!open_key(s, policy, slice_of(file.ptr, KEY_HEADER_LEN), c.rest, &scratch, &key, err)) {
        err->code = E_STATE_SEALED;
        return false;
    }
    if (key.len != DATA_KEY_LEN && key.len != OLD_DATA_KEY_LEN)
        return err_set(err, E_STATE_SEALED, "the data key has %zu bytes, not %d or %d", key.len, DATA_KEY_LEN,
                       OLD_DATA_KEY_LEN);
    secret_copy(&out->key, key);
    memcpy(out->id, id.ptr, KEY_ID_LEN);
    return true;
}
