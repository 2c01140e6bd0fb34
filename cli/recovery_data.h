/* SPDX-License-Identifier: Apache-2.0 */
/* cli/recovery_data.h: the encrypted recovery secrets that a coordinator hands out once. */
#pragma once
#include "base/json.h"
#include "cli/command.h"

/* Recovery data in that file already are asked about before they are replaced: they may be the only ones of a
 * mesh. */
bool confirm_recovery_data(struct cli *cli, struct err *err);

/* `secrets` is an object of names and base64 (NULL or empty: there are none). Writes MarbleRun's form,
 * {"RecoverySecrets": {...}}, to the file of --recoverydata (0600), or to stdout. Should the file not be
 * writable they are printed, for the coordinator gives them only once. */
bool hand_out_recovery_data(struct cli *cli, const json_t *secrets, struct err *err);

/* The same with --json: `value`, which is taken over, gets a member recoverySecrets, or recoveryDataFile if
 * they went there, and is printed. */
bool hand_out_with_recovery_data(struct cli *cli, json_t *value, const json_t *secrets, struct err *err);
