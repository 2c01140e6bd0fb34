/* SPDX-License-Identifier: Apache-2.0 */
/* net/wire.h: the byte stream of one connection, with TLS or plain, seen the same.
 *
 * What comes from the socket goes in with wire_feed(), what goes to it comes out of wire_pending();
 * above it, plain bytes are read and written. Results and rules are those of net/tls.h.
 */
#pragma once
#include "net/tls.h"

struct wire {
    struct tls *tls; /* NULL: plain */
    struct buf in, out, flight;
    size_t in_at;
};

void wire_init(struct wire *w, struct tls *tls); /* takes tls over; NULL: plain */
void wire_wipe(struct wire *w);

enum tls_result wire_handshake(struct wire *w, struct err *err);
enum tls_result wire_read(struct wire *w, uint8_t *to, size_t cap, size_t *got, struct err *err);
enum tls_result wire_write(struct wire *w, struct slice plain, size_t *taken, struct err *err);
void wire_close(struct wire *w);

bool wire_feed(struct wire *w, struct slice bytes);
struct slice wire_pending(struct wire *w);
void wire_sent(struct wire *w, size_t n);
