/* SPDX-License-Identifier: Apache-2.0 */
/* The file is read once more, by libyaml, whose nodes know where they stand; JSON is YAML for this purpose.
 * What it does not read has no places. */
#include "cli/place.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/scope.h"

enum { SHOWN_LEN = 100 };

static void end_parser(yaml_parser_t *p) { yaml_parser_delete(p); }
static void end_document(yaml_document_t *d) { yaml_document_delete(d); }

static struct text_place mark_place(yaml_mark_t m) { return (struct text_place){m.line + 1, m.column + 1}; }

/* What may stand behind a whole name in a message. */
static bool ends_name(char c) { return c == '\0' || strchr(".[: ,(", c) != NULL; }

/* How much of the path `rest` this name takes: .name, or ["name"]; 0: it is another one. */
static size_t name_taken(const char *rest, const char *name, size_t len, bool fold)
{
    int (*const compare)(const char *, const char *, size_t) = fold ? strncasecmp : strncmp;

    if (rest[0] == '.' && compare(rest + 1, name, len) == 0 && ends_name(rest[1 + len]))
        return len + 1;
    if (strncmp(rest, "[\"", 2) == 0 && compare(rest + 2, name, len) == 0 &&
        strncmp(rest + 2 + len, "\"]", 2) == 0)
        return len + 4;
    return 0;
}

static yaml_node_t *find_member(yaml_document_t *d, yaml_node_t *map, const char *rest, bool fold,
                                size_t *taken, struct text_place *place)
{
    yaml_node_t *found = NULL;

    *taken = 0;
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
        yaml_node_t *name = yaml_document_get_node(d, p->key);
        size_t n;

        if (name == NULL || name->type != YAML_SCALAR_NODE)
            continue;
        n = name_taken(rest, (const char *)name->data.scalar.value, name->data.scalar.length, fold);
        if (n < *taken || n == 0)
            continue;
        *taken = n; /* of equals the last one, which counts */
        *place = mark_place(name->start_mark);
        found = yaml_document_get_node(d, p->value);
    }
    return found;
}

static yaml_node_t *find_item(yaml_document_t *d, yaml_node_t *list, const char *rest, size_t *taken,
                              struct text_place *place)
{
    const ptrdiff_t num = list->data.sequence.items.top - list->data.sequence.items.start;
    unsigned at;
    int used = 0;
    yaml_node_t *item;

    if (sscanf(rest, "[%u]%n", &at, &used) != 1 || used == 0 || (ptrdiff_t)at >= num)
        return NULL;
    item = yaml_document_get_node(d, list->data.sequence.items.start[at]);
    *taken = (size_t)used;
    *place = mark_place(item->start_mark);
    return item;
}

/* The deepest node on the path. */
static struct text_place walk(yaml_document_t *d, const char *rest)
{
    yaml_node_t *node = yaml_document_get_root_node(d);
    struct text_place place = {0};
    size_t taken;

    while (node != NULL && *rest != '\0') {
        yaml_node_t *next = NULL;

        if (node->type == YAML_MAPPING_NODE) {
            next = find_member(d, node, rest, false, &taken, &place);
            if (next == NULL)
                next = find_member(d, node, rest, true, &taken, &place);
        } else if (node->type == YAML_SEQUENCE_NODE) {
            next = find_item(d, node, rest, &taken, &place);
        }
        if (next == NULL)
            break;
        rest += taken;
        node = next;
    }
    return place;
}

static struct text_place path_place(const struct manifest_file *f, const char *path)
{
    scoped(end_parser) yaml_parser_t parser;
    scoped(end_document) yaml_document_t document = {0};

    if (yaml_parser_initialize(&parser) == 0)
        return (struct text_place){0};
    yaml_parser_set_input_string(&parser, f->text.ptr, f->text.len);
    if (yaml_parser_load(&parser, &document) == 0)
        return (struct text_place){0};
    return walk(&document, path);
}

/* Messages that speak of entries by kind and name: marble "m" ... */
static bool named_path(const char *message, char *path, size_t size)
{
    static const struct {
        const char *noun, *section;
    } rows[] = {{"marble \"", "Marbles"},
                {"package \"", "Packages"},
                {"user \"", "Users"},
                {"role \"", "Roles"},
                {"secret \"", "Secrets"},
                {"TLS tag \"", "TLS"},
                {"recovery key \"", "RecoveryKeys"}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strncasecmp(message, rows[i].noun, strlen(rows[i].noun)) == 0) {
            const char *name = message + strlen(rows[i].noun);

            (void)snprintf(path, size, ".%s[\"%.*s\"]", rows[i].section, (int)strcspn(name, "\""), name);
            return true;
        }
    return false;
}

struct text_place place_of(const struct manifest_file *f, const char *message)
{
    const char *dollar = strstr(message, "$."), *line = strstr(message, "line ");
    struct text_place place = {0};
    char path[256];

    if (dollar != NULL)
        place = path_place(f, dollar + 1);
    else if (named_path(message, path, sizeof path))
        place = path_place(f, path);
    if (place.line == 0 && dollar == NULL && line != NULL &&
        sscanf(line, "line %zu, column %zu", &place.line, &place.column) != 2)
        place = (struct text_place){0};
    return place;
}

/* A line is cut on both sides, so that the place is on the screen. */
char *place_shown(const struct manifest_file *f, struct text_place place, struct arena *a)
{
    struct slice *lines;
    const size_t num = text_split(a, f->text, '\n', &lines), column = place.column > 0 ? place.column : 1;
    size_t from, len;
    char *shown;

    if (place.line == 0 || place.line > num)
        return arena_strdup(a, "");
    from = column > SHOWN_LEN / 2 ? column - SHOWN_LEN / 2 : 0;
    len = lines[place.line - 1].len;
    if (from > len)
        return arena_strdup(a, "");
    len = len - from < SHOWN_LEN ? len - from : SHOWN_LEN;
    shown = arena_strndup(a, slice_of(lines[place.line - 1].ptr + from, len));
    for (char *c = shown; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return arena_printf(a, "    %s\n    %*s\n", shown, (int)(column - from), "^");
}
