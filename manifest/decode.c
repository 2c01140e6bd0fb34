/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"

static bool is_plain_word(const char *s)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

    return *s != '\0' && s[strspn(s, plain)] == '\0';
}

char *path_entry(struct arena *a, const char *path, const char *name)
{
    return arena_printf(a, is_plain_word(name) ? "%s.%s" : "%s[\"%s\"]", path,
                        text_shown(a, slice_str(name)));
}

/* ---- warnings --------------------------------------------------------------------------------- */

void decode_warn(struct decoder *d, const char *fmt, ...)
{
    struct manifest *m = d->manifest;
    char text[1024];
    va_list ap;

    if (m->num_warnings > LIMIT_MANIFEST_WARNINGS)
        return;
    if (m->warnings == NULL)
        m->warnings = arena_array(d->arena, LIMIT_MANIFEST_WARNINGS + 1, sizeof *m->warnings);
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    m->warnings[m->num_warnings] = arena_strdup(
        d->arena, m->num_warnings == LIMIT_MANIFEST_WARNINGS ? "$: and more of this kind" : text);
    m->num_warnings++;
}

void decode_unsupported(struct decoder *d, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    if (d->manifest->unsupported != NULL)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    d->manifest->unsupported = arena_strdup(d->arena, text);
}

/* ---- objects with fields ---------------------------------------------------------------------- */

enum { MAX_KNOWN = 64 };

static size_t known_index(const char *const *known, const char *name)
{
    size_t i = 0;

    while (known[i] != NULL && !text_equal_fold(slice_str(known[i]), slice_str(name)))
        i++;
    return i;
}

/* jansson refuses a name that is doubled as it stands; this finds it in two spellings. */
static void look_at_names(struct decoder *d, struct fields *f, const char *const *known)
{
    const char *seen[MAX_KNOWN] = {0}, *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)f->object, name, value)
    {
        const size_t i = known_index(known, name);

        if (known[i] == NULL) {
            decode_warn(d, "%s: unknown member, ignored", path_entry(d->arena, f->path, name));
        } else if (seen[i] != NULL) {
            (void)field_fault(f, name, "given twice; \"%s\" is the same member", seen[i]);
            return;
        } else {
            seen[i] = name;
        }
    }
}

struct fields decode_struct(struct decoder *d, const json_t *value, const char *path,
                            const char *const *known)
{
    const json_t *object = value == NULL || json_is_null(value) ? d->nothing : value;
    struct fields f = fields_of(object, path, JSON_FOLD, E_MANIFEST_SYNTAX, d->arena, d->err);

    if (fields_done(&f))
        look_at_names(d, &f, known);
    return f;
}

char *decode_text(struct fields *f, const char *name)
{
    char *s = field_str(f, name);

    return s == NULL ? arena_strdup(f->arena, "") : s;
}

/* ---- objects whose names are data --------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int name_before_element(const void *name, const void *element)
{
    return strcmp(name, *(const char *const *)element);
}

const void *find_named(const char *name, const void *array, size_t num, size_t size)
{
    return num == 0 ? NULL : bsearch(name, array, num, size, name_before_element);
}

void *decode_map(struct decoder *d, struct fields *f, const char *name, size_t size,
                 bool (*one)(struct decoder *d, const json_t *value, const char *path, void *element),
                 size_t *num)
{
    json_t *map = field_object(f, name), *value;
    uint8_t *array = arena_array(d->arena, json_object_size(map), size);
    const char *path = field_path(f, name), *key;
    size_t i = 0;

    *num = 0;
    json_object_foreach(map, key, value)
    {
        uint8_t *element = array + i++ * size;

        *(const char **)(void *)element = arena_strdup(d->arena, key);
        if (!one(d, value, path_entry(d->arena, path, key), element)) {
            f->bad = true;
            return NULL;
        }
    }
    qsort(array, i, size, by_name);
    *num = i;
    return f->bad ? NULL : array;
}
