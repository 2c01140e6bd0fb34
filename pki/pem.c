/* SPDX-License-Identifier: Apache-2.0 */
#include "pki/pem.h"

#include "base/text.h"

enum { COLUMNS = 64, MAX_LABEL = 64 };

static const char begin[] = "-----BEGIN ", end[] = "-----END ", dashes[] = "-----";

void pem_put(struct buf *b, const char *label, struct slice der)
{
    struct cursor c = cursor_over(der);

    buf_printf(b, "%s%s%s\n", begin, label, dashes);
    while (c.rest.len > 0) {
        const size_t most = COLUMNS / 4 * 3;

        base64_put(b, cursor_take(&c, c.rest.len < most ? c.rest.len : most), BASE64_STD);
        buf_u8(b, '\n');
    }
    buf_printf(b, "%s%s%s\n", end, label, dashes);
}

char *pem_text(struct arena *a, const char *label, struct slice der)
{
    scoped(buf_wipe) struct buf b = buf_max(2 * der.len + 2 * strlen(label) + 64);

    pem_put(&b, label, der);
    return arena_strndup(a, buf_bytes(&b));
}

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\r'; }

/* The next line without its end and without blanks around it; the cursor stands on the line after. A NUL ends
 * a line like a newline: where PEM is handled as C strings, theirs stands behind a block or between two. */
static struct slice take_line(struct cursor *c)
{
    struct slice line = c->rest;

    for (line.len = 0; line.len < c->rest.len; line.len++)
        if (line.ptr[line.len] == '\n' || line.ptr[line.len] == 0)
            break;
    (void)cursor_take(c, line.len);
    if (c->rest.len > 0)
        (void)cursor_u8(c);
    while (line.len > 0 && is_blank(line.ptr[line.len - 1]))
        line.len--;
    while (line.len > 0 && is_blank(line.ptr[0]))
        line = slice_of(line.ptr + 1, line.len - 1);
    return line;
}

/* "-----BEGIN LABEL-----" or the same with END: the label. Labels are printable and hold no dashes at the
 * ends. */
static bool is_boundary(struct slice line, const char *start, struct slice *label)
{
    struct cursor c = cursor_over(line);

    if (!text_starts_with(line, start) || line.len < strlen(start) + strlen(dashes))
        return false;
    (void)cursor_take(&c, strlen(start));
    *label = cursor_take(&c, c.rest.len - strlen(dashes));
    for (size_t i = 0; i < label->len; i++)
        if (label->ptr[i] < 0x20 || label->ptr[i] > 0x7e)
            return false;
    return label->len <= MAX_LABEL && slice_equal(c.rest, slice_str(dashes));
}

/* RFC 7468 section 3, lax: blanks may stand anywhere in the body, as in texts that were indented. */
static bool decode_body(struct slice body, struct arena *a, struct slice *der)
{
    scoped(buf_wipe) struct buf bare = buf_max(body.len);

    for (size_t i = 0; i < body.len; i++)
        if (!is_blank(body.ptr[i]) && body.ptr[i] != '\n')
            buf_u8(&bare, body.ptr[i]);
    return bare.len > 0 && base64_decode(buf_bytes(&bare), BASE64_STD, a, der);
}

/* From behind the BEGIN line to behind the END line. */
static bool read_block(struct cursor *c, struct slice label, struct arena *a, struct slice *der,
                       struct err *err)
{
    const struct slice start = c->rest;
    const int shown = (int)label.len;
    struct slice body, closing;

    do {
        if (c->rest.len == 0)
            return err_set(err, E_CERT_FORMAT, "PEM: \"-----BEGIN %.*s-----\" has no \"-----END %.*s-----\"",
                           shown, (const char *)label.ptr, shown, (const char *)label.ptr);
        body = slice_of(start.ptr, start.len - c->rest.len);
    } while (!is_boundary(take_line(c), end, &closing));
    if (!slice_equal(label, closing))
        return err_set(err, E_CERT_FORMAT, "PEM: a block begins as \"%.*s\" and ends as \"%.*s\"", shown,
                       (const char *)label.ptr, (int)closing.len, (const char *)closing.ptr);
    return decode_body(body, a, der) ||
           err_set(err, E_CERT_FORMAT,
                   "PEM: expected base64 between BEGIN and END of \"%.*s\", found something else", shown,
                   (const char *)label.ptr);
}

bool pem_next(struct slice *rest, struct arena *a, struct pem_block *block, struct err *err)
{
    struct pem_block found = {0};
    struct cursor c = cursor_over(*rest);

    while (c.rest.len > 0) {
        const size_t skipped = rest->len - c.rest.len;

        if (!is_boundary(take_line(&c), begin, &found.label))
            continue;
        found.before = slice_of(rest->ptr, skipped);
        if (!read_block(&c, found.label, a, &found.der, err))
            return false;
        *rest = c.rest;
        *block = found;
        return true;
    }
    *block = (struct pem_block){0};
    return true;
}
