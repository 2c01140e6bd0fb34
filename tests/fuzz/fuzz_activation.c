/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of rpc.Marble/Activate from an unknown peer: what is understood survives another round. */
#include "manifest/activation.h"

static void request(struct slice in)
{
    struct activation_request r, again;
    struct arena a = {0};
    struct slice type;
    struct err err = {0};

    if (activation_request_decode(in, &a, &r, &err)) {
        if (!activation_request_decode(activation_request_encode(&r, &a), &a, &again, &err) ||
            !slice_equal(r.quote, again.quote) || !slice_equal(r.csr, again.csr) ||
            strcmp(r.marble_type, again.marble_type) != 0 || strcmp(r.uuid, again.uuid) != 0)
            __builtin_trap();
        if (!activation_request_type(activation_request_encode(&r, &a), &type) ||
            !slice_equal(type, slice_str(r.marble_type)))
            __builtin_trap();
    } else if (err.code != E_GRPC_FORMAT) {
        __builtin_trap();
    }
    (void)activation_request_type(in, &type);
    arena_wipe(&a);
}

static void response(struct slice in)
{
    struct parameters p, again;
    struct arena a = {0};
    struct err err = {0};

    if (activation_response_decode(in, &a, &p, &err)) {
        const struct slice first = activation_response_encode(&p, &a);

        if (!activation_response_decode(first, &a, &again, &err) ||
            !slice_equal(first, activation_response_encode(&again, &a)))
            __builtin_trap();
    } else if (err.code != E_GRPC_FORMAT) {
        __builtin_trap();
    }
    arena_wipe(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    request(slice_of(data, len));
    response(slice_of(data, len));
    return 0;
}
