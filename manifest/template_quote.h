/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/template_quote.h: what Go's string constants mean.
 *
 * Private to the template language. Source: The Go Programming Language Specification, "String literals"
 * and "Rune literals" (escapes). Arguments are what stands between the quotes; results live in the arena.
 */
#pragma once
#include "base/arena.h"

/* Between double quotes: \a \b \f \n \r \t \v \\ \" \xHH \OOO \uHHHH \UHHHHHHHH, else UTF-8. False: something
 * else. */
bool unquote(struct slice body, struct arena *a, struct slice *out);

/* Between back quotes: as it is, without carriage returns. */
struct slice unquote_raw(struct slice body, struct arena *a);
