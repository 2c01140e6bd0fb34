/* SPDX-License-Identifier: Apache-2.0 */
/* cli/recovery_data.h: the encrypted recovery secrets that a coordinator hands out once. */
#pragma once
#include "base/json.h"
#include "cli/command.h"

/* `secrets` is an object of names and base64 (NULL or empty: there are none). Writes MarbleRun's form,
 * {"RecoverySecrets": {...}}, to the file of --recoverydata (0600), or to stdout. Should the file not be
 * writable they are printed, for the coordinator gives them only once. */
bool hand_out_recovery_data(struct cli *cli, const json_t *secrets, struct err *err);
