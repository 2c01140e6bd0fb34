/* SPDX-License-Identifier: Apache-2.0 */
/* call ADDRESS POLICY PIN [FINGERPRINT]: is this the coordinator that the policy describes, what does it run?
 *
 * Its evidence is verified once; what is believed from then on is kept in the file PIN for the next time.
 */
#include <meshclient.h>
#include <stdio.h>
#include <stdlib.h>

static size_t read_file(const char *path, char *to, size_t room)
{
    FILE *f = fopen(path, "r");
    const size_t len = f != NULL ? fread(to, 1, room - 1, f) : 0;

    to[len] = '\0';
    if (f != NULL)
        (void)fclose(f);
    return len;
}

static void refuse(const struct mesh_client_error *error)
{
    (void)fprintf(stderr, "%s [%s]\n", error->text, error->reason);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    static char policy[64 * 1024], pin[64 * 1024];
    struct mesh_client_options options = {.size = sizeof options, .policy.ptr = policy};
    const struct mesh_client_request request = {.size = sizeof request, .path = "/api/v2/status"};
    struct mesh_client_error error;

    if (argc < 4)
        return fprintf(stderr, "usage: call ADDRESS POLICY PIN [FINGERPRINT]\n"), EXIT_FAILURE;
    options.address = argv[1];
    options.policy.len = read_file(argv[2], policy, sizeof policy);
    struct mesh_client *mesh = read_file(argv[3], pin, sizeof pin) > 0
                                   ? mesh_client_pinned(&options, pin, &error)
                                   : mesh_client_verify(&options, &error);
    if (mesh == NULL)
        refuse(&error);
    FILE *keep = fopen(argv[3], "w");
    if (keep == NULL || fputs(mesh_client_pin(mesh), keep) < 0 || fclose(keep) != 0)
        perror(argv[3]);
    struct mesh_client_manifest *manifest = mesh_client_manifest_fetch(mesh, argv[4], &error);
    if (manifest == NULL)
        refuse(&error);
    (void)printf("manifest %s\n", mesh_client_manifest_fingerprint(manifest));
    struct mesh_client_answer *answer = mesh_client_call(mesh, &request, &error);
    if (answer == NULL)
        refuse(&error);
    const struct mesh_client_bytes body = mesh_client_answer_body(answer);
    (void)printf("HTTP %d: %.*s", mesh_client_answer_status(answer), (int)body.len, (const char *)body.ptr);
    mesh_client_answer_free(answer);
    mesh_client_manifest_free(manifest);
    mesh_client_free(mesh);
}
