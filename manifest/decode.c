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

    while (known[i] != NULL && !json_name_folds(slice_str(name), known[i]))
        i++;
    return i;
}

static void look_at_names(struct decoder *d, struct fields *f, const char *const *known)
{
    bool seen[MAX_KNOWN] = {0};
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)f->object, name, value)
    {
        char *bare = arena_strndup(d->arena, json_name(name));
        const size_t i = known_index(known, bare);

        if (known[i] == NULL)
            decode_warn(d, "%s: unknown member, ignored", path_entry(d->arena, f->path, bare));
        else if (seen[i])
            decode_warn(d, "%s: given more than once; what comes later counts",
                        path_entry(d->arena, f->path, known[i]));
        else
            seen[i] = true;
    }
}

struct fields decode_struct(struct decoder *d, const json_t *value, const char *path,
                            const char *const *known)
{
    const json_t *object = value == NULL || json_is_null(value) ? d->nothing : value;
    struct fields f = fields_of(object, path, JSON_FOLD, E_MANIFEST_SYNTAX, d->arena, d->err);

    f.document = d->document;
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

/* Name and place in the document, in this order: later ones stand behind earlier ones of the same name. */
struct entry_order {
    const char *name;
    size_t index;
};

static int by_name_and_index(const void *a, const void *b)
{
    const struct entry_order *x = a, *y = b;
    const int order = strcmp(x->name, y->name);

    return order != 0 ? order : x->index < y->index ? -1 : x->index > y->index;
}

static int name_before_element(const void *name, const void *element)
{
    return strcmp(name, *(const char *const *)element);
}

const void *find_named(const char *name, const void *array, size_t num, size_t size)
{
    return num == 0 ? NULL : bsearch(name, array, num, size, name_before_element);
}

/* The elements by name, of the same name the last one. */
static void *sorted(struct decoder *d, const char *path, const uint8_t *elements, size_t *num, size_t size)
{
    struct entry_order *order = arena_array(d->arena, *num, sizeof *order);
    uint8_t *out = arena_array(d->arena, *num, size);
    size_t kept = 0;

    for (size_t i = 0; i < *num; i++)
        order[i] = (struct entry_order){*(const char *const *)(const void *)(elements + i * size), i};
    qsort(order, *num, sizeof *order, by_name_and_index);
    for (size_t i = 0; i < *num; i++) {
        if (i + 1 < *num && strcmp(order[i].name, order[i + 1].name) == 0)
            decode_warn(d, "%s: given more than once; the last one counts",
                        path_entry(d->arena, path, order[i].name));
        else
            memcpy(out + kept++ * size, elements + order[i].index * size, size);
    }
    *num = kept;
    return out;
}

/* Faults of values that no fields stand for get their place from the map. */
static bool entry_fault(struct decoder *d, struct fields *map, const char *key)
{
    const struct json_document *doc = d->document;

    map->bad = true;
    if (strstr(d->err->text, "(line ") != NULL || d->err->code != E_MANIFEST_SYNTAX)
        return false;
    for (size_t i = 0; i < doc->num_places; i++)
        if (doc->places[i].name == key) {
            const struct text_place p = text_place(doc->text, doc->places[i].at);

            return err_set(d->err, d->err->code, "%s (line %zu, column %zu)",
                           arena_strdup(d->arena, d->err->text), p.line, p.column);
        }
    return false;
}

void *decode_map(struct decoder *d, struct fields *f, const char *name, size_t size, decode_one *one,
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
        char *bare = arena_strndup(d->arena, json_name(key));

        *(const char **)(void *)element = bare;
        if (strchr(bare, (char)JSON_NUL) != NULL) {
            (void)field_fault(f, name, "a name in it contains a NUL character");
            return NULL;
        }
        if (!one(d, value, path_entry(d->arena, path, bare), element)) {
            (void)entry_fault(d, f, key);
            return NULL;
        }
    }
    *num = i;
    return f->bad ? NULL : sorted(d, path, array, num, size);
}

bool decode_alone(struct slice text, enum err_code code, const char *path, decode_one *one, void *element,
                  struct arena *a, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(json_release) json_t *root = NULL, *nothing = json_object();
    struct json_document document;
    struct manifest m = {0};
    struct decoder d = {.arena = a, .err = err, .nothing = nothing, .document = &document, .manifest = &m};

    if (!json_parse_go(text, JSON_REST_REFUSED, code, &scratch, &document, err))
        return err_in(err, "%s", path);
    root = document.root;
    return one(&d, root, path, element) || err_as(err, code);
}
