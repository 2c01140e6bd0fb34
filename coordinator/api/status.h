/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/api/status.h: the coordinator's state in words: for the client API and for /readyz. */
#pragma once
#include "coordinator/core.h"

/* `core` NULL: there is none yet. */
const char *api_status_text(enum mesh_state state, const struct core *core, struct arena *a);
