/* SPDX-License-Identifier: Apache-2.0 */
/* A client of unknown intent before the HTTP/2 server, after the preface. Requests are answered late, so that
 * streams end while their exchange is out.
 */
#include "tests/support/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const size_t piece = len > 0 ? (size_t)data[0] + 1 : 1;
    struct talk t = {0};

    talk_begin(&t, &http2);
    (void)talk_say(&t, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    for (size_t at = 1; at < len && !http2.over(t.session); at += piece) {
        (void)talk_feed(&t, slice_of(data + at, len - at < piece ? len - at : piece));
        if (t.num_out > 2)
            talk_answer(&t, 1, 200, "answer");
        t.env.now += 10;
        http2.expire(t.session);
        talk_drain(&t);
    }
    talk_end(&t);
    return 0;
}
