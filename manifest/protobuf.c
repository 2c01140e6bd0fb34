/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/protobuf.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"

/* ---- protobuf-c's memory ---------------------------------------------------------------------
 *
 * It comes from an arena that is wiped when the decoding ends, and there is no more of it than the size of
 * the message justifies: a hostile message of two-byte fields cannot make much of little. A block knows its
 * size: so a string with a NUL inside is told from a short one, which protobuf-c does not do. */
struct block {
    _Alignas(16) size_t size;
};

enum { POOL_LEAST = 64 * KIB };

static void *pool_alloc(void *ctx, size_t n)
{
    struct proto_pool *p = ctx;
    struct block *b;

    if (n > p->left || p->left - n < sizeof *b)
        return NULL;
    p->left -= n + sizeof *b;
    b = arena_alloc(&p->arena, sizeof *b + n);
    b->size = n;
    return b + 1;
}

static void pool_free(void *ctx, void *block)
{
    (void)ctx;
    (void)block;
}

void proto_pool_wipe(struct proto_pool *p) { arena_wipe(&p->arena); }

static ProtobufCAllocator pool_allocator(struct proto_pool *p)
{
    return (ProtobufCAllocator){.alloc = pool_alloc, .free = pool_free, .allocator_data = p};
}

/* ---- strings and bytes ------------------------------------------------------------------------ */

static struct slice wire_string(const char *s)
{
    if (s == protobuf_c_empty_string)
        return (struct slice){0};
    return slice_of(s, ((const struct block *)(const void *)s)[-1].size - 1);
}

bool proto_take_string(const char *s, const char *what, struct arena *a, char **out, struct err *err)
{
    const struct slice text = wire_string(s);

    if (!text_is_utf8(text))
        return err_set(err, E_GRPC_FORMAT, "%s is not UTF-8 text without NUL", what);
    *out = arena_strndup(a, text);
    return true;
}

struct slice proto_take_bytes(ProtobufCBinaryData b, struct arena *a)
{
    return arena_copy(a, slice_of(b.data, b.len));
}

/* protobuf-c does not change what it packs, but its types do not say so. */
ProtobufCBinaryData proto_give_bytes(struct slice s)
{
    return (ProtobufCBinaryData){.len = s.len, .data = (uint8_t *)(uintptr_t)s.ptr};
}

char *proto_give_string(const char *s) { return (char *)(uintptr_t)(s == NULL ? "" : s); }

bool proto_unpack(const ProtobufCMessageDescriptor *type, struct slice in, size_t per_byte,
                  struct proto_pool *pool, ProtobufCMessage **out, struct err *err)
{
    ProtobufCAllocator allocator = pool_allocator(pool);

    if (in.len > LIMIT_GRPC_MESSAGE)
        return err_set(err, E_GRPC_FORMAT, "%s of %zu bytes, more than the %d allowed", type->short_name,
                       in.len, LIMIT_GRPC_MESSAGE);
    pool->left = POOL_LEAST + per_byte * in.len;
    *out = protobuf_c_message_unpack(type, &allocator, in.len, in.ptr);
    if (*out == NULL)
        return err_set(err, E_GRPC_FORMAT,
                       "the %zu bytes are no %s in protobuf, or hold far more fields than one has", in.len,
                       type->short_name);
    return true;
}

struct slice proto_pack(const ProtobufCMessage *m, struct arena *a)
{
    const size_t len = protobuf_c_message_get_packed_size(m);
    uint8_t *out = arena_alloc(a, len);

    return slice_of(out, protobuf_c_message_pack(m, out));
}

/* ---- parameters ------------------------------------------------------------------------------- */

static void give_files(const struct parameters *p, struct arena *scratch, Rpc__Parameters *m)
{
    m->files = arena_array(scratch, p->num_files, sizeof(Rpc__Parameters__FilesEntry *));
    m->n_files = p->num_files;
    for (size_t i = 0; i < p->num_files; i++) {
        Rpc__Parameters__FilesEntry *e = arena_alloc(scratch, sizeof *e);

        rpc__parameters__files_entry__init(e);
        e->key = proto_give_string(p->files[i].name);
        e->value = proto_give_bytes(p->files[i].value);
        m->files[i] = e;
    }
}

static void give_env(const struct parameters *p, struct arena *scratch, Rpc__Parameters *m)
{
    m->env = arena_array(scratch, p->num_env, sizeof(Rpc__Parameters__EnvEntry *));
    m->n_env = p->num_env;
    for (size_t i = 0; i < p->num_env; i++) {
        Rpc__Parameters__EnvEntry *e = arena_alloc(scratch, sizeof *e);

        rpc__parameters__env_entry__init(e);
        e->key = proto_give_string(p->env[i].name);
        e->value = proto_give_bytes(p->env[i].value);
        m->env[i] = e;
    }
}

void proto_give_parameters(const struct parameters *p, struct arena *scratch, Rpc__Parameters *m)
{
    rpc__parameters__init(m);
    give_files(p, scratch, m);
    give_env(p, scratch, m);
    m->argv = p->argv;
    m->n_argv = p->num_argv;
}

/* The two maps have entries of two types that say the same. */
struct entry {
    const char *key;
    ProtobufCBinaryData value;
};

static struct entry file_at(const Rpc__Parameters *m, size_t i)
{
    return (struct entry){m->files[i]->key, m->files[i]->value};
}

static struct entry env_at(const Rpc__Parameters *m, size_t i)
{
    return (struct entry){m->env[i]->key, m->env[i]->value};
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static bool names_are_unique(const struct parameter *list, size_t num, const char *what, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    const char **names = arena_array(&scratch, num, sizeof *names);

    for (size_t i = 0; i < num; i++)
        names[i] = list[i].name;
    qsort(names, num, sizeof *names, by_text);
    for (size_t i = 1; i < num; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            return err_set(err, E_GRPC_FORMAT, "%s names \"%s\" twice", what,
                           text_shown(&scratch, slice_str(names[i])));
    return true;
}

static bool take_entries(const Rpc__Parameters *m, size_t num,
                         struct entry (*at)(const Rpc__Parameters *, size_t), const char *what,
                         struct arena *a, struct parameter **out, struct err *err)
{
    struct parameter *list = arena_array(a, num, sizeof *list);

    for (size_t i = 0; i < num; i++) {
        const struct entry e = at(m, i);
        char *name = NULL;

        if (!proto_take_string(e.key, what, a, &name, err))
            return err_in(err, "entry %zu", i);
        list[i] = (struct parameter){.name = name, .value = proto_take_bytes(e.value, a)};
    }
    *out = list;
    return names_are_unique(list, num, what, err);
}

static bool take_argv(const Rpc__Parameters *m, struct arena *a, char ***out, struct err *err)
{
    char **argv = arena_array(a, m->n_argv, sizeof *argv);

    for (size_t i = 0; i < m->n_argv; i++)
        if (!proto_take_string(m->argv[i], "Argv", a, &argv[i], err))
            return err_in(err, "element %zu", i);
    *out = argv;
    return true;
}

bool proto_take_parameters(const Rpc__Parameters *m, struct arena *a, struct parameters *out, struct err *err)
{
    static const Rpc__Parameters nothing = RPC__PARAMETERS__INIT;
    struct parameters p = {0};

    if (m == NULL)
        m = &nothing;
    if (!take_entries(m, m->n_files, file_at, "Files", a, &p.files, err) ||
        !take_entries(m, m->n_env, env_at, "Env", a, &p.env, err) || !take_argv(m, a, &p.argv, err))
        return false;
    p.num_files = m->n_files;
    p.num_env = m->n_env;
    p.num_argv = m->n_argv;
    *out = p;
    return true;
}

/* ---- one field ---------------------------------------------------------------------------------- */

/* Base 128, least significant group first (protobuf's encoding, "Base 128 Varints"). */
static uint64_t take_varint(struct cursor *c)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        const uint8_t byte = cursor_u8(c);

        v |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return v;
    }
    c->bad = true;
    return 0;
}

bool proto_find(struct slice in, unsigned field, struct slice *out)
{
    enum { LENGTH_DELIMITED = 2 };
    struct cursor c = cursor_over(in);
    struct slice found = {0};

    while (!cursor_done(&c)) {
        const uint64_t tag = take_varint(&c);
        const struct slice value = cursor_take(&c, take_varint(&c));

        if (!cursor_ok(&c) || (tag & 7) != LENGTH_DELIMITED)
            return false;
        if (tag >> 3 == field)
            found = value;
    }
    *out = found;
    return true;
}
