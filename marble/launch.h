/* SPDX-License-Identifier: Apache-2.0 */
/* marble/launch.h: the memory that a program finds its arguments in. */
#pragma once
#include "base/arena.h"
#include "marble/premain.h"

/* How many strings there are before the NULL. */
size_t launch_num(char *const *strings);

/* Moves argv and env of `made` into one block (see struct launch), followed by the auxiliary vector that
 * stands behind the environment of `kernel`, as the kernel handed it over. The block lives in the arena. */
void launch_lay_out(struct launch *made, const struct launch *kernel, struct arena *a);
