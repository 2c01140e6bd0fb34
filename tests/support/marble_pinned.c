/* SPDX-License-Identifier: Apache-2.0 */
/* A service that takes only one coordinator, which does not exist, for its own. */
#include <marble.h>
#include <stdio.h>

const char marble_coordinator_policy[] =
    "{\"UniqueID\": \"2222222222222222222222222222222222222222222222222222222222222222\"}";

int main(void) { return puts("started") == EOF; }
