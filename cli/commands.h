/* SPDX-License-Identifier: Apache-2.0 */
/* cli/commands.h: the groups of commands that table.c lists. */
#pragma once
#include "cli/command.h"
#include "cli/output.h"

extern const struct command manifest_commands[];    /* set, get, log, signature, verify */
extern const struct command update_commands[];      /* manifest update ... */
extern const struct command check_commands[];       /* what is done with manifests offline */
extern const struct command secret_commands[];      /* set, get */
extern const struct command recover_commands[];     /* recover, recover-with-signature ... */
extern const struct command certificate_commands[]; /* root, intermediate, chain */
extern const struct command help_commands[];        /* explain, doctor, completion, version */
extern const struct command other_commands[];       /* status, package-info */

bool cmd_evidence_show(struct cli *cli, struct err *err);
bool cmd_evidence_verify(struct cli *cli, struct err *err);
bool cmd_collateral_fetch(struct cli *cli, struct err *err);
bool cmd_collateral_show(struct cli *cli, struct err *err);
bool cmd_collateral_import(struct cli *cli, struct err *err);
