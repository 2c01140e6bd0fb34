/* SPDX-License-Identifier: Apache-2.0 */
/* marble/why.h: the reason that a function of marble.h failed for, kept for its thread. */
#pragma once
#include "base/err.h"

/* What a failing function fills, and returns -1 behind. */
struct err *why(void);
