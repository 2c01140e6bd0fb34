/* SPDX-License-Identifier: Apache-2.0 */
/* marble/activate.h: the question to the coordinator before main(), and its answer. */
#pragma once
#include "marble/session.h"

/* Asks by mesh.v1.Mesh; where the coordinator does not know that, by rpc.Marble, as MarbleRun's premain does,
 * unless a policy pins it or config->way forbids it (E_COORDINATOR_OLD).
 *
 * Asks until there is an answer, for config->timeout_s at most: while nobody is there, or the coordinator
 * says that it is not available, again after a pause that grows from a fifth of a second to five. A refusal
 * is final, on either side.
 *
 * Results live in the arena. The error is the coordinator's own if it sent one; the text says whether it was
 * unreachable, refused, or not trusted. */
bool activate(const struct config *config, const struct pin *pin, const char *uuid, struct arena *a,
              struct activation *out, struct err *err);
