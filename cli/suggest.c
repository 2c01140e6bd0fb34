/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/suggest.h"

#include <string.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Optimal string alignment, three rows of its table at a time. */
size_t suggest_distance(const char *a, const char *b, size_t most)
{
    const size_t len_a = strlen(a), len_b = strlen(b);
    size_t rows[3][LONGEST + 1];

    if (len_a > LONGEST || len_b > LONGEST)
        return most + 1;
    for (size_t j = 0; j <= len_b; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= len_a; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            row[j] = least(least(above[j] + 1, row[j - 1] + 1), above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return least(rows[len_a % 3][len_b], most + 1);
}

struct nearest {
    const char *wanted, *found;
    size_t distance, most;
};

/* A third of the letters may be wrong; a short word has to be nearly right. */
static struct nearest nearest_to(const char *wanted)
{
    const size_t most = strlen(wanted) / 3 > 0 ? strlen(wanted) / 3 : 1;

    return (struct nearest){wanted, NULL, most + 1, most};
}

static void consider(struct nearest *n, const char *candidate)
{
    const size_t distance = suggest_distance(n->wanted, candidate, n->most);

    if (distance < n->distance) {
        n->found = candidate;
        n->distance = distance;
    }
}

/* As many words as were typed decide; so "manifst" leads to "manifest", and "manifest sett" to "manifest
 * set". */
static const char *first_words(const char *words, size_t num, struct arena *a)
{
    size_t at = 0;

    for (; words[at] != '\0'; at++)
        if (words[at] == ' ' && --num == 0)
            break;
    return arena_strndup(a, slice_of(words, at));
}

const char *suggest_command(const char *topic, const char *words, struct arena *a)
{
    const char *typed = words + (topic[0] != '\0' ? strlen(topic) + 1 : 0);
    struct nearest n = nearest_to(typed);
    size_t num = 1;

    for (const char *c = words; *c != '\0'; c++)
        num += *c == ' ';
    for (const struct command *c = command_next(NULL); c != NULL; c = command_next(c)) {
        const char *candidate = first_words(c->words, num, a);

        if (command_begins(c, topic) && strlen(candidate) > (size_t)(typed - words))
            consider(&n, candidate + (typed - words));
    }
    return n.found == NULL ? NULL : topic[0] != '\0' ? arena_printf(a, "%s %s", topic, n.found) : n.found;
}

const char *suggest_option(const struct command *c, const char *name)
{
    struct nearest n = nearest_to(name);

    for (const struct option *o = global_options; o->name != NULL; o++)
        consider(&n, o->name);
    for (const struct option *o = c != NULL ? c->options : NULL; o != NULL && o->name != NULL; o++)
        consider(&n, o->name);
    return n.found;
}

const char *suggest_reason(const char *name)
{
    struct nearest n = nearest_to(name);

    for (int code = E_NONE + 1; code < NUM_ERR_CODES; code++)
        consider(&n, reason_of((enum err_code)code)->name);
    return n.found;
}
