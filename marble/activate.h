/* SPDX-License-Identifier: Apache-2.0 */
/* marble/activate.h: the question to the coordinator, rpc.Marble/Activate, and its answer. */
#pragma once
#include "manifest/activation.h"
#include "marble/credentials.h"

/* Asks until there is an answer, for config->timeout_s at most: while nobody is there, or the coordinator
 * says that it is not available, again after a pause that grows from a fifth of a second to five. A refusal
 * is final. The coordinator is not verified, as MarbleRun's premain does not: it verifies the service, not
 * the reverse.
 *
 * Results live in the arena. The error is the coordinator's own if it sent one; the text says whether it was
 * unreachable or refused. */
bool activate(const struct config *config, const struct credentials *credentials, const char *uuid,
              struct arena *a, struct parameters *out, struct err *err);
