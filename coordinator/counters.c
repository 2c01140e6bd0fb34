/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted: activations of limited types, and counters of marbles. Both stand in the store alone,
 * which decides under its lock and commits those of many threads together. */
#include "base/text.h"
#include "coordinator/change.h"
#include "coordinator/state_keys.h"

/* ---- activations ----------------------------------------------------------------------------- */

struct activation_count {
    const struct marble *marble;
    const char *key;
    bool is_counted; /* or only looked at */
};

/* Lower-case hexadecimal, as MarbleRun keeps it. */
static bool count_of(const struct slice *text, const char *key, uint64_t *out, struct err *err)
{
    uint64_t n = 0;

    for (size_t i = 0; text != NULL && i < text->len; i++) {
        const char *digit = memchr("0123456789abcdef", text->ptr[i], 16);

        if (digit == NULL || i == 16)
            return err_set(err, E_STATE_CORRUPT, "state: \"%s\" is not a count", key);
        n = n << 4 | (uint64_t)(digit - "0123456789abcdef");
    }
    *out = n;
    return true;
}

static bool count_one(void *ctx, const struct store_view *v, struct arena *a, struct store_changes *out,
                      struct err *err)
{
    const struct activation_count *c = ctx;
    struct entry *entry = arena_alloc(a, sizeof *entry);
    uint64_t count = 0;

    if (!count_of(store_view_get(v, c->key), c->key, &count, err))
        return false;
    if (count >= c->marble->max_activations)
        return err_set(err, E_MARBLE_LIMIT, "marble \"%s\": the limit of %llu activations has been reached",
                       c->marble->type, (unsigned long long)c->marble->max_activations);
    *entry = (struct entry){arena_strdup(a, c->key),
                            slice_str(arena_printf(a, "%llx", (unsigned long long)count + 1))};
    *out = (struct store_changes){entry, c->is_counted};
    return true;
}

static bool count(struct core *core, const struct marble *m, bool is_counted, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct activation_count c = {m, NULL, is_counted};

    if (m->max_activations == 0)
        return true;
    c.key = arena_printf(&scratch, "%s:%s", KIND_ACTIVATIONS, m->type);
    return store_update(core->store, count_one, &c, err);
}

bool core_may_activate(struct core *core, const struct marble *m, struct err *err)
{
    return count(core, m, false, err);
}

bool core_count_activation(struct core *core, const struct marble *m, struct err *err)
{
    return count(core, m, true, err);
}

/* ---- of marbles ------------------------------------------------------------------------------ */

typedef bool authority_who(const struct authority *ca, const struct slice *chain, size_t num_chain, int64_t now,
                           struct arena *a, const char **type, struct uuid *uuid, struct err *err);

static bool find_peer(const struct mesh *m, authority_who *find, const struct slice *chain, size_t num_chain,
                      int64_t now, struct arena *a, struct marble_peer *out, struct err *err)
{
    struct marble_peer who;

    if (num_chain == 0)
        return err_set(err, E_MARBLE_CERT,
                       "unauthorized marble: the connection carries no client certificate");
    if (!find(m->ca, chain, num_chain, now, a, &who.type, &who.uuid, err))
        return err_as(err, E_MARBLE_CERT) || err_in(err, "unauthorized marble");
    *out = who;
    return true;
}

bool mesh_marble_peer(const struct mesh *m, const struct slice *chain, size_t num_chain, int64_t now,
                      struct arena *a, struct marble_peer *out, struct err *err)
{
    return find_peer(m, authority_marble_of, chain, num_chain, now, a, out, err);
}

bool mesh_member_peer(const struct mesh *m, const struct slice *chain, size_t num_chain, int64_t now,
                      struct arena *a, struct marble_peer *out, struct err *err)
{
    return find_peer(m, authority_member_of, chain, num_chain, now, a, out, err);
}

struct raise {
    const char *key;
    uint64_t value, before;
};

static bool counter_of(const struct slice *stored, const char *key, uint64_t *out, struct err *err)
{
    struct cursor c = cursor_over(stored == NULL ? (struct slice){0} : *stored);
    const uint64_t value = stored == NULL ? 0 : cursor_u64le(&c);

    if (!cursor_done(&c))
        return err_set(err, E_STATE_CORRUPT, "state: \"%s\" is not a counter", key);
    *out = value;
    return true;
}

static bool raise_one(void *ctx, const struct store_view *v, struct arena *a, struct store_changes *out,
                      struct err *err)
{
    struct raise *r = ctx;
    struct entry *entry = arena_alloc(a, sizeof *entry);
    scoped(buf_wipe) struct buf value = buf_max(8);

    if (!counter_of(store_view_get(v, r->key), r->key, &r->before, err))
        return false;
    buf_u64le(&value, r->value);
    *entry = (struct entry){arena_strdup(a, r->key), arena_copy(a, buf_bytes(&value))};
    *out = (struct store_changes){entry, r->value > r->before};
    return true;
}

bool core_counter(struct core *core, const struct marble_peer *who, struct slice name, uint64_t value,
                  uint64_t *before, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct arena *a = &scratch;
    struct raise r = {.value = value};

    r.key = arena_printf(a, "%s:%s:%s:%s", KIND_MONOTONIC_COUNTER,
                         base64_text(a, slice_str(who->type), BASE64_STD),
                         base64_text(a, slice_of(who->uuid.bytes, sizeof who->uuid.bytes), BASE64_STD),
                         base64_text(a, name, BASE64_STD));
    if (!store_update(core->store, raise_one, &r, err))
        return err_in(err, "monotonic counter");
    *before = r.before;
    return true;
}
