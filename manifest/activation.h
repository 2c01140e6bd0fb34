/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/activation.h: the messages of rpc.Marble/Activate as values (wire format: rpc.proto). */
#pragma once
#include "base/arena.h"
#include "base/err.h"

#define ACTIVATE_METHOD "/rpc.Marble/Activate"

struct activation_request {
    struct slice quote, csr;
    const char *marble_type, *uuid; /* as sent; valid UTF-8, no NUL */
};

struct parameter {
    const char *name;
    struct slice value;
};

/* What a marble gets. Names are unique; order is that of the wire. */
struct parameters {
    struct parameter *files, *env;
    size_t num_files, num_env;
    char **argv;
    size_t num_argv;
};

/* Decoding refuses what is not protobuf, names with NUL, doubled names. E_GRPC_FORMAT. Results live in
 * the arena and copy, so that they are wiped with it. */
struct slice activation_request_encode(const struct activation_request *r, struct arena *a);
bool activation_request_decode(struct slice in, struct arena *a, struct activation_request *out, struct err *err);
struct slice activation_response_encode(const struct parameters *p, struct arena *a);
bool activation_response_decode(struct slice in, struct arena *a, struct parameters *out, struct err *err);

/* The type alone, without looking at the rest: borrowed from the message. false: it is not there, or cannot be
 * found. */
bool activation_request_type(struct slice in, struct slice *type);
