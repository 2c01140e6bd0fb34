/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/api/body.h"

#include "base/limits.h"

void body_release(struct body *b) { json_decref(b->json); }

bool body_open(struct slice text, enum json_rest rest, enum err_code code, struct arena *a, struct body *out, struct err *err)
{
    struct json_document document;

    if (text.len == 0)
        return err_set(err, code, "request body: empty, expected a JSON object");
    if (!json_parse_go(text, rest, code, a, &document, err))
        return err_in(err, "request body");
    out->json = json_is_null(document.root) ? json_object() : document.root;
    out->fields = fields_of(out->json, "$", JSON_FOLD, code, a, err);
    return fields_done(&out->fields) || err_in(err, "request body");
}

bool body_bytes(struct slice text, enum err_code code, const struct body_bytes *members, size_t num,
                struct arena *a, struct err *err)
{
    scoped(body_release) struct body b = {0};
    struct slice *found = arena_array(a, num, sizeof *found);

    if (!body_open(text, JSON_REST_IGNORED, code, a, &b, err))
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
