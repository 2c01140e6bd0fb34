/* SPDX-License-Identifier: Apache-2.0 */
/* net/peers.h: how many connections there are, in total and of each peer. For all threads.
 *
 * A peer is an IPv4 address or an IPv6 /64, the smallest that is commonly given to one customer.
 */
#pragma once
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/err.h"

struct peer {
    uint8_t bytes[8];
    bool is_v6;
};
struct peer peer_of(const struct sockaddr_storage *addr);

struct peers;
struct peers *peers_new(size_t max, size_t max_per_peer);
void peers_free(struct peers **p); /* accepts NULL inside */

/* E_BUSY when there are too many; each success is given back with peers_leave(). */
bool peers_enter(struct peers *p, const struct peer *peer, struct err *err);
void peers_leave(struct peers *p, const struct peer *peer);
