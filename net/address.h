/* SPDX-License-Identifier: Apache-2.0 */
/* net/address.h: "host:port" to socket addresses. */
#pragma once
#include <netdb.h>

#include "base/arena.h"
#include "base/err.h"

/* "host:port", ":port" (host is ""), "[::1]:port" (host is "::1"). The port is a number. E_ADDRESS. */
bool address_split(const char *address, struct arena *a, char **host, unsigned *port, struct err *err);

/* What getaddrinfo(3) finds for TCP; blocks. An empty host: all interfaces if `passive`, else this one.
 * Released with address_free(). E_ADDRESS. */
bool address_resolve(const char *host, unsigned port, bool passive, struct addrinfo **out, struct err *err);
void address_free(struct addrinfo **list); /* accepts NULL inside */

/* "127.0.0.1" or "::1", without port; IPv4 inside IPv6 as IPv4. */
enum { ADDRESS_LEN = 46 };
void address_text(const struct sockaddr_storage *addr, char out[ADDRESS_LEN]);
