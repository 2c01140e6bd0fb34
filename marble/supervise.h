/* SPDX-License-Identifier: Apache-2.0 */
/* marble/supervise.h: the launcher that stays, because the program that it starts cannot renew by itself. */
#pragma once
#include "marble/premain.h"

/* Becomes the program: execve(). */
_Noreturn void become(const char *path, const struct launch *launch);

/* Starts the program as a child, renews what it was given (marble/renew.h), hands signals on to it, and ends
 * as it ends: with its exit status, or by the same signal. Signals of the terminal reach the child by
 * themselves. The child ends if this process is killed. */
_Noreturn void supervise(const char *path, const struct launch *launch);
