/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/mesh_v1.h: the messages of mesh.v1.Mesh as values (wire format: mesh.proto), and what evidence is
 * bound to. */
#pragma once
#include "manifest/activation.h"

#define MESH_CHALLENGE_METHOD "/mesh.v1.Mesh/Challenge"
#define MESH_ACTIVATE_METHOD  "/mesh.v1.Mesh/Activate"
#define MESH_RENEW_METHOD     "/mesh.v1.Mesh/Renew"
#define MESH_WATCH_METHOD     "/mesh.v1.Mesh/Watch"

enum { MESH_NONCE_SIZE = 32, MESH_EXPORTER_SIZE = 32, MESH_STAND_IN_SIZE = 32 };

/* The report data of a marble's evidence: SHA-256("mesh.v1.Mesh/Activate" ‖ nonce ‖ exporter) ‖ SHA-256(SPKI
 * of the CSR), the same for Renew. Only who holds that TLS connection, and that key, can use the evidence.
 * The halves tell evidence that was relayed (the first differs) from evidence over another key (the second).
 */
struct mesh_binding {
    struct slice nonce;    /* MESH_NONCE_SIZE, the coordinator's */
    struct slice exporter; /* MESH_EXPORTER_SIZE: RFC 9266, tls-exporter (net/tls.h) */
    struct slice spki;     /* SubjectPublicKeyInfo, DER */
};
void mesh_binding(const struct mesh_binding *b, uint8_t report_data[64]);
enum { MESH_BINDING_CONNECTION = 32 }; /* bytes at the front of it that speak of the connection */

struct mesh_challenge_reply {
    struct slice nonce, root, evidence, collateral;
};

struct mesh_activate_request {
    struct slice nonce, evidence, csr;
    const char *marble_type, *uuid; /* as sent; valid UTF-8, no NUL */
};

struct mesh_activate_reply {
    struct slice *chain; /* DER, leaf first */
    size_t num_chain;
    struct parameters parameters;
    struct slice key_stand_in;
    uint64_t revision;
};

/* Decoding refuses what is not protobuf, wrong sizes of what has one, names with NUL, doubled names.
 * E_GRPC_FORMAT. Results live in the arena and copy, so that they are wiped with it. */
struct slice mesh_challenge_request_encode(struct slice nonce, struct arena *a);
bool mesh_challenge_request_decode(struct slice in, struct arena *a, struct slice *nonce, struct err *err);
struct slice mesh_challenge_reply_encode(const struct mesh_challenge_reply *r, struct arena *a);
bool mesh_challenge_reply_decode(struct slice in, struct arena *a, struct mesh_challenge_reply *out,
                                 struct err *err);
struct slice mesh_activate_request_encode(const struct mesh_activate_request *r, struct arena *a);
bool mesh_activate_request_decode(struct slice in, struct arena *a, struct mesh_activate_request *out,
                                  struct err *err);
bool mesh_activate_request_type(struct slice in, struct slice *type); /* as activation_request_type() */
struct slice mesh_activate_reply_encode(const struct mesh_activate_reply *r, struct arena *a);
bool mesh_activate_reply_decode(struct slice in, struct arena *a, struct mesh_activate_reply *out,
                                struct err *err);
struct slice mesh_watch_event_encode(uint64_t revision, struct arena *a);
bool mesh_watch_event_decode(struct slice in, uint64_t *revision, struct err *err);

/* A stand-in as the coordinator makes them: random but for its first bytes, which show in base64 which
 * alphabet is meant ("+/+/" or "-_-_"), and in hexadecimal which case. */
void mesh_new_stand_in(uint8_t out[MESH_STAND_IN_SIZE]);

/* Puts the key where the stand-in is, in each file and variable: as it is, in hexadecimal (either case), in
 * base64 (standard and URL, with and without padding), and in PEM under any label, the line ends as they are
 * there (also
 * "\n", as in JSON). What encodes it twice, or together with other bytes in one base64, is not found. New
 * values live in the arena. */
void mesh_put_key(struct parameters *p, struct slice stand_in, struct slice pkcs8, struct arena *a);
