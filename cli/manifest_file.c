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

static char first_character(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (strchr(" \t\r\n", text.ptr[i]) == NULL)
            return (char)text.ptr[i];
    return '\0';
}

/* What is JSON is taken as it is. Whatever else is YAML; what looks like JSON and is neither gets JSON's error. */
static bool convert(struct manifest_file *f, struct arena *a, struct err *err)
{
    struct json_document document = {0};
    struct err of_yaml, *report;
    bool ok;

    f->json = f->text;
    ok = json_parse_go(f->text, JSON_REST_REFUSED, E_JSON_SYNTAX, a, &document, err);
    json_decref(document.root);
    if (ok)
        return true;
    report = first_character(f->text) == '{' ? &of_yaml : err;
    f->is_yaml = true;
    return yaml_to_json(f->text, a, &f->json, report);
}

bool manifest_file_read(const char *path, struct arena *a, struct manifest_file *out, struct err *err)
{
    struct manifest_file f = {.path = path};

    if (!file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path, LIMIT_MANIFEST, a, &f.text, err))
        return false;
    if (!convert(&f, a, err))
        return err_in(err, "%s", path);
    if (first_character(f.json) != '{')
        return err_set(err, f.is_yaml ? E_YAML_SYNTAX : E_JSON_SYNTAX, "%s: a manifest is an object, this is something else",
                       path);
    *out = f;
    return true;
}
