/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include "base/secret.h"
#include "base/text.h"

static bool parse_dashed(struct slice s, struct uuid *out)
{
    uint8_t packed[32];
    size_t len = 0;

    if (s.len != UUID_LEN)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        const bool dash_here = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash_here != (s.ptr[i] == '-'))
            return false;
        if (!dash_here)
            packed[len++] = s.ptr[i];
    }
    return hex_decode_exact(slice_of(packed, len), out->bytes, 16);
}

bool uuid_parse(struct slice text, struct uuid *out)
{
    if (text.len == 32)
        return hex_decode_exact(text, out->bytes, 16);
    if (text.len == UUID_LEN + 9 && text_equal_fold(slice_of(text.ptr, 9), slice_str("urn:uuid:")))
        return parse_dashed(slice_of(text.ptr + 9, UUID_LEN), out);
    if (text.len == UUID_LEN + 2 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}')
        return parse_dashed(slice_of(text.ptr + 1, UUID_LEN), out);
    return parse_dashed(text, out);
}

void uuid_format(char out[UUID_LEN + 1], struct uuid u)
{
    char hex[33];
    char *to = out;

    hex_encode(hex, slice_of(u.bytes, 16));
    for (int i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            *to++ = '-';
        *to++ = hex[i];
    }
    *to = '\0';
}

struct uuid uuid_random(void)
{
    struct uuid u;

    random_bytes(u.bytes, sizeof u.bytes);
    u.bytes[6] = (uint8_t)(0x40 | (u.bytes[6] & 0x0f));
    u.bytes[8] = (uint8_t)(0x80 | (u.bytes[8] & 0x3f));
    return u;
}
