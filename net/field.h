/* net/field.h: header field values of HTTP/1.1. */
#pragma once
#include "base/bytes.h"

/* White space after a value is not part of it (RFC 9110 section 5.5); llhttp removes only what is before. */
static inline struct slice field_trimmed(struct slice value)
{
    while (value.len > 0 && (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t'))
        value.len--;
    return value;
}
