/* SPDX-License-Identifier: Apache-2.0 */
/* cli/effective.h: a manifest with what package updates made of it. */
#pragma once
#include "base/arena.h"
#include "base/json.h"

/* The security version that the update log (its lines, oldest first) gave the package after the manifest with this
 * fingerprint came into force; false: none. */
bool effective_version(const json_t *lines, const char *fingerprint, const char *package, uint64_t *out);

/* The manifest with these versions, without nulls: indented with four spaces, names sorted. E_JSON_SYNTAX. */
bool effective_text(struct slice manifest, const json_t *lines, struct arena *a, struct slice *out, struct err *err);
