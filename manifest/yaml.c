/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events become a tree, the tree becomes JSON. */
#include "manifest/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "manifest/yaml_scalar.h"

enum yaml_kind { TREE_SCALAR, TREE_LIST, TREE_MAP };

struct tree {
    enum yaml_kind kind;
    struct yaml_scalar scalar;
    size_t line, column;
    struct tree **children; /* of a map: name, value, name, value ... */
    size_t num, cap;
    bool open; /* its end is not read yet: an alias in it would be endless */
};

struct anchor {
    const char *name;
    struct tree *tree;
};

struct converter {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    struct arena *arena;
    struct anchor *anchors;
    size_t num_anchors, cap_anchors, num_values;
    struct err *err;
};

static struct tree *read_tree(struct converter *c, int depth);

/* ---- events ----------------------------------------------------------------------------------- */

static bool fault_at(struct converter *c, size_t line, size_t column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static bool fault_at(struct converter *c, size_t line, size_t column, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return err_set(c->err, E_YAML_SYNTAX, "line %zu, column %zu: %s", line + 1, column + 1, text);
}

/* NULL, so that readers of trees can return it. */
static struct tree *fault_here(struct converter *c, const char *what)
{
    (void)fault_at(c, c->event.start_mark.line, c->event.start_mark.column, "%s", what);
    return NULL;
}

static void drop_event(struct converter *c)
{
    if (c->has_event)
        yaml_event_delete(&c->event);
    c->has_event = false;
}

static bool next_event(struct converter *c)
{
    const yaml_parser_t *p = &c->parser;

    drop_event(c);
    c->has_event = yaml_parser_parse(&c->parser, &c->event) == 1;
    if (c->has_event)
        return true;
    if (p->error == YAML_READER_ERROR)
        return err_set(c->err, E_YAML_SYNTAX, "byte %zu: %s", p->problem_offset,
                       p->problem == NULL ? "not readable" : p->problem);
    return fault_at(c, p->problem_mark.line, p->problem_mark.column, "%s",
                    p->problem == NULL ? "not YAML" : p->problem);
}

static void converter_wipe(struct converter *c)
{
    drop_event(c);
    yaml_parser_delete(&c->parser);
}

/* ---- trees ------------------------------------------------------------------------------------ */

static struct tree *new_tree(struct converter *c, enum yaml_kind kind, const yaml_char_t *anchor)
{
    struct tree *t = arena_alloc(c->arena, sizeof *t);

    *t = (struct tree){.kind = kind,
                       .line = c->event.start_mark.line,
                       .column = c->event.start_mark.column,
                       .open = kind != TREE_SCALAR};
    if (anchor == NULL)
        return t;
    if (c->num_anchors == c->cap_anchors) {
        struct anchor *more = arena_array(c->arena, 2 * c->cap_anchors + 8, sizeof *more);

        if (c->num_anchors > 0)
            memcpy(more, c->anchors, c->num_anchors * sizeof *more);
        c->anchors = more;
        c->cap_anchors = 2 * c->cap_anchors + 8;
    }
    c->anchors[c->num_anchors++] = (struct anchor){arena_strdup(c->arena, (const char *)anchor), t};
    return t;
}

static void add_child(struct converter *c, struct tree *t, struct tree *child)
{
    if (t->num == t->cap) {
        struct tree **more = arena_array(c->arena, 2 * t->cap + 4, sizeof(struct tree *));

        if (t->num > 0)
            memcpy(more, t->children, t->num * sizeof(struct tree *));
        t->children = more;
        t->cap = 2 * t->cap + 4;
    }
    t->children[t->num++] = child;
}

/* The last anchor of a name counts. */
static struct tree *read_alias(struct converter *c)
{
    const char *name = (const char *)c->event.data.alias.anchor;

    for (size_t i = c->num_anchors; i > 0; i--)
        if (strcmp(c->anchors[i - 1].name, name) == 0) {
            if (c->anchors[i - 1].tree->open)
                return fault_here(c, "the alias stands inside of what it names");
            return c->anchors[i - 1].tree;
        }
    return fault_here(c, "the alias names no anchor");
}

static struct tree *read_scalar(struct converter *c)
{
    const char *tag = (const char *)c->event.data.scalar.tag;
    const struct slice text = slice_of(c->event.data.scalar.value, c->event.data.scalar.length);
    struct tree *t = new_tree(c, TREE_SCALAR, c->event.data.scalar.anchor);
    const bool plain = c->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    if (!yaml_scalar_read(arena_copy(c->arena, text), tag, plain, &t->scalar))
        return fault_here(c, "the tag does not fit the value, or is not known");
    return t;
}

static struct tree *read_collection(struct converter *c, enum yaml_kind kind, int depth)
{
    const bool is_map = kind == TREE_MAP;
    const yaml_event_type_t end = is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    const yaml_char_t *tag = is_map ? c->event.data.mapping_start.tag : c->event.data.sequence_start.tag;
    struct tree *t = new_tree(
        c, kind, is_map ? c->event.data.mapping_start.anchor : c->event.data.sequence_start.anchor);

    if (tag != NULL && strcmp((const char *)tag, is_map ? YAML_MAP_TAG : YAML_SEQ_TAG) != 0)
        return fault_here(c, "unknown tag");
    if (depth > LIMIT_JSON_DEPTH)
        return fault_here(c, "nested too deep");
    while (next_event(c)) {
        struct tree *child;

        if (c->event.type == end) {
            t->open = false;
            return t;
        }
        child = read_tree(c, depth + 1);
        if (child == NULL)
            return NULL;
        add_child(c, t, child);
    }
    return NULL;
}

/* The tree that begins with the present event. Depth bounds the recursion. */
static struct tree *read_tree(struct converter *c, int depth)
{
    if (++c->num_values > LIMIT_JSON_VALUES)
        return fault_here(c, "too many values");
    switch (c->event.type) {
    case YAML_ALIAS_EVENT:
        return read_alias(c);
    case YAML_SCALAR_EVENT:
        return read_scalar(c);
    case YAML_SEQUENCE_START_EVENT:
        return read_collection(c, TREE_LIST, depth);
    case YAML_MAPPING_START_EVENT:
        return read_collection(c, TREE_MAP, depth);
    default:
        return fault_here(c, "a value is missing here");
    }
}

/* ---- JSON ------------------------------------------------------------------------------------- */

/* A member of an object, on its way to be sorted. */
struct member {
    struct slice name;
    const struct tree *value;
    size_t line, column;
    size_t index; /* the later one of the same name counts, if one of them came with "<<" */
    bool merged;
};

struct writer {
    struct converter *c;
    struct buf *out;
    size_t num_values;
    int depth;
};

static bool write_tree(struct writer *w, const struct tree *t);

static int by_name(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    const size_t len = x->name.len < y->name.len ? x->name.len : y->name.len;
    const int order = len == 0 ? 0 : memcmp(x->name.ptr, y->name.ptr, len);

    if (order != 0 || x->name.len != y->name.len)
        return order != 0 ? order : x->name.len < y->name.len ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool is_merge(const struct tree *name)
{
    return name->kind == TREE_SCALAR && name->scalar.plain && slice_equal(name->scalar.text, slice_str("<<"));
}

static bool collect(struct writer *w, const struct tree *map, bool merged, struct member **list, size_t *num,
                    size_t *cap, int depth);

/* "<<: *a", or "<<: [*a, *b]", of which earlier ones win: so they come later. */
static bool merge(struct writer *w, const struct tree *t, struct member **list, size_t *num, size_t *cap,
                  int depth)
{
    if (depth > LIMIT_JSON_DEPTH)
        return fault_at(w->c, t->line, t->column, "nested too deep");
    if (t->kind == TREE_MAP)
        return collect(w, t, true, list, num, cap, depth + 1);
    for (size_t i = t->kind == TREE_LIST ? t->num : 0; i > 0; i--) {
        if (t->children[i - 1]->kind != TREE_MAP)
            return fault_at(w->c, t->line, t->column, "<< takes a map or a list of maps");
        if (!collect(w, t->children[i - 1], true, list, num, cap, depth + 1))
            return false;
    }
    return t->kind == TREE_LIST || fault_at(w->c, t->line, t->column, "<< takes a map or a list of maps");
}

static bool collect(struct writer *w, const struct tree *map, bool merged, struct member **list, size_t *num,
                    size_t *cap, int depth)
{
    for (size_t i = 0; i + 1 < map->num; i += 2) {
        const struct tree *name = map->children[i], *value = map->children[i + 1];

        if (++w->num_values > LIMIT_JSON_VALUES)
            return fault_at(w->c, name->line, name->column, "more than %d values once aliases are written out",
                            LIMIT_JSON_VALUES);
        if (is_merge(name)) {
            if (!merge(w, value, list, num, cap, depth))
                return false;
            continue;
        }
        if (name->kind != TREE_SCALAR)
            return fault_at(w->c, name->line, name->column, "a name cannot be a list or a map");
        if (*num == *cap) {
            struct member *more = arena_array(w->c->arena, 2 * *cap + 8, sizeof *more);

            if (*num > 0)
                memcpy(more, *list, *num * sizeof *more);
            *list = more;
            *cap = 2 * *cap + 8;
        }
        (*list)[*num] = (struct member){
            .value = value, .line = name->line, .column = name->column, .index = *num, .merged = merged};
        (*num)++;
        if (!yaml_scalar_name(&name->scalar, w->c->arena, &(*list)[*num - 1].name))
            return fault_at(w->c, name->line, name->column, "a name cannot be of this type");
    }
    return true;
}

/* Members of the same name stand together, in order: is one of the map itself given a second time? */
static bool is_twice(const struct member *list, size_t num, size_t at)
{
    size_t own = 0;

    for (; at < num && slice_equal(list[at].name, list[num - 1].name); at++)
        own += !list[at].merged;
    return own > 1;
}

static bool write_members(struct writer *w, const struct member *list, size_t num)
{
    size_t written = 0;

    for (size_t from = 0, to; from < num; from = to) {
        for (to = from + 1; to < num && slice_equal(list[to].name, list[from].name); to++)
            ;
        if (is_twice(list, to, from))
            return fault_at(w->c, list[to - 1].line, list[to - 1].column, "the name \"%s\" is given twice",
                            text_shown(w->c->arena, list[from].name));
        buf_str(w->out, written++ == 0 ? "" : ",");
        json_put_string(w->out, list[to - 1].name);
        buf_str(w->out, ":");
        if (!write_tree(w, list[to - 1].value))
            return false;
    }
    return true;
}

static bool write_map(struct writer *w, const struct tree *t)
{
    struct member *list = NULL;
    size_t num = 0, cap = 0;

    if (!collect(w, t, false, &list, &num, &cap, 0))
        return false;
    if (num > 0)
        qsort(list, num, sizeof *list, by_name);
    buf_str(w->out, "{");
    if (!write_members(w, list, num))
        return false;
    buf_str(w->out, "}");
    return true;
}

static bool write_list(struct writer *w, const struct tree *t)
{
    buf_str(w->out, "[");
    for (size_t i = 0; i < t->num; i++) {
        buf_str(w->out, i == 0 ? "" : ",");
        if (!write_tree(w, t->children[i]))
            return false;
    }
    buf_str(w->out, "]");
    return true;
}

static bool write_tree(struct writer *w, const struct tree *t)
{
    bool good = true;

    if (++w->num_values > LIMIT_JSON_VALUES || !buf_ok(w->out))
        return fault_at(w->c, t->line, t->column,
                        "more than %d values or %d bytes once aliases are written out", LIMIT_JSON_VALUES,
                        LIMIT_MANIFEST);
    if (++w->depth > LIMIT_JSON_DEPTH)
        return fault_at(w->c, t->line, t->column, "nested too deep once aliases are written out");
    if (t->kind == TREE_MAP)
        good = write_map(w, t);
    else if (t->kind == TREE_LIST)
        good = write_list(w, t);
    else if (!yaml_scalar_json(&t->scalar, w->out))
        good = fault_at(w->c, t->line, t->column, "a number that JSON cannot carry");
    w->depth--;
    return good;
}

/* ---- the whole -------------------------------------------------------------------------------- */

/* The one document of the stream; NULL with *good: there is none, which is null. */
static const struct tree *read_document(struct converter *c, bool *good)
{
    struct tree *t = NULL;

    *good = next_event(c) && next_event(c);
    if (!*good || c->event.type == YAML_STREAM_END_EVENT)
        return NULL;
    *good = next_event(c) && (t = read_tree(c, 1)) != NULL && next_event(c) && next_event(c);
    if (*good && c->event.type != YAML_STREAM_END_EVENT) {
        *good = false;
        (void)fault_here(c, "expected one document, found a second one");
    }
    return t;
}

bool yaml_to_json(struct slice yaml, struct arena *a, struct slice *json, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_MANIFEST);
    scoped(converter_wipe) struct converter c = {.arena = &scratch, .err = err};
    struct writer w = {.c = &c, .out = &b};
    const struct tree *t;
    bool good;

    if (yaml.len > LIMIT_MANIFEST)
        return err_set(err, E_YAML_SYNTAX, "%zu bytes, more than the %d allowed", yaml.len, LIMIT_MANIFEST);
    if (yaml_parser_initialize(&c.parser) != 1)
        abort();
    yaml_parser_set_input_string(&c.parser, yaml.len == 0 ? (const uint8_t *)"" : yaml.ptr, yaml.len);
    t = read_document(&c, &good);
    if (!good || (t != NULL && !write_tree(&w, t)))
        return false;
    if (t == NULL)
        buf_str(&b, "null");
    if (!buf_ok(&b))
        return err_set(err, E_YAML_SYNTAX, "more than %d bytes of JSON", LIMIT_MANIFEST);
    *json = arena_copy(a, buf_bytes(&b));
    return true;
}
