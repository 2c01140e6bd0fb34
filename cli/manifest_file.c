/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest_file.h"

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "manifest/yaml.h"
#include "pki/hash.h"

char *fingerprint_of(struct arena *a, struct slice manifest)
{
    uint8_t digest[SHA256_LEN];

    sha256(digest, manifest);
    return hex_text(a, slice_of(digest, sizeof digest));
}

static struct slice skip_space(struct slice text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.ptr[0]) != NULL)
        text = slice_of(text.ptr + 1, text.len - 1);
    return text;
}

static bool is_object(struct slice text)
{
    text = skip_space(text);
    return text.len > 0 && text.ptr[0] == '{';
}

/* An object whose first name is in quotes. As YAML much of it would pass that is a mistake in JSON. */
static bool looks_like_json(struct slice text)
{
    text = skip_space(text);
    if (text.len == 0 || text.ptr[0] != '{')
        return false;
    text = skip_space(slice_of(text.ptr + 1, text.len - 1));
    return text.len == 0 || text.ptr[0] == '"';
}

/* What is JSON is taken as it is; what only looks like it is refused. Whatever else is YAML. */
static bool convert(struct manifest_file *f, struct arena *a, struct err *err)
{
    struct json_document document = {0};
    bool ok;

    f->json = f->text;
    ok = json_parse_go(f->text, JSON_REST_REFUSED, E_JSON_SYNTAX, a, &document, err);
    json_decref(document.root);
    if (ok || looks_like_json(f->text))
        return ok;
    f->is_yaml = true;
    return yaml_to_json(f->text, a, &f->json, err);
}

bool manifest_file_read(const char *path, struct arena *a, struct manifest_file *out, struct err *err)
{
    struct manifest_file f = {.path = path};

    if (!file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, LIMIT_MANIFEST, a, &f.text, err))
        return false;
    if (!convert(&f, a, err))
        return err_in(err, "%s", path);
    if (!is_object(f.json))
        return err_set(err, f.is_yaml ? E_YAML_SYNTAX : E_JSON_SYNTAX,
                       "%s: a manifest is an object, this is something else", path);
    *out = f;
    return true;
}
