/* SPDX-License-Identifier: Apache-2.0 */
/* cli/manifest_new.h: a manifest to begin with, in YAML, because JSON has no comments. */
#pragma once
#include "base/buf.h"
#include "cli/command.h"

/* From the options --program, --package, --marble, --user and --recovery-key. What comes out would be accepted. */
bool manifest_new(struct cli *cli, struct buf *out, struct err *err);
