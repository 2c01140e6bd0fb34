/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/marble_peer.h: one service, three TLS libraries: what differs. */
#pragma once

/* On a connected socket, as server or client: shakes hands with a marble of this type, says "hello" and hears
 * it, writes the peer's names on standard output. 0: all of that happened. */
int peer_talk(int socket, int server, const char *type);
