/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/memory_search.h: whether bytes remain somewhere in this process. */
#pragma once
#include <stddef.h>

/* How often the bytes stand in what the process can read, given last one first, so that looking for them does
 * not put them there. Read through /proc/self/mem, piece by piece into a buffer that is left out. What is
 * larger than memory ever is belongs to a sanitizer, and is left out, too. */
int memory_search(const void *reversed, size_t len);
