/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/library/parts.h: parts of evidence and of collateral by their names: the members' own. Private to attestation/library/. */
#pragma once
#include "attestation/attestation.h"

/* Where a part of this name belongs; NULL: there is no such part. A VEK and its chain are the evidence's, as when an
 * attester sends them along. */
struct slice *part_named(const char *name, struct evidence *e, struct collateral *c);
