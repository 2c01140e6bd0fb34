/* SPDX-License-Identifier: Apache-2.0 */
/* meshclient.h: libmeshclient, for programs that call into a mesh: verify the coordinator once, and whatever
 * it vouches for can be trusted.
 *
 *     const struct mesh_client_options options = {
 *         .size = sizeof options, .address = "mesh.example:4433", .policy = {policy, policy_len}};
 *     struct mesh_client *mesh = mesh_client_verify(&options, &error);
 *
 *     if (mesh != NULL) {
 *         keep(mesh_client_pin(mesh)); // for mesh_client_pinned(), the next time
 *         answer = mesh_client_call_marble(mesh, "shop.example:8443", "frontend", &request, &error);
 *     }
 *     mesh_client_free(mesh);
 *
 * What is believed, and why: mesh_client_verify() asks for evidence over a fresh nonce and the coordinator's
 * root certificate, appraises it, and matches it against the policy. From then on the coordinator is whoever
 * has exactly that root certificate, whose key never leaves the coordinator's TEE; a service, whoever has one
 * from it. mesh_client_pinned() goes on from a root certificate that was verified before. There is no way to
 * a client that believes anybody.
 *
 * It is what meshctl is made of. libmeshclient-sim is its twin for development: it believes the simulated
 * TEE, which proves nothing, and nobody else.
 *
 * Ownership: options, requests and what they point to stay the caller's and are only read during the call.
 * What a function returns as a pointer to a struct is the caller's, who gives it back to the function with
 * _free in its name, which accepts NULL. Strings and bytes belong to the object that they were asked of, are
 * never changed, and live as long as it does.
 *
 * Threads: all functions may be called from any thread at any time. A client never changes once it is made:
 * it may serve any number of calls at the same time, each over a connection of its own, which is closed
 * before the call returns. Calls block, for as long as options say; no thread is started. Only the end is the
 * caller's: nobody may use what is being freed.
 *
 * The library reads the clock, the files that options name, and what the system needs to resolve names; no
 * environment variable and no file besides. It changes no signal handler and writes nothing anywhere. Where
 * the system has no memory left the process is ended (abort).
 *
 * Errors: a function that fails returns NULL, or 0, and sets *error, if that is not NULL. The words of
 * reasons are stable; docs/errors.md of marblemesh lists them.
 */
#ifndef MESH_CLIENT_H
#define MESH_CLIENT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MESH_CLIENT_API __attribute__((visibility("default")))
#else
#define MESH_CLIENT_API
#endif

/* The version of this library: "0.1.0". */
MESH_CLIENT_API const char *mesh_client_version(void);

/* 1: this is the library's twin for development, whose TEE is simulated and proves nothing. 0: it is not. */
MESH_CLIENT_API int mesh_client_simulated(void);

struct mesh_client_bytes {
    const void *ptr;
    size_t len;
};

/* Why something was refused: `reason` is a stable word, `text` one sentence for people, without a secret in
 * it. */
struct mesh_client_error {
    char reason[48];
    char text[1024];
};

/* ---- a coordinator that is believed ---------------------------------------------------------------- */

/* Members that are zero are not used. Members may be added at the end: `size` tells which ones the caller
 * knows. */
struct mesh_client_options {
    size_t size;                     /* sizeof(struct mesh_client_options) */
    const char *address;             /* "host:port" of the coordinator's client API */
    struct mesh_client_bytes policy; /* JSON, an era-config.json: package properties of the coordinator.
                                        Either UniqueID, or ProductID and SecurityVersion, with SignerID; or
                                        sections for other TEEs (docs/attestation.md) */
    struct mesh_client_bytes nonce;  /* what evidence must be fresh for; none: 32 random bytes */

    /* What the evidence is judged with: a bundle, JSON as `meshctl collateral fetch` writes it; else the
     * service of the platform's vendor, or one that caches for it, "https://host:port". NULL: the vendor's
     * own (libmeshclient-sim: none); "none": nothing is fetched. */
    struct mesh_client_bytes collateral;
    const char *intel_service, *amd_service;
    const char *service_ca; /* file with the roots of these services' certificates, PEM; NULL: the system's */

    /* A user of the manifest, in whose name is asked: certificate and private key, both PEM. Shown to whoever
     * is called, once that is believed. */
    struct mesh_client_bytes user_certificate, user_key;

    unsigned connect_ms, call_ms; /* patience; 0: 10 seconds, 60 seconds */
};

struct mesh_client;

/* Verifies the coordinator at the address. Refusals are those of evidence (docs/errors.md) and of the policy:
 * unique_id, signer_id, debug, tcb_status, ...; evidence_missing: it has none; http_method: it is too old for
 * a nonce, or no coordinator. */
MESH_CLIENT_API struct mesh_client *mesh_client_verify(const struct mesh_client_options *options,
                                                       struct mesh_client_error *error);

/* Believes the root certificate in `pin`, PEM from mesh_client_pin(), from meshctl's cache or from `meshctl
 * certificate chain|root`; asks nobody. Of the options policy, nonce and collateral are not used.
 * cert_format, cert_chain: it is none. */
MESH_CLIENT_API struct mesh_client *mesh_client_pinned(const struct mesh_client_options *options,
                                                       const char *pin, struct mesh_client_error *error);

MESH_CLIENT_API void mesh_client_free(struct mesh_client *mesh);

/* The value to keep and give again: the coordinator's intermediate and root certificate, PEM, in this order.
 * No secret, but whoever can change what was kept decides what will be believed. The root certificate stays
 * the same for the life of a mesh; while a coordinator waits for recovery it has another one. */
MESH_CLIENT_API const char *mesh_client_pin(const struct mesh_client *mesh);

/* ---- the manifest ---------------------------------------------------------------------------------- */

/* The manifest in force. Its signature by the coordinator's root key has been checked (reason signature); and
 * its fingerprint, 64 hexadecimal digits of SHA-256, if one is given (manifest_other). `fingerprint` NULL:
 * any. */
struct mesh_client_manifest;
MESH_CLIENT_API struct mesh_client_manifest *mesh_client_manifest_fetch(const struct mesh_client *mesh,
                                                                        const char *fingerprint,
                                                                        struct mesh_client_error *error);
MESH_CLIENT_API void mesh_client_manifest_free(struct mesh_client_manifest *manifest);

MESH_CLIENT_API struct mesh_client_bytes
mesh_client_manifest_text(const struct mesh_client_manifest *manifest);
MESH_CLIENT_API const char *mesh_client_manifest_fingerprint(const struct mesh_client_manifest *manifest);
MESH_CLIENT_API struct mesh_client_bytes
mesh_client_manifest_signature(const struct mesh_client_manifest *manifest);

/* A manifest and its signature that came another way: 1 if the coordinator signed it. Asks nobody; it says
 * nothing of whether this manifest is still in force. */
MESH_CLIENT_API int mesh_client_manifest_check(const struct mesh_client *mesh, struct mesh_client_bytes text,
                                               struct mesh_client_bytes signature,
                                               struct mesh_client_error *error);

/* ---- requests -------------------------------------------------------------------------------------- */

/* HTTPS/1.1. Members that are zero are not sent; `size` is as in the options. */
struct mesh_client_request {
    size_t size;                   /* sizeof(struct mesh_client_request) */
    const char *method;            /* NULL: "GET", with a body "POST" */
    const char *path;              /* with its query: "/api/v2/status"; NULL: "/" */
    const char *content_type;      /* NULL: "application/json" */
    struct mesh_client_bytes body; /* 16 MiB at most, as of answers */
};

/* Any answer is one, also a refusal: look at its status. NULL: the peer was not believed (coordinator_other,
 * marble_other, cert_expired) and was sent nothing; or no answer came (connect, timeout, peer_closed, ...).
 */
struct mesh_client_answer;

/* To the coordinator: docs/api of marblemesh has its calls. */
MESH_CLIENT_API struct mesh_client_answer *mesh_client_call(const struct mesh_client *mesh,
                                                            const struct mesh_client_request *request,
                                                            struct mesh_client_error *error);

/* To a service of the mesh, which serves with the certificate chain and the key that the coordinator gave it.
 * `type` is its name under Marbles in the manifest; NULL: any service of the mesh will do. Its certificate's
 * names are not looked at: a service chooses them itself, the coordinator vouches for the type. Certificates
 * of an earlier manifest come from the same root: services keep theirs until they restart. */
MESH_CLIENT_API struct mesh_client_answer *mesh_client_call_marble(const struct mesh_client *mesh,
                                                                   const char *address, const char *type,
                                                                   const struct mesh_client_request *request,
                                                                   struct mesh_client_error *error);
MESH_CLIENT_API void mesh_client_answer_free(struct mesh_client_answer *answer);

MESH_CLIENT_API int mesh_client_answer_status(const struct mesh_client_answer *answer);

/* A NUL follows the body's bytes, which is not counted. */
MESH_CLIENT_API struct mesh_client_bytes mesh_client_answer_body(const struct mesh_client_answer *answer);

/* A header's value by its name, in any case; of several the first. NULL: there is none. */
MESH_CLIENT_API const char *mesh_client_answer_header(const struct mesh_client_answer *answer,
                                                      const char *name);

#ifdef __cplusplus
}
#endif
#endif
