/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/uuid_file.h"

#include "base/file.h"
#include "base/scope.h"
#include "base/text.h"

enum { MAX_UUID_FILE = 64 }; /* the longest spelling has 45 characters */

static bool generate(const char *path, struct uuid *out, struct err *err)
{
    const struct uuid fresh = uuid_random();
    char text[UUID_LEN + 1];

    uuid_format(text, fresh);
    if (!file_replace(path, slice_str(text), 0600, err)) {
        err->code = E_MARBLE_UUID_FILE;
        return err_in(err, "the new UUID of this service");
    }
    *out = fresh;
    return true;
}

static struct slice without_newline(struct slice text)
{
    if (text.len > 0 && text.ptr[text.len - 1] == '\n')
        text.len--;
    if (text.len > 0 && text.ptr[text.len - 1] == '\r')
        text.len--;
    return text;
}

bool uuid_file_read(const char *path, struct uuid *out, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct slice text;
    struct uuid found;

    if (!file_read(path, MAX_UUID_FILE, &a, &text, err)) {
        if (err->code == E_FILE_MISSING)
            return generate(path, out, err);
        err->code = E_MARBLE_UUID_FILE;
        return err_in(err, "the UUID of this service");
    }
    if (!uuid_parse(without_newline(text), &found) ||
        slice_is_zero(slice_of(found.bytes, sizeof found.bytes)))
        return err_set(err, E_MARBLE_UUID_FILE, "%s: expected a UUID other than zero, found \"%s\"", path,
                       text_shown(&a, text));
    *out = found;
    return true;
}
