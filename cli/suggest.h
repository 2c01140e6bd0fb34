/* SPDX-License-Identifier: Apache-2.0 */
/* cli/suggest.h: what somebody who mistyped may have meant. NULL: nothing is near enough to guess. */
#pragma once
#include "cli/command.h"

/* How many letters have to be added, dropped, changed or swapped with their neighbour to make b of a; `most` + 1
 * stands for all that is more. Of names up to 63 bytes. */
size_t suggest_distance(const char *a, const char *b, size_t most);

/* The words of a command or group of commands that is nearest to `words`, of which `topic` was still right. */
const char *suggest_command(const char *topic, const char *words, struct arena *a);

/* An option's name, of those of the command (or NULL) and of every command. */
const char *suggest_option(const struct command *c, const char *name);

/* The nearest reason's name. */
const char *suggest_reason(const char *name);
