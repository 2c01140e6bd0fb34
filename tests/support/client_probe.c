/* SPDX-License-Identifier: Apache-2.0 */
/* A client of a mesh that tells what it found: all of meshclient.h by options.
 *
 *     client_probe ADDRESS [-e POLICY | -p PIN] [-n NONCE] [-b BUNDLE] [-u CERTIFICATE -k KEY]
 *         -K                          prints the pin
 *         -M [-f FINGERPRINT]         prints the manifest, once its signature was checked again, and a
 * changed one was not
 *         [-m MARBLE [-t TYPE]] [-X METHOD] [-d BODY] [-j THREADS] PATH     calls the coordinator, or a
 * marble
 *
 * A refusal is "REASON: text" and the exit status 1.
 */
#include <meshclient.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_THREADS = 16 };

static struct mesh_client *mesh;
static struct mesh_client_options options = {.size = sizeof options};
static struct mesh_client_request request = {.size = sizeof request};
static const char *marble, *type;

static void refuse(const struct mesh_client_error *error)
{
    (void)fprintf(stderr, "%s: %s\n", error->reason, error->text);
    exit(1);
}

/* The whole file, with a NUL behind it; its memory is the program's to the end. */
static struct mesh_client_bytes read_file(const char *path)
{
    static char room[8][256 * 1024];
    static size_t used;
    char *to = room[used++];
    FILE *f = fopen(path, "rb");
    size_t len;

    if (f == NULL) {
        perror(path);
        exit(2);
    }
    len = fread(to, 1, sizeof room[0] - 1, f);
    (void)fclose(f);
    return (struct mesh_client_bytes){to, len};
}

static void print_manifest(const char *fingerprint)
{
    struct mesh_client_error error;
    struct mesh_client_manifest *m = mesh_client_manifest_fetch(mesh, fingerprint, &error);
    struct mesh_client_bytes text;
    char *changed;

    if (m == NULL)
        refuse(&error);
    text = mesh_client_manifest_text(m);
    if (!mesh_client_manifest_check(mesh, text, mesh_client_manifest_signature(m), &error))
        refuse(&error);
    (void)fprintf(stderr, "fingerprint %s\n", mesh_client_manifest_fingerprint(m));
    (void)fwrite(text.ptr, 1, text.len, stdout);
    changed = malloc(text.len);
    memcpy(changed, text.ptr, text.len);
    changed[text.len / 2] ^= 1;
    text.ptr = changed;
    if (mesh_client_manifest_check(mesh, text, mesh_client_manifest_signature(m), &error))
        exit(3);
    (void)fprintf(stderr, "changed: %s\n", error.reason);
    free(changed);
    mesh_client_manifest_free(m);
}

static struct mesh_client_answer *call(struct mesh_client_error *error)
{
    return marble != NULL ? mesh_client_call_marble(mesh, marble, type, &request, error)
                          : mesh_client_call(mesh, &request, error);
}

/* One of many: whether it got an answer. */
static void *call_too(void *ok)
{
    struct mesh_client_error error;
    struct mesh_client_answer *answer = call(&error);

    *(int *)ok = answer != NULL && mesh_client_answer_status(answer) == 200;
    mesh_client_answer_free(answer);
    return NULL;
}

static void print_answer(void)
{
    struct mesh_client_error error;
    struct mesh_client_answer *answer = call(&error);
    const char *content_type;

    if (answer == NULL)
        refuse(&error);
    content_type = mesh_client_answer_header(answer, "Content-Type");
    (void)printf("status %d\ntype %s\n%s\n", mesh_client_answer_status(answer),
                 content_type != NULL ? content_type : "none",
                 (const char *)mesh_client_answer_body(answer).ptr);
    mesh_client_answer_free(answer);
}

static void print_many(int num)
{
    pthread_t threads[MAX_THREADS];
    int ok[MAX_THREADS], sum = 0;

    for (int i = 0; i < num; i++)
        if (pthread_create(&threads[i], NULL, call_too, &ok[i]) != 0)
            abort();
    for (int i = 0; i < num; i++) {
        (void)pthread_join(threads[i], NULL);
        sum += ok[i];
    }
    (void)printf("%d of %d\n", sum, num);
}

int main(int argc, char **argv)
{
    const char *pin = NULL, *fingerprint = NULL;
    int wants_pin = 0, wants_manifest = 0, threads = 0;
    struct mesh_client_error error;

    for (int o; (o = getopt(argc, argv, "e:p:n:b:u:k:KMf:m:t:X:d:j:")) != -1;)
        switch (o) {
        case 'e':
            options.policy = read_file(optarg);
            break;
        case 'p':
            pin = read_file(optarg).ptr;
            break;
        case 'n':
            options.nonce = (struct mesh_client_bytes){optarg, strlen(optarg)};
            break;
        case 'b':
            options.collateral = read_file(optarg);
            break;
        case 'u':
            options.user_certificate = read_file(optarg);
            break;
        case 'k':
            options.user_key = read_file(optarg);
            break;
        case 'K':
            wants_pin = 1;
            break;
        case 'M':
            wants_manifest = 1;
            break;
        case 'f':
            fingerprint = optarg;
            break;
        case 'm':
            marble = optarg;
            break;
        case 't':
            type = optarg;
            break;
        case 'X':
            request.method = optarg;
            break;
        case 'd':
            request.body = (struct mesh_client_bytes){optarg, strlen(optarg)};
            break;
        case 'j':
            threads = atoi(optarg) < MAX_THREADS ? atoi(optarg) : MAX_THREADS;
            break;
        default:
            return 2;
        }
    options.address = argv[optind];
    mesh = pin != NULL ? mesh_client_pinned(&options, pin, &error) : mesh_client_verify(&options, &error);
    if (mesh == NULL)
        refuse(&error);
    if (wants_pin)
        (void)fputs(mesh_client_pin(mesh), stdout);
    if (wants_manifest)
        print_manifest(fingerprint);
    if (optind + 1 < argc) {
        request.path = argv[optind + 1];
        if (threads > 0)
            print_many(threads);
        else
            print_answer();
    }
    mesh_client_free(mesh);
    return 0;
}
