/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/vector_reasons.h: what the vectors' words for a refusal mean in ours. */
#pragma once
#include <jansson.h>
#include <stdbool.h>

/* `reason`: one word, or an array of words of which each is right. */
bool vector_reason_is(const json_t *reason, const char *ours);
