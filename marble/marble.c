/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/marble.h"

#include "attestation/collect.h"
#include "marble/premain.h"

const char *marble_version(void) { return MARBLEMESH_VERSION; }
const char *marble_type(void) { return premain_type(); }
const char *marble_uuid(void) { return premain_uuid(); }
int marble_simulated(void) { return trust_domain()->simulated; }
