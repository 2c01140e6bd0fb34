/* SPDX-License-Identifier: Apache-2.0 */
/* Prints docs/errors.md from the one table of reasons. */
#include <stdio.h>

#include "base/err.h"

static const char *const words[] = {
    [ERR_INVALID] = "invalid",         [ERR_UNAUTHENTICATED] = "unauthenticated",
    [ERR_DENIED] = "denied",           [ERR_NOT_FOUND] = "not found",
    [ERR_STATE] = "wrong state",       [ERR_TOO_LARGE] = "too large",
    [ERR_TIMEOUT] = "timeout",         [ERR_UNAVAILABLE] = "unavailable",
    [ERR_UNSUPPORTED] = "unsupported", [ERR_INTERNAL] = "internal",
};

int main(void)
{
    (void)printf("# Reasons\n\n"
                 "<!-- Made by scripts/errors-page from base/reasons.def: change it there. -->\n\n"
                 "Every refusal carries one of these words: in brackets behind the sentence on the command "
                 "line and in gRPC\n"
                 "messages, as `reason` in answers of the client API and in the log, as the trailer "
                 "`mesh-reason` of gRPC. The\n"
                 "sentence says what was expected, what was found, and where; this page says in general what "
                 "happened and what\n"
                 "to do next. The words are interface: they are never changed and never reused.\n\n"
                 "| reason | kind | what happened | what to do |\n|---|---|---|---|\n");
    for (unsigned i = 1; i < NUM_ERR_CODES; i++) {
        const struct reason *r = reason_of((enum err_code)i);

        (void)printf("| `%s` | %s | %s | %s |\n", r->name, words[r->kind], r->cause, r->remedy);
    }
    return 0;
}
