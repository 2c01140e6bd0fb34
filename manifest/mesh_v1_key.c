/* SPDX-License-Identifier: Apache-2.0 */
/* The stand-in for a marble's private key, and the key in its place. */
#include "base/secret.h"
#include "base/text.h"
#include "manifest/mesh_v1.h"

void mesh_new_stand_in(uint8_t out[MESH_STAND_IN_SIZE])
{
    static const uint8_t first[] = {0xfb, 0xff, 0xbf};

    random_bytes(out, MESH_STAND_IN_SIZE);
    memcpy(out, first, sizeof first);
}

/* ---- ways to write bytes ------------------------------------------------------------------------- */

static void put_raw(struct buf *out, struct slice key, struct arena *a)
{
    (void)a;
    buf_put(out, key);
}

static void put_lower(struct buf *out, struct slice key, struct arena *a) { buf_str(out, hex_text(a, key)); }

static void put_upper(struct buf *out, struct slice key, struct arena *a)
{
    for (const char *c = hex_text(a, key); *c != '\0'; c++)
        buf_u8(out, *c >= 'a' ? (uint8_t)(*c - 'a' + 'A') : (uint8_t)*c);
}

static struct slice without_padding(const char *text)
{
    struct slice s = slice_str(text);

    while (s.len > 0 && s.ptr[s.len - 1] == '=')
        s.len--;
    return s;
}

static void put_std(struct buf *out, struct slice key, struct arena *a)
{
    buf_str(out, base64_text(a, key, BASE64_STD));
}

static void put_std_bare(struct buf *out, struct slice key, struct arena *a)
{
    buf_put(out, without_padding(base64_text(a, key, BASE64_STD)));
}

static void put_url(struct buf *out, struct slice key, struct arena *a)
{
    buf_str(out, base64_text(a, key, BASE64_URL));
}

static void put_url_bare(struct buf *out, struct slice key, struct arena *a)
{
    buf_str(out, base64_text(a, key, BASE64_URL_BARE));
}

/* The lines of a PEM block's body (RFC 7468 section 2: 64 characters each), the last one without its end. */
static void put_lines(struct buf *out, struct slice key, struct arena *a, const char *line_end)
{
    struct cursor text = cursor_over(slice_str(base64_text(a, key, BASE64_STD)));

    while (text.rest.len > 64) {
        buf_put(out, cursor_take(&text, 64));
        buf_str(out, line_end);
    }
    buf_put(out, text.rest);
}

static void put_pem(struct buf *out, struct slice key, struct arena *a) { put_lines(out, key, a, "\n"); }
static void put_pem_crlf(struct buf *out, struct slice key, struct arena *a)
{
    put_lines(out, key, a, "\r\n");
}
static void put_pem_json(struct buf *out, struct slice key, struct arena *a)
{
    put_lines(out, key, a, "\\n");
}

/* ---- the search ---------------------------------------------------------------------------------- */

/* How the stand-in can stand there. What is around it, and stays, tells a PEM block; the first that fits is
 * taken, so padding comes before none. */
struct form {
    struct slice before, stand_in, behind;
    void (*put)(struct buf *out, struct slice key, struct arena *a);
};
enum { NUM_FORMS = 10 };

static void list_forms(struct slice stand_in, struct arena *a, struct form out[NUM_FORMS])
{
    const struct slice none = {0}, std = slice_str(base64_text(a, stand_in, BASE64_STD));
    const struct slice url = slice_str(base64_text(a, stand_in, BASE64_URL));
    scoped(buf_wipe) struct buf upper = buf_max(2 * stand_in.len);

    put_upper(&upper, stand_in, a);
    const struct form forms[NUM_FORMS] = {
        {slice_str("-----\n"), std, slice_str("\n-----END "), put_pem},
        {slice_str("-----\r\n"), std, slice_str("\r\n-----END "), put_pem_crlf},
        {slice_str("-----\\n"), std, slice_str("\\n-----END "), put_pem_json},
        {none, std, none, put_std},
        {none, without_padding((const char *)std.ptr), none, put_std_bare},
        {none, url, none, put_url},
        {none, without_padding((const char *)url.ptr), none, put_url_bare},
        {none, slice_str(hex_text(a, stand_in)), none, put_lower},
        {none, arena_copy(a, buf_bytes(&upper)), none, put_upper},
        {none, stand_in, none, put_raw},
    };
    memcpy(out, forms, sizeof forms);
}

static bool stands_at(const struct form *f, struct slice text, size_t at)
{
    struct cursor c;

    if (at < f->before.len)
        return false;
    c = cursor_over(slice_of(text.ptr + at - f->before.len, text.len - at + f->before.len));
    return slice_equal(cursor_take(&c, f->before.len), f->before) &&
           slice_equal(cursor_take(&c, f->stand_in.len), f->stand_in) &&
           slice_equal(cursor_take(&c, f->behind.len), f->behind);
}

static const struct form *form_at(const struct form *forms, struct slice text, size_t at)
{
    for (size_t i = 0; i < NUM_FORMS; i++)
        if (text.ptr[at] == forms[i].stand_in.ptr[0] && stands_at(&forms[i], text, at))
            return &forms[i];
    return NULL;
}

static struct slice put_key(struct slice text, const struct form *forms, struct slice key, struct arena *a)
{
    scoped(buf_wipe) struct buf out = buf_max(SIZE_MAX / 2);
    bool is_changed = false;

    for (size_t at = 0; at < text.len;) {
        const struct form *f = form_at(forms, text, at);

        if (f == NULL) {
            buf_u8(&out, text.ptr[at++]);
            continue;
        }
        f->put(&out, key, a);
        at += f->stand_in.len;
        is_changed = true;
    }
    return is_changed ? arena_copy(a, buf_bytes(&out)) : text;
}

void mesh_put_key(struct parameters *p, struct slice stand_in, struct slice pkcs8, struct arena *a)
{
    struct form forms[NUM_FORMS];

    if (stand_in.len == 0)
        return;
    list_forms(stand_in, a, forms);
    for (size_t i = 0; i < p->num_files; i++)
        p->files[i].value = put_key(p->files[i].value, forms, pkcs8, a);
    for (size_t i = 0; i < p->num_env; i++)
        p->env[i].value = put_key(p->env[i].value, forms, pkcs8, a);
}
