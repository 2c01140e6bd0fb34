/* SPDX-License-Identifier: Apache-2.0 */
/* base/uuid.h: RFC 9562 UUIDs. */
#pragma once
#include "base/bytes.h"

struct uuid {
    uint8_t bytes[16];
};
enum { UUID_LEN = 36 };

/* 36 characters, also with "urn:uuid:" in front or in braces; or 32 hex digits. */
bool uuid_parse(struct slice text, struct uuid *out);
void uuid_format(char out[UUID_LEN + 1], struct uuid u); /* lower case */
struct uuid uuid_random(void);                           /* version 4 */
