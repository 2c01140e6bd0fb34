/* SPDX-License-Identifier: Apache-2.0 */
/* net/listen.h: listening sockets, one per event loop, all on one port. */
#pragma once
#include <stddef.h>

#include "base/err.h"

/* Makes `num` bound sockets for "host:port" (rules of struct net_listener), each for uv_listen().
 * The kernel spreads connections over them. A port that anybody has already, this program included,
 * is E_LISTEN. *port is the one that was bound. The caller closes the sockets. */
bool listen_sockets(const char *address, size_t num, int *fds, unsigned *port, struct err *err);
