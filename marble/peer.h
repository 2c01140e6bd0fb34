/* SPDX-License-Identifier: Apache-2.0 */
/* marble/peer.h: other marbles of the mesh, by their certificates. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "marble/identity.h"
#include "marble/marble.h"

/* Type and UUID of a marble's certificate: extension 1.3.9903.2.1, whose value is the bare text, and the
 * subject's common name. E_CERT_FORMAT; E_MARBLE_PEER: it is no marble's. */
bool peer_read(struct slice cert, struct marble_peer *out, struct err *err);

/* A chain as it was sent, leaf first: is it that of a marble of our mesh, now, and of this type (NULL: any)?
 * E_CERT_FORMAT, E_CERT_CHAIN, E_CERT_EXPIRED, E_MARBLE_PEER. */
bool peer_verify(const struct slice *chain, size_t num, const struct identity *us, const char *type,
                 int64_t now, struct marble_peer *out, struct err *err);
