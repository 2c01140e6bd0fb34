/* SPDX-License-Identifier: Apache-2.0 */
/* cli/judge.h: what a command judges evidence with, from its options and the environment. */
#pragma once
#include "attestation/judge.h"
#include "cli/command.h"

/* The option --collateral (a bundle file) and the variables that attestation/judge.h names; collateral that was
 * fetched is kept in $XDG_CACHE_HOME/marblemesh or ~/.cache/marblemesh. */
bool cli_judge(struct cli *cli, struct judge **out, struct err *err);
