/* SPDX-License-Identifier: Apache-2.0 */
/* A client of unknown intent before the HTTP/1.1 server: the first byte says how large the pieces are that
 * the rest comes in. Every request that is taken is answered.
 */
#include "tests/support/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const size_t piece = len > 0 ? (size_t)data[0] + 1 : 1;
    struct talk t = {0};

    talk_begin(&t, &http1);
    for (size_t at = 1; at < len && !http1.over(t.session); at += piece) {
        (void)talk_feed(&t, slice_of(data + at, len - at < piece ? len - at : piece));
        while (t.num_out > 0)
            talk_answer(&t, 0, 200, "answer");
        t.env.now++;
    }
    if (t.num_refused > 1 && t.reason.code != E_BUSY)
        __builtin_trap(); /* a refusal ends the connection */
    talk_end(&t);
    return 0;
}
