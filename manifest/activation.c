/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/activation.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "manifest/rpc.pb-c.h"

/* ---- protobuf-c's memory ---------------------------------------------------------------------
 *
 * It comes from an arena that is wiped when the decoding ends, and there is no more of it than the size of
 * the message justifies: a hostile message of two-byte fields cannot make much of little. A block knows its
 * size: so a string with a NUL inside is told from a short one, which protobuf-c does not do. */
struct pool {
    struct arena arena;
    size_t left;
};

struct block {
    _Alignas(16) size_t size;
};

enum {
    POOL_LEAST = 64 * KIB,
    POOL_PER_REQUEST_BYTE = 2,   /* four fields, copied once */
    POOL_PER_RESPONSE_BYTE = 16, /* an entry of 10 bytes becomes a struct, two blocks and a pointer */
};

static void *pool_alloc(void *ctx, size_t n)
{
    struct pool *p = ctx;
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

static void pool_wipe(struct pool *p) { arena_wipe(&p->arena); }

static ProtobufCAllocator pool_allocator(struct pool *p)
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

static bool take_string(const char *s, const char *what, struct arena *a, char **out, struct err *err)
{
    const struct slice text = wire_string(s);

    if (!text_is_utf8(text))
        return err_set(err, E_GRPC_FORMAT, "%s is not UTF-8 text without NUL", what);
    *out = arena_strndup(a, text);
    return true;
}

static struct slice take_bytes(ProtobufCBinaryData b, struct arena *a)
{
    return arena_copy(a, slice_of(b.data, b.len));
}

/* protobuf-c does not change what it packs, but its types do not say so. */
static ProtobufCBinaryData give_bytes(struct slice s)
{
    return (ProtobufCBinaryData){.len = s.len, .data = (uint8_t *)(uintptr_t)s.ptr};
}

static char *give_string(const char *s) { return (char *)(uintptr_t)(s == NULL ? "" : s); }

static bool unpack(const ProtobufCMessageDescriptor *type, struct slice in, size_t per_byte,
                   struct pool *pool, ProtobufCMessage **out, struct err *err)
{
    ProtobufCAllocator allocator = pool_allocator(pool);

    if (in.len > LIMIT_GRPC_MESSAGE)
        return err_set(err, E_GRPC_FORMAT, "%s of %zu bytes, more than the %d allowed", type->short_name,
                       in.len, LIMIT_GRPC_MESSAGE);
    pool->left = POOL_LEAST + per_byte * in.len;
    *out = protobuf_c_message_unpack(type, &allocator, in.len, in.ptr);
    if (*out == NULL)
        return err_set(err, E_GRPC_FORMAT,
                       "the %zu bytes are not an %s in protobuf, or hold far more fields than one has",
                       in.len, type->short_name);
    return true;
}

static struct slice pack(const ProtobufCMessage *m, struct arena *a)
{
    const size_t len = protobuf_c_message_get_packed_size(m);
    uint8_t *out = arena_alloc(a, len);

    return slice_of(out, protobuf_c_message_pack(m, out));
}

/* ---- the request ------------------------------------------------------------------------------- */

struct slice activation_request_encode(const struct activation_request *r, struct arena *a)
{
    Rpc__ActivationReq m = RPC__ACTIVATION_REQ__INIT;

    m.quote = give_bytes(r->quote);
    m.csr = give_bytes(r->csr);
    m.marbletype = give_string(r->marble_type);
    m.uuid = give_string(r->uuid);
    return pack(&m.base, a);
}

bool activation_request_decode(struct slice in, struct arena *a, struct activation_request *out,
                               struct err *err)
{
    scoped(pool_wipe) struct pool pool = {0};
    char *marble_type = NULL, *uuid = NULL;
    const Rpc__ActivationReq *m;
    ProtobufCMessage *base;

    if (!unpack(&rpc__activation_req__descriptor, in, POOL_PER_REQUEST_BYTE, &pool, &base, err))
        return false;
    m = (const Rpc__ActivationReq *)base;
    if (!take_string(m->marbletype, "MarbleType", a, &marble_type, err) ||
        !take_string(m->uuid, "UUID", a, &uuid, err))
        return false;
    *out = (struct activation_request){
        .quote = take_bytes(m->quote, a),
        .csr = take_bytes(m->csr, a),
        .marble_type = marble_type,
        .uuid = uuid,
    };
    return true;
}

/* ---- the response ------------------------------------------------------------------------------ */

static void give_files(const struct parameters *p, struct arena *scratch, Rpc__Parameters *m)
{
    m->files = arena_array(scratch, p->num_files, sizeof(Rpc__Parameters__FilesEntry *));
    m->n_files = p->num_files;
    for (size_t i = 0; i < p->num_files; i++) {
        Rpc__Parameters__FilesEntry *e = arena_alloc(scratch, sizeof *e);

        rpc__parameters__files_entry__init(e);
        e->key = give_string(p->files[i].name);
        e->value = give_bytes(p->files[i].value);
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
        e->key = give_string(p->env[i].name);
        e->value = give_bytes(p->env[i].value);
        m->env[i] = e;
    }
}

struct slice activation_response_encode(const struct parameters *p, struct arena *a)
{
    scoped(arena_wipe) struct arena scratch = {0};
    Rpc__ActivationResp response = RPC__ACTIVATION_RESP__INIT;
    Rpc__Parameters m = RPC__PARAMETERS__INIT;

    give_files(p, &scratch, &m);
    give_env(p, &scratch, &m);
    m.argv = p->argv;
    m.n_argv = p->num_argv;
    response.parameters = &m;
    return pack(&response.base, a);
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

        if (!take_string(e.key, what, a, &name, err))
            return err_in(err, "entry %zu", i);
        list[i] = (struct parameter){.name = name, .value = take_bytes(e.value, a)};
    }
    *out = list;
    return names_are_unique(list, num, what, err);
}

static bool take_argv(const Rpc__Parameters *m, struct arena *a, char ***out, struct err *err)
{
    char **argv = arena_array(a, m->n_argv, sizeof *argv);

    for (size_t i = 0; i < m->n_argv; i++)
        if (!take_string(m->argv[i], "Argv", a, &argv[i], err))
            return err_in(err, "element %zu", i);
    *out = argv;
    return true;
}

bool activation_response_decode(struct slice in, struct arena *a, struct parameters *out, struct err *err)
{
    scoped(pool_wipe) struct pool pool = {0};
    static const Rpc__Parameters nothing =
        RPC__PARAMETERS__INIT; /* proto3: an absent message is its default */
    struct parameters p = {0};
    const Rpc__Parameters *m;
    ProtobufCMessage *base;

    if (!unpack(&rpc__activation_resp__descriptor, in, POOL_PER_RESPONSE_BYTE, &pool, &base, err))
        return false;
    m = ((const Rpc__ActivationResp *)base)->parameters;
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

/* ---- the type alone --------------------------------------------------------------------------- */

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

bool activation_request_type(struct slice in, struct slice *type)
{
    enum { LENGTH_DELIMITED = 2, MARBLE_TYPE = 3 };
    struct cursor c = cursor_over(in);
    struct slice found = {0};

    while (!cursor_done(&c)) {
        const uint64_t tag = take_varint(&c);
        const struct slice value = cursor_take(&c, take_varint(&c));

        if (!cursor_ok(&c) || (tag & 7) != LENGTH_DELIMITED) /* all of the request's fields are */
            return false;
        if (tag >> 3 == MARBLE_TYPE)
            found = value;
    }
    *type = found;
    return true;
}
