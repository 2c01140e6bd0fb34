/* SPDX-License-Identifier: Apache-2.0 */
/* cli/place.h: where in a manifest's file something stands that a message speaks of. */
#pragma once
#include "base/text.h"
#include "cli/manifest_file.h"

/* From the message: the path that it begins with ("$.Packages.p.Debug: ..."), the thing that it names (marble "m"
 * ...), or the line and column in it. Line 0: the message does not say. */
struct text_place place_of(const struct manifest_file *f, const char *message);

/* The line with a caret under the place, both ended; "" if there is none. */
char *place_shown(const struct manifest_file *f, struct text_place place, struct arena *a);
