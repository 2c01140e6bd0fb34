/* SPDX-License-Identifier: Apache-2.0 */
/* base/stdio.h: nothing of ours becomes descriptor 0, 1 or 2.
 *
 * A program may be started with standard input, output or error closed. The next file or socket gets the free number
 * then: messages are written into it, and libuv ends the process when it is to close it.
 */
#pragma once

/* Opens /dev/null in place of those that are closed. Says which, a bit each, for stdio_release(). */
unsigned stdio_hold(void);

/* Closes them again. */
void stdio_release(unsigned held);
