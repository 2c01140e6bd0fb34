/* SPDX-License-Identifier: Apache-2.0 */
/* The framing of gRPC: what is taken is what is written again. */
#include "net/grpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct http_request request = {.body = slice_of(data, len)};
    struct http_response response = {0};
    struct slice message;
    struct arena a = {0};
    struct err err;

    if (grpc_message(&request, &message, &err)) {
        grpc_reply(&response, &a, message);
        if (!slice_equal(response.body, request.body))
            __builtin_trap();
    }
    arena_wipe(&a);
    return 0;
}
