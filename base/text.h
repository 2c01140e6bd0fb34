/* SPDX-License-Identifier: Apache-2.0 */
/* base/text.h: bytes as text and back, strictly.
 *
 * Decoders accept one spelling and refuse everything else; they write nothing on failure.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

/* Lower-case hex, NUL-terminated: out holds 2 * len + 1. */
void hex_encode(char *out, struct slice in);
char *hex_text(struct arena *a, struct slice in);

/* Hex of either case, an even number of digits. */
bool hex_decode(struct slice text, struct arena *a, struct slice *out);

/* Exactly `len` bytes into out. */
bool hex_decode_exact(struct slice text, void *out, size_t len);

enum base64_kind {
    BASE64_STD,      /* RFC 4648 section 4, padded; CR and LF anywhere are skipped on decoding, as Go does */
    BASE64_URL,      /* section 5, padded */
    BASE64_URL_BARE, /* section 5, unpadded */
};
char *base64_text(struct arena *a, struct slice in, enum base64_kind kind);
void base64_put(struct buf *out, struct slice in, enum base64_kind kind);
bool base64_decode(struct slice text, enum base64_kind kind, struct arena *a, struct slice *out);

/* Plain decimal digits, no sign, no leading zero but "0" itself, at most `max`. */
bool decimal_decode(struct slice text, uint64_t max, uint64_t *out);

/* Case-insensitive comparison and search over ASCII only; no locale. */
bool text_equal_fold(struct slice a, struct slice b);
bool text_starts_with(struct slice text, const char *prefix);

/* A foreign string for a message: control characters become '?', the rest is cut to 80 bytes. */
char *text_shown(struct arena *a, struct slice s);

/* One character of Unicode as UTF-8, and the length of the valid UTF-8 sequence at the front (0: none). */
void text_put_utf8(struct buf *b, uint32_t v);
size_t text_utf8_len(struct slice s);

/* Where a byte stands, for messages: both from 1, columns in bytes. */
struct text_place {
    size_t line, column;
};
struct text_place text_place(struct slice text, size_t at);

/* Valid UTF-8 without NUL. */
bool text_is_utf8(struct slice s);

/* Splits at each `sep`; the pieces borrow. Returns the number of pieces (one at least). */
size_t text_split(struct arena *a, struct slice s, char sep, struct slice **pieces);
