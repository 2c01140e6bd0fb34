/* SPDX-License-Identifier: Apache-2.0 */
/* cli/install_values.h: the options of install as values of the chart (helm/values.yaml). */
#pragma once
#include "base/buf.h"
#include "cli/command.h"

/* E_UNSUPPORTED and E_USAGE: what cannot be installed. */
bool install_values_check(struct cli *cli, struct err *err);

/* JSON, which is YAML too. `resource_key` NULL: no enclave. */
bool install_values(struct cli *cli, const char *resource_key, struct buf *out, struct err *err);
