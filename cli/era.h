/* SPDX-License-Identifier: Apache-2.0 */
/* cli/era.h: the policy that a coordinator's evidence has to satisfy.
 *
 * From --era-config; else ./era-config.json; else the coordinator-era.json that was built or
 * installed with this program.
 */
#pragma once
#include "attestation/policy.h"
#include "cli/command.h"

struct era {
    const char *path; /* the file it came from */
    struct package_policy policy;
};
bool era_load(struct cli *cli, struct era *out, struct err *err);

/* Which file that would be; NULL: none. */
const char *era_file(struct cli *cli);
