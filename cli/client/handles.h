/* SPDX-License-Identifier: Apache-2.0 */
/* cli/client/handles.h: what the opaque types of meshclient.h are. Private to the library. */
#pragma once
#include "cli/client/calls.h"
#include "cli/client/meshclient.h"

/* Never changed once it is made. */
struct mesh_client {
    struct arena arena;
    struct coordinator coordinator;
};

struct mesh_client_manifest {
    struct arena arena;
    struct signed_manifest signed_by_root;
    const char *fingerprint;
};

struct mesh_client_answer {
    struct arena arena;
    struct http_response response;
    const char **values; /* of its headers, as strings */
};

static inline struct slice bytes_in(struct mesh_client_bytes b) { return slice_of(b.ptr, b.len); }
static inline struct mesh_client_bytes bytes_out(struct slice s)
{
    return (struct mesh_client_bytes){s.ptr, s.len};
}

/* A zeroed struct; aborts where there is no memory. */
void *handle_new(size_t size);

/* The first `size` bytes of what the caller knows of a struct; the rest stays zero. E_USAGE: it is later than
 * us. */
bool take_known(const char *what, void *to, size_t to_size, const void *from, size_t size, size_t least,
                struct err *err);

/* Tells a refusal, if anybody listens. */
void tell(const struct err *err, struct mesh_client_error *error);
