/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/body.h"

#include "base/limits.h"

void body_release(struct body *b) { json_decref(b->json); }

bool body_open(struct slice text, enum err_code code, struct arena *a, struct body *out, struct err *err)
{
    scoped(json_release) json_t *json = NULL;

    if (text.len == 0)
        return err_set(err, code, "request body: empty, expected a JSON object");
    if (!json_parse_first(text, code, &json, err))
        return err_in(err, "request body");
    if (!json_is_object(json) && !json_is_null(json))
        return err_set(err, code, "request body: expected a JSON object");
    if (json_is_null(json))
        json = json_object();
    out->fields = fields_of(json, "$", JSON_FOLD, code, a, err);
    out->json = json;
    json = NULL;
    return true;
}

bool body_bytes(struct slice text, enum err_code code, const struct body_bytes *members, size_t num,
                struct arena *a, struct err *err)
{
    scoped(body_release) struct body b = {0};
    struct slice *found = arena_array(a, num, sizeof *found);

    if (!body_open(text, code, a, &b, err))
        return false;
    for (size_t i = 0; i < num; i++)
        found[i] = field_bytes(&b.fields, members[i].name, LIMIT_HTTP_BODY);
    if (!fields_done(&b.fields))
        return err_in(err, "request body");
    for (size_t i = 0; i < num; i++)
        *members[i].out = found[i];
    return true;
}

bool body_manifest(struct exchange *ex, struct slice *out, struct err *err)
{
    const struct body_bytes member = {"manifest", out};

    return body_bytes(ex->request.body, E_MANIFEST_BODY, &member, 1, &ex->arena, err);
}
