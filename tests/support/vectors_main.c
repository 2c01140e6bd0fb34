/* SPDX-License-Identifier: Apache-2.0 */
/* tests/vectors DIR: judges every vector of a folder and prints a table of verdicts and claims. Returns 0 if
 * all are as expected, 1 if one is not, 2 if the folder cannot be read. */
#include <stdio.h>

#include "base/json.h"
#include "pki/hash.h"
#include "tests/support/vectors.h"

static const char *const marks[] = {
    [VECTOR_AS_EXPECTED] = "ok", [VECTOR_MISMATCH] = "MISMATCH", [VECTOR_NOT_SUPPORTED] = "not supported"};

static void print(void *ctx, const struct vector_seen *v)
{
    size_t *counts = ctx;

    counts[v->result]++;
    printf("%-44s  %-11s  %-6s  %-22s  %-13s  %s\n", v->id, v->tee, v->expected, v->found, marks[v->result],
           v->claims);
    if (v->wrong != NULL && v->wrong[0] != '\0')
        printf("%s", v->wrong);
}

int main(int argc, char **argv)
{
    size_t counts[3] = {0};
    struct arena a = {0};
    struct err err;

    if (argc != 2 || argv[1][0] == '-') {
        (void)fprintf(stderr, "usage: vectors DIR\n");
        return 2;
    }
    json_init();
    pki_init();
    printf("%-44s  %-11s  %-6s  %-22s  %-13s  %s\n", "VECTOR", "TEE", "EXPECT", "FOUND", "", "CLAIMS");
    if (!vectors_run(argv[1], &a, print, counts, &err)) {
        (void)fprintf(stderr, "vectors: %s\n", err.text);
        return 2;
    }
    printf("%zu as expected, %zu not, %zu of a kind that is not supported\n", counts[VECTOR_AS_EXPECTED],
           counts[VECTOR_MISMATCH], counts[VECTOR_NOT_SUPPORTED]);
    arena_wipe(&a);
    return counts[VECTOR_MISMATCH] == 0 && counts[VECTOR_AS_EXPECTED] > 0 ? 0 : 1;
}
