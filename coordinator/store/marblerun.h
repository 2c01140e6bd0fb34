/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/store/marblerun.h: a sealed_data that MarbleRun has written (contract 5.2).
 *
 *     u32le length of R, R, AEAD(data key, JSON object: store key -> base64 of the value)
 *
 * R is the recovery data: a JSON object, `null`, or nothing. There is no additional data. Pure.
 */
#pragma once
#include "coordinator/store/entries.h"

/* Does it look like one? Then its recovery data; borrowed. */
bool marblerun_split(struct slice file, struct slice *recovery_data, struct slice *sealed);

/* The entries, in the arena. E_DECRYPT: another key's. E_STATE_CORRUPT: it opens, and holds something else.
 */
bool marblerun_open(struct slice file, struct slice key, struct arena *a, struct entries *out,
                    struct err *err);
