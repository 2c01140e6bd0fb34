/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/effective.h"

#include <string.h>

#include "base/limits.h"
#include "base/scope.h"
#include "cli/manifest_file.h"
#include "cli/output.h"

/* Lines before the last one that names the manifest in force tell of manifests that it has replaced. */
static size_t first_that_counts(const json_t *lines, const char *fingerprint)
{
    size_t i, first = 0;
    json_t *line;

    json_array_foreach(lines, i, line) if (strstr(json_string_value(line), fingerprint) != NULL) first =
        i + 1;
    return first;
}

bool effective_version(const json_t *lines, const char *fingerprint, const char *package, uint64_t *out)
{
    bool found = false;

    for (size_t i = first_that_counts(lines, fingerprint); i < json_array_size(lines); i++) {
        scoped(json_release) json_t *line = json_loads(json_string_value(json_array_get(lines, i)), 0, NULL);
        const char *named = json_string_value(json_object_get(line, "package"));
        const json_t *version = json_object_get(line, "new version");

        if (named == NULL || strcmp(named, package) != 0 || !json_is_integer(version) ||
            json_integer_value(version) < 0)
            continue;
        *out = (uint64_t)json_integer_value(version);
        found = true;
    }
    return found;
}

static void remove_nulls(json_t *value)
{
    const char *name;
    size_t i;
    json_t *member;
    void *next;

    json_object_foreach_safe(value, next, name, member) if (json_is_null(member))
        json_object_del(value, name);
    else remove_nulls(member);
    json_array_foreach(value, i, member) remove_nulls(member);
}

static json_t *member_folded(const json_t *object, const char *wanted)
{
    const char *name;
    json_t *value, *found = NULL;

    json_object_foreach((json_t *)(uintptr_t)object, name,
                        value) if (json_name_folds(slice_str(name), wanted)) found = value;
    return found;
}

static void raise_version(json_t *package, uint64_t version)
{
    const char *name;
    json_t *value;
    void *next;

    json_object_foreach_safe(package, next, name,
                             value) if (json_name_folds(slice_str(name), "SecurityVersion"))
        json_object_del(package, name);
    (void)json_object_set_new(package, "SecurityVersion", json_integer((json_int_t)version));
}

bool effective_text(struct slice manifest, const json_t *lines, struct arena *a, struct slice *out,
                    struct err *err)
{
    scoped(json_release) json_t *root = NULL;
    const char *name, *fingerprint = fingerprint_of(a, manifest);
    json_t *package;
    scoped(buf_wipe) struct buf b = buf_max(4 * LIMIT_MANIFEST);
    uint64_t version;

    if (!json_parse(manifest, JSON_LAST_WINS, E_JSON_SYNTAX, &root, err))
        return err_in(err, "the coordinator's manifest");
    json_object_foreach(member_folded(root, "Packages"), name,
                        package) if (effective_version(lines, fingerprint, name, &version) &&
                                     json_is_object(package)) raise_version(package, version);
    remove_nulls(root);
    put_json(&b, root, JSON_INDENT(4) | JSON_SORT_KEYS);
    buf_str(&b, "\n");
    *out = arena_copy(a, buf_bytes(&b));
    return true;
}
