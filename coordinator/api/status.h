/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/api/status.h: the coordinator's state in words: for the client API and for /readyz. */
#pragma once
#include "coordinator/core.h"

const char *api_status_text(const struct core *core, const struct mesh *mesh, struct arena *a);
