/* SPDX-License-Identifier: Apache-2.0 */
/* verify EVIDENCE BUNDLE [POLICY [ROOTS]]: is the evidence in this file genuine, and what the policy demands?
 *
 * Ends with 0: accepted; 1: rejected; 2: could not be judged.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <attestation.h>

/* The whole file, or nothing in it; the memory is the program's to the end. */
static struct mesh_attest_bytes read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *bytes = NULL;
    size_t len = 0, room = 0, n = 0;

    if (f == NULL) {
        perror(path);
        exit(MESH_ATTEST_UNJUDGED);
    }
    do {
        len += n;
        if (len == room && (bytes = realloc(bytes, room = 2 * room + 4096)) == NULL)
            abort();
        n = fread(bytes + len, 1, room - len, f);
    } while (n > 0);
    (void)fclose(f);
    return (struct mesh_attest_bytes){bytes, len};
}

static void refuse(const char *path, const struct mesh_attest_error *error)
{
    (void)fprintf(stderr, "%s: %s [%s]\n", path, error->text, error->reason);
    exit(MESH_ATTEST_UNJUDGED);
}

int main(int argc, char **argv)
{
    struct mesh_attest_request request = {.size = sizeof request, .now = time(NULL)};
    struct mesh_attest_collateral *collateral;
    struct mesh_attest_policy *policy;
    struct mesh_attest_verdict *verdict;
    struct mesh_attest_error error;
    const char *program;
    int outcome;

    if (argc < 3 || argc > 5) {
        (void)fprintf(stderr, "usage: verify EVIDENCE BUNDLE [POLICY [ROOTS]]\n");
        return MESH_ATTEST_UNJUDGED;
    }
    request.evidence = read_file(argv[1]);
    if ((collateral = mesh_attest_collateral_parse(read_file(argv[2]), &error)) == NULL)
        refuse(argv[2], &error);
    policy = mesh_attest_policy_parse(argc > 3 ? read_file(argv[3]) : (struct mesh_attest_bytes){"{}", 2}, &error);
    if (policy == NULL)
        refuse(argv[3], &error);
    if (argc > 4)
        request.roots = read_file(argv[4]);
    request.collateral = collateral;
    request.policy = policy;

    verdict = mesh_attest_appraise(&request);
    outcome = mesh_attest_outcome(verdict);
    (void)puts(mesh_attest_json(verdict));
    if ((program = mesh_attest_claim(verdict, "mrenclave")) != NULL)
        (void)fprintf(stderr, "it is the enclave %s\n", program);
    if (outcome != MESH_ATTEST_ACCEPTED)
        (void)fprintf(stderr, "%s [%s]\n", mesh_attest_message(verdict), mesh_attest_reason(verdict));
    mesh_attest_verdict_free(verdict);
    mesh_attest_policy_free(policy);
    mesh_attest_collateral_free(collateral);
    return outcome;
}
