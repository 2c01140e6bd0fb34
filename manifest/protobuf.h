/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/protobuf.h: what the codecs of both services share: protobuf-c with bounded memory, and strict
 * strings. For activation.c and mesh_v1.c only.
 */
#pragma once
#include "base/scope.h"
#include "manifest/activation.h"
#include "manifest/rpc.pb-c.h"

/* What an unpacked message lives in: scoped(proto_pool_wipe). */
struct proto_pool {
    struct arena arena;
    size_t left;
};
void proto_pool_wipe(struct proto_pool *p);

/* How much of it each byte of a message justifies. */
enum {
    PROTO_PER_FIELD_BYTE = 2,  /* a few fields, copied once */
    PROTO_PER_ENTRY_BYTE = 16, /* an entry of 10 bytes becomes a struct, two blocks and a pointer */
};

/* LIMIT_GRPC_MESSAGE at most. E_GRPC_FORMAT. */
bool proto_unpack(const ProtobufCMessageDescriptor *type, struct slice in, size_t per_byte,
                  struct proto_pool *pool, ProtobufCMessage **out, struct err *err);
struct slice proto_pack(const ProtobufCMessage *m, struct arena *a);

/* Out of an unpacked message, copied. Strings are UTF-8 without NUL: E_GRPC_FORMAT, which names `what`. */
bool proto_take_string(const char *s, const char *what, struct arena *a, char **out, struct err *err);
struct slice proto_take_bytes(ProtobufCBinaryData b, struct arena *a);
bool proto_take_parameters(const Rpc__Parameters *m, struct arena *a, struct parameters *out,
                           struct err *err); /* NULL: absent, which is empty in proto3 */

/* Into a message to be packed: borrowed, but for what lives in scratch. NULL is the empty string. */
ProtobufCBinaryData proto_give_bytes(struct slice s);
char *proto_give_string(const char *s);
void proto_give_parameters(const struct parameters *p, struct arena *scratch, Rpc__Parameters *m);

/* One field of a message that has nothing but strings and bytes, without looking at the rest: borrowed, empty
 * if it is not there. */
bool proto_find(struct slice in, unsigned field, struct slice *out);
