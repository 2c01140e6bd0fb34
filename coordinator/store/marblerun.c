/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/store/marblerun.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "pki/hash.h"

bool marblerun_split(struct slice file, struct slice *recovery_data, struct slice *sealed)
{
    struct cursor c = cursor_over(file);
    const struct slice r = cursor_take(&c, cursor_u32le(&c));

    if (!cursor_ok(&c) || c.rest.len < AEAD_OVERHEAD || r.len > LIMIT_RECOVERY_DATA)
        return false;
    if (r.len > 0 && r.ptr[0] != '{' && !slice_equal(r, slice_str("null")))
        return false;
    *recovery_data = r;
    *sealed = c.rest;
    return true;
}

static bool value_of(const json_t *value, struct arena *a, struct slice *out)
{
    return json_is_string(value) &&
           base64_decode(slice_of(json_string_value(value), json_string_length(value)), BASE64_STD, a, out);
}

static bool entries_of(json_t *object, struct arena *a, struct entries *out, struct err *err)
{
    struct entries e = {arena_array(a, json_object_size(object), sizeof *e.at), 0};
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        e.at[e.num].key = arena_strdup(a, key);
        if (!value_of(value, a, &e.at[e.num++].value))
            return err_set(err, E_STATE_CORRUPT, "the value of \"%s\" is not base64",
                           text_shown(a, slice_str(key)));
    }
    *out = entries_with(&(struct entries){0}, e.at, e.num, a);
    return true;
}

bool marblerun_open(struct slice file, struct slice key, struct arena *a, struct entries *out,
                    struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(json_release) json_t *object = NULL;
    struct slice recovery_data, sealed, plain;

    if (!marblerun_split(file, &recovery_data, &sealed))
        return err_set(err, E_STATE_CORRUPT, "%zu bytes that do not begin like a state of MarbleRun's",
                       file.len);
    if (!aead_open(key, sealed, (struct slice){0}, &scratch, &plain, err) ||
        !json_parse(plain, JSON_LAST_WINS, E_STATE_CORRUPT, &object, err))
        return false;
    if (!json_is_object(object))
        return err_set(err, E_STATE_CORRUPT, "it opens, and is not a JSON object");
    return entries_of(object, a, out, err);
}
