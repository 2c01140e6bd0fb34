/* SPDX-License-Identifier: Apache-2.0 */
/* pki/oaep.h: the padding of RSA-OAEP taken off, for keys whose owner only computes the power: tokens that
 * know SHA-1 alone. */
#pragma once
#include "base/bytes.h"
#include "base/err.h"
#include "base/secret.h"

/* RFC 8017 7.1.2 step 3, with SHA-256 for hash and mask and an empty label. `encoded` is as long as the
 * modulus. E_DECRYPT, and nothing else is told; how long it takes does not depend on what is wrong. */
bool oaep_decode(struct slice encoded, struct secret *out, struct err *err);
