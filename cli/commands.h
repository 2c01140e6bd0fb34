/* SPDX-License-Identifier: Apache-2.0 */
/* cli/commands.h: what the table in main.c points to, one file per group of commands. */
#pragma once
#include "cli/command.h"

bool cmd_manifest_set(struct cli *cli, struct err *err);
bool cmd_manifest_get(struct cli *cli, struct err *err);
bool cmd_manifest_verify(struct cli *cli, struct err *err);
bool cmd_manifest_signature(struct cli *cli, struct err *err);

bool cmd_certificate_root(struct cli *cli, struct err *err);
bool cmd_certificate_intermediate(struct cli *cli, struct err *err);
bool cmd_certificate_chain(struct cli *cli, struct err *err);

bool cmd_evidence_show(struct cli *cli, struct err *err);
bool cmd_evidence_verify(struct cli *cli, struct err *err);
bool cmd_collateral_fetch(struct cli *cli, struct err *err);
bool cmd_collateral_show(struct cli *cli, struct err *err);
bool cmd_collateral_import(struct cli *cli, struct err *err);

bool cmd_status(struct cli *cli, struct err *err);
bool cmd_package_info(struct cli *cli, struct err *err);
bool cmd_version(struct cli *cli, struct err *err);

/* What was printed has arrived; if not, E_FILE_WRITE. Who closed the pipe has seen enough: no error. */
bool flush_output(struct err *err);

/* Writes to stdout, or to the file of --output if it was given (0600). */
bool print_or_save(struct cli *cli, struct slice text, struct err *err);
