/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/api/recovery_secrets.h: recovery secrets as a member of an answer: {name: base64 of the ciphertext}. */
#pragma once
#include "base/buf.h"
#include "coordinator/core.h"

void put_recovery_secrets(struct buf *b, const char *name, const struct recovery_secrets *secrets); /* {} if none */
