/* SPDX-License-Identifier: Apache-2.0 */
/* Go's url.URL as manifests spell it out, member by member, and as the text that its method String makes of
 * it. */
#include "base/limits.h"
#include "base/text.h"
#include "manifest/cert_template.h"

static const char *const url_fields[] = {"Scheme",   "Opaque",      "User",       "Host",
                                         "Path",     "RawPath",     "ForceQuery", "RawQuery",
                                         "Fragment", "RawFragment", "OmitHost",   NULL};

/* RFC 3986 2.1, with what Go leaves as it is in each part. */
static void put_escaped(struct buf *b, const char *text, const char *also)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

    for (; *text != '\0'; text++)
        if (strchr(plain, *text) != NULL || strchr(also, *text) != NULL)
            buf_u8(b, (uint8_t)*text);
        else
            buf_printf(b, "%%%02X", (unsigned char)*text);
}

static void put_hierarchy(struct buf *b, struct fields *f)
{
    const char *host = decode_text(f, "Host"), *path = decode_text(f, "Path");

    if (!fields_done(f))
        return;
    if (*host != '\0' || (*path != '\0' && b->len > 0))
        buf_str(b, "//");
    put_escaped(b, host, "!$&'()*+,;=:[]<>\"");
    if (*path != '\0' && *path != '/' && *host != '\0')
        buf_u8(b, '/');
    put_escaped(b, path, "$&+,/:;=@");
}

char *decode_url(struct decoder *d, const json_t *value, const char *path, struct fields *above)
{
    struct fields f = decode_struct(d, value, path, url_fields);
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_CERTIFICATE);
    const char *scheme = decode_text(&f, "Scheme"), *opaque = decode_text(&f, "Opaque"),
               *query = decode_text(&f, "RawQuery"), *fragment = decode_text(&f, "Fragment");
    static const char *const hints[] = {"User", "RawPath", "RawFragment", "OmitHost"};

    above->bad |= f.bad;
    if (!fields_done(&f))
        return "";
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (field_present(&f, hints[i]))
            decode_warn(d, "%s: ignored, the other members say it", field_path(&f, hints[i]));
    if (*scheme != '\0')
        buf_printf(&b, "%s:", scheme);
    if (*opaque != '\0')
        buf_str(&b, opaque);
    else
        put_hierarchy(&b, &f);
    if (*query != '\0' || field_bool(&f, "ForceQuery"))
        buf_printf(&b, "?%s", query);
    if (*fragment != '\0')
        buf_u8(&b, '#');
    put_escaped(&b, fragment, "$&+,/:;=?@!()*");
    above->bad |= f.bad;
    return arena_strndup(d->arena, buf_bytes(&b));
}
