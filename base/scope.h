/* SPDX-License-Identifier: Apache-2.0 */
/* base/scope.h: `scoped(secret_wipe) struct secret key = {0};` runs secret_wipe(&key)
 * wherever the block ends. The function must accept the zero state.
 */
#pragma once
#define scoped(end) __attribute__((cleanup(end), unused)) /* unused: to clang, an end is no use of it */
