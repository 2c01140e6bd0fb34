/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/store/log.h"

#include "base/limits.h"

enum {
    FORMAT = 2,
    MAGIC_LEN = 8,
    SALT_LEN = 32,
    CHECK_LEN = 16,
    LOG_KEY_LEN = 32,
    AAD_LEN = SHA256_LEN + 8,
};

static const char MAGIC[] = "MESHDAT\n", KEY_INFO[] = "marblemesh state",
                  CHECK_INFO[] = "marblemesh state check";

void log_wipe(struct log *l)
{
    secret_wipe(&l->key);
    *l = (struct log){0};
}

static void derive(struct slice data_key, struct slice salt, struct secret *key, uint8_t check[CHECK_LEN])
{
    secret_new(key, LOG_KEY_LEN);
    hkdf_sha256(key->ptr, LOG_KEY_LEN, data_key, salt, slice_str(KEY_INFO));
    hkdf_sha256(check, CHECK_LEN, data_key, salt, slice_str(CHECK_INFO));
}

/* ---- records ------------------------------------------------------------------------------------- */

static void aad_of(const struct log_end *at, uint8_t out[AAD_LEN])
{
    memcpy(out, at->chain, SHA256_LEN);
    for (size_t i = 0; i < 8; i++)
        out[SHA256_LEN + i] = (uint8_t)(at->record >> 8 * i);
}

static struct log_end end_after(const struct log_end *at, struct slice record)
{
    const struct slice pieces[] = {slice_of(at->chain, SHA256_LEN), record};
    struct log_end next = {.record = at->record + 1, .len = at->len + record.len};

    sha256_of(next.chain, pieces, 2);
    return next;
}

static void seal_record(const struct log *l, struct slice plain, struct arena *a, struct slice *record)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct buf b = buf_max(4 + plain.len + AEAD_OVERHEAD);
    uint8_t aad[AAD_LEN];
    struct slice sealed;

    aad_of(&l->end, aad);
    aead_seal(secret_bytes(&l->key), plain, slice_of(aad, sizeof aad), &scratch, &sealed);
    buf_u32le(&b, (uint32_t)sealed.len);
    buf_put(&b, sealed);
    *record = arena_copy(a, buf_bytes(&b));
    buf_wipe(&b);
}

void log_record(const struct log *l, uint32_t num, struct slice changes, struct arena *a,
                struct slice *record, struct log_end *end)
{
    scoped(buf_wipe) struct buf plain = buf_max(4 + changes.len);

    buf_u32le(&plain, num);
    buf_put(&plain, changes);
    seal_record(l, buf_bytes(&plain), a, record);
    *end = end_after(&l->end, *record);
}

void log_accept(struct log *l, const struct log_end *end)
{
    l->end = *end;
    l->change++;
}

/* ---- a new log ----------------------------------------------------------------------------------- */

static struct log_end put_header(const struct log_beginning *what, const uint8_t salt[SALT_LEN],
                                 const uint8_t check[CHECK_LEN], struct buf *out)
{
    struct log_end end = {0};

    buf_str(out, MAGIC);
    buf_u32le(out, FORMAT);
    buf_put(out, slice_of(what->key->id, KEY_ID_LEN));
    buf_u64le(out, what->generation);
    buf_put(out, slice_of(salt, SALT_LEN));
    buf_put(out, slice_of(check, CHECK_LEN));
    buf_u32le(out, (uint32_t)what->recovery_data.len);
    buf_put(out, what->recovery_data);
    sha256(end.chain, buf_bytes(out));
    end.len = out->len;
    return end;
}

static bool put_snapshot(const struct log_beginning *what, struct buf *out, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const struct entries e = map_entries(what->map, &scratch);

    buf_u64le(out, what->change);
    entries_put(out, &e);
    return buf_ok(out) || err_set(err, E_STATE_SIZE, "the state would be larger than %d bytes", LIMIT_STATE);
}

bool log_begin(const struct log_beginning *what, struct arena *a, struct log *out, struct slice *file,
               struct err *err)
{
    scoped(buf_wipe) struct buf plain = buf_max(8 + LIMIT_STATE), b = buf_max(2 * (size_t)LIMIT_STATE);
    scoped(log_wipe) struct log l = {.generation = what->generation, .change = what->change};
    uint8_t salt[SALT_LEN], check[CHECK_LEN];
    struct slice snapshot;

    if (what->recovery_data.len > LIMIT_RECOVERY_DATA)
        return err_set(err, E_STATE_SIZE, "the recovery data have %zu bytes, more than %d",
                       what->recovery_data.len, LIMIT_RECOVERY_DATA);
    if (!put_snapshot(what, &plain, err))
        return false;
    random_bytes(salt, sizeof salt);
    derive(secret_bytes(&what->key->key), slice_of(salt, sizeof salt), &l.key, check);
    l.end = put_header(what, salt, check, &b);
    seal_record(&l, buf_bytes(&plain), a, &snapshot);
    l.end = end_after(&l.end, snapshot);
    l.snapshot_len = l.end.len;
    buf_put(&b, snapshot);
    *file = arena_copy(a, buf_bytes(&b));
    *out = l;
    l = (struct log){0};
    return true;
}

/* ---- reading ------------------------------------------------------------------------------------- */

bool log_header_parse(struct slice file, struct log_header *out, struct err *err)
{
    struct cursor c = cursor_over(file);
    const bool ours = slice_equal(cursor_take(&c, MAGIC_LEN), slice_str(MAGIC));
    const uint32_t format = cursor_u32le(&c);
    struct log_header h = {.key_id = cursor_take(&c, KEY_ID_LEN)};

    if (!ours || !cursor_ok(&c))
        return err_set(err, E_STATE_CORRUPT, "%zu bytes that do not begin like a sealed state", file.len);
    if (format != FORMAT)
        return err_set(err, E_STATE_FORMAT, "written in format %u, by %s version; this one reads format %d",
                       format, format > FORMAT ? "a later" : "an earlier", FORMAT);
    h.generation = cursor_u64le(&c);
    h.salt = cursor_take(&c, SALT_LEN);
    h.check = cursor_take(&c, CHECK_LEN);
    h.recovery_data = cursor_take(&c, cursor_u32le(&c));
    if (!cursor_ok(&c) || h.recovery_data.len > LIMIT_RECOVERY_DATA)
        return err_set(err, E_STATE_CORRUPT, "%zu bytes do not hold the header of a sealed state", file.len);
    h.len = file.len - c.rest.len;
    *out = h;
    return true;
}

/* The next record, opened, in the arena; false: what stands there is not one. */
static bool next_record(struct cursor *c, const struct log *l, struct arena *a, struct slice *record,
                        struct slice *plain)
{
    const uint8_t *start = c->rest.ptr;
    const uint32_t len = cursor_u32le(c);
    const struct slice sealed = cursor_take(c, len);
    uint8_t aad[AAD_LEN];
    struct err ignored;

    aad_of(&l->end, aad);
    if (!cursor_ok(c) || len < AEAD_OVERHEAD ||
        !aead_open(secret_bytes(&l->key), sealed, slice_of(aad, sizeof aad), a, plain, &ignored))
        return false;
    *record = slice_of(start, 4 + (size_t)len);
    return true;
}

static bool load_snapshot(struct cursor *c, struct log *l, struct map *map, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice record, plain;
    struct cursor p;
    struct entries e;

    if (!next_record(c, l, &scratch, &record, &plain))
        return err_set(err, E_STATE_CORRUPT,
                       "record 0, the snapshot, does not open: it was changed or damaged");
    p = cursor_over(plain);
    l->change = cursor_u64le(&p);
    if (!entries_parse(p.rest, &scratch, &e, err))
        return err_in(err, "record 0");
    for (size_t i = 0; i < e.num; i++)
        map_change(map, &e.at[i]);
    l->end = end_after(&l->end, record);
    l->snapshot_len = l->end.len;
    return true;
}

/* *more is false when there is no further record that opens. */
static bool load_changes(struct cursor *c, struct log *l, struct map *map, bool *more, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct slice record, plain;
    struct entries e;
    struct log_end end;

    *more = next_record(c, l, &scratch, &record, &plain);
    if (!*more)
        return true;
    if (!changes_parse(plain, &scratch, &e, err))
        return err_in(err, "record %llu", (unsigned long long)l->end.record);
    for (size_t i = 0; i < e.num; i++)
        map_change(map, &e.at[i]);
    end = end_after(&l->end, record);
    log_accept(l, &end);
    return true;
}

static bool load(struct slice file, size_t header_len, struct map *map, struct log *l, struct err *err)
{
    struct cursor c = cursor_over(file);
    bool more = true;

    sha256(l->end.chain, cursor_take(&c, header_len));
    l->end.len = header_len;
    if (!load_snapshot(&c, l, map, err))
        return false;
    while (more && c.rest.len > 0)
        if (!load_changes(&c, l, map, &more, err))
            return false;
    return true;
}

bool log_open(struct slice file, struct slice key, struct map *map, struct log *out, struct err *err)
{
    scoped(log_wipe) struct log l = {0};
    uint8_t check[CHECK_LEN];
    struct log_header h;

    if (!log_header_parse(file, &h, err))
        return false;
    l.generation = h.generation;
    derive(key, h.salt, &l.key, check);
    if (!slice_equal(h.check, slice_of(check, sizeof check)))
        return err_set(err, E_DECRYPT, "the state was sealed with another data key");
    if (!load(file, h.len, map, &l, err)) {
        map_wipe(map);
        return false;
    }
    *out = l;
    l = (struct log){0};
    return true;
}
