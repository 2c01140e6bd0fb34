/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/core.h: the coordinator without its wires: one mesh at a time, and how it changes.
 *
 * Readers take the current snapshot (core_mesh) and need nothing else. Changes are serialised by one
 * writer lock: they make the next snapshot, commit it to the store, and publish it, in this order, so
 * what a client was told is on disk, and a change that fails has changed nothing. Counters are no part of
 * the snapshot: they go straight to the store, which commits those of many threads together.
 *
 * Every function here is a sentence of the API, from values to values; who may call it is decided before
 * (coordinator/api/routes.c), but for rights that hang on what is asked for, which are checked here. A user
 * is looked up again in the mesh as it is when a change is made: E_USER_UNKNOWN if he is gone since. Nothing
 * here tells of events: who calls knows the peer and what came of it.
 */
#pragma once
#include "attestation/judge.h"
#include "base/json.h"
#include "coordinator/config.h"
#include "coordinator/events.h"
#include "coordinator/mesh.h"

struct core;

struct core_options {
    const struct config *config; /* borrowed for the core's life */
    const struct tee *tee; /* NULL: no evidence is made and none demanded; only in the simulated domain */
    struct judge *judge;   /* borrowed for the core's life; NULL: evidence is judged with what it carries */
    int64_t now;
};

/* Loads or begins. A state that cannot be unsealed is not an error: the core starts in recovery with a
 * temporary identity, and core_trouble() says why. */
bool core_open(const struct core_options *options, struct core **out, struct err *err);
void core_close(struct core **core); /* accepts NULL inside; no other thread may use it any more */

const struct config *core_config(const struct core *core);
const struct tee *core_tee(const struct core *core); /* or NULL */
struct events *core_events(struct core *core);       /* what happened, for /events and the log */
struct judge *core_judge(const struct core *core);   /* or NULL */
const struct secret *core_challenge_key(const struct core *core); /* of this process (challenge.h) */

/* Why the core started in recovery; NULL if it did not. */
const struct err *core_trouble(const struct core *core);

/* What was amiss with the folder of the state at start, and did no harm (store_notice()); NULL if nothing
 * was. */
const struct err *core_notice(const struct core *core);

/* The current snapshot, held for the caller: scoped(mesh_release). Takes no lock and never waits. */
struct mesh *core_mesh(struct core *core);

/* Is the mesh in one of these states (bits 1 << state)? E_STATE_WRONG. */
bool mesh_require(const struct mesh *m, unsigned states, struct err *err);

/* Evidence over SHA-256(root certificate ‖ nonce), in Open Enclave's header; empty without a TEE. */
bool core_quote(struct core *core, const struct mesh *m, struct slice nonce, struct arena *a,
                struct slice *out, struct err *err);

/* ---- the manifest ------------------------------------------------------------------------------ */

/* What the owners of recovery keys get, each encrypted to its key (RSA-OAEP, SHA-256). */
struct recovery_secret {
    const char *name; /* of the key in the manifest */
    struct slice ciphertext;
};
struct recovery_secrets {
    const struct recovery_secret *at; /* by name */
    size_t num;
};

/* Sets the first manifest; in recovery one that begins a new mesh, and keeps the files of the sealed one.
 * *secrets lives in the arena. E_STATE_WRONG, E_MANIFEST_*, E_FILE_WRITE, ... */
bool core_set_manifest(struct core *core, struct slice raw, int64_t now, struct arena *a,
                       struct recovery_secrets *secrets, struct err *err);

/* The manifest of a file at start. The same manifest already in force is fine; another one, or a mesh in
 * recovery, is E_STATE_WRONG: an identity is never replaced unasked. *was_set: false if it was there. */
bool core_set_startup_manifest(struct core *core, struct slice raw, int64_t now, bool *was_set,
                               struct err *err);

/* ---- users ------------------------------------------------------------------------------------- */

/* The user one of whose certificates the client presented (byte for byte), or E_USER_UNKNOWN ("unauthorized
 * user"). Borrows from the snapshot. */
bool mesh_user(const struct mesh *m, const struct slice *chain, size_t num_chain, const struct user **out,
               struct err *err);

/* ---- updates ----------------------------------------------------------------------------------- */

/* What came of an update, an acknowledgment or a cancellation. */
struct update_result {
    bool applied;
    size_t missing_acknowledgments;
    const char *const *missing_users; /* sorted; of those who may acknowledge; NULL if it is applied */
    size_t num_missing_users;
    bool has_recovery_secrets; /* applied, and recovery keys or threshold changed */
    struct recovery_secrets recovery_secrets;
};

/* A package update or a full one, as the upload says (contract 1.15). E_MANIFEST_*, E_USER_DENIED,
 * E_UPDATE_PENDING, E_UPDATE_DOWNGRADE, ... */
bool core_update(struct core *core, const struct user *user, struct slice raw, int64_t now, struct arena *a,
                 struct update_result *out, struct err *err);

/* The pending update. E_UPDATE_NONE ("no update in progress") if there is none. */
bool core_pending_update(struct core *core, struct arena *a, struct slice *raw, struct update_result *out,
                         struct err *err);

/* The same bytes from another user of those who may. E_UPDATE_NONE, E_UPDATE_OTHER (other bytes),
 * E_USER_DENIED; what applying it can refuse: then the update is cancelled, and the log says so. */
bool core_acknowledge_update(struct core *core, const struct user *user, struct slice raw, int64_t now,
                             struct arena *a, struct update_result *out, struct err *err);
bool core_cancel_update(struct core *core, const struct user *user, int64_t now, struct err *err);

/* One JSON object a line, oldest first. In the arena. E_STATE_WRONG outside state 3. */
bool core_update_log(struct core *core, struct arena *a, const char **out, struct err *err);

/* ---- secrets ----------------------------------------------------------------------------------- */

/* The values of these secrets, each of which the user, who is one of `m`, may read; by name, each once;
 * borrowed from `m`. E_USER_DENIED, also for what does not exist. */
bool core_secrets_get(struct core *core, const struct mesh *m, const struct user *user,
                      const char *const *names, size_t num, struct arena *a, struct secret_set *out,
                      struct err *err);

/* Uploads user-defined secrets, all or none. `upload` is the JSON object name -> {Key, Cert, Private}. The
 * right is checked first, so that nobody learns names by asking: E_USER_DENIED, also for what does not exist.
 * E_SECRET_BODY (not of that form), E_SECRET_UPLOAD (does not fit the secret), E_TEMPLATE_* (a template
 * cannot use it). */
bool core_secrets_set(struct core *core, const struct user *user, const json_t *upload, int64_t now,
                      struct err *err);

/* ---- marbles ----------------------------------------------------------------------------------- */

/* May one more marble of this type be activated? Always, unless MaxActivations limits it. E_MARBLE_LIMIT. */
bool core_may_activate(struct core *core, const struct marble *m, struct err *err);

/* Counts one activation, durably when it returns, if the type is limited; exact under concurrency.
 * E_MARBLE_LIMIT if another activation took the last place meanwhile. */
bool core_count_activation(struct core *core, const struct marble *m, struct err *err);

/* The marble that the client's certificate makes it (issued by the present marble root; contract 2.4).
 * E_MARBLE_CERT. */
struct marble_peer {
    const char *type;
    struct uuid uuid;
};
bool mesh_marble_peer(const struct mesh *m, const struct slice *chain, size_t num_chain, int64_t now,
                      struct arena *a, struct marble_peer *out, struct err *err);

/* The same, and a certificate of before the last update counts too: for what a running marble asks. */
bool mesh_member_peer(const struct mesh *m, const struct slice *chain, size_t num_chain, int64_t now,
                      struct arena *a, struct marble_peer *out, struct err *err);

/* Raises the counter (type, UUID, name) to `value` if that is greater, durably; *before is what it was. */
bool core_counter(struct core *core, const struct marble_peer *who, struct slice name, uint64_t value,
                  uint64_t *before, struct err *err);

/* Verifies a quote and signs (quote ‖ TCB status) with the root key; contract 2.4, sign-quote. */
bool core_sign_quote(struct core *core, const struct mesh *m, struct slice quote, int64_t now,
                     struct arena *a, const char **tcb_status, struct slice *signature, struct err *err);

/* What is signed: base64(quote) ‖ status. */
char *sign_quote_text(struct slice quote, const char *tcb_status, struct arena *a);

/* Is this feature gate of the manifest open? ("SignQuoteEndpoint", any case) E_FEATURE_OFF. */
bool mesh_feature(const struct mesh *m, const char *gate, struct err *err);

/* ---- recovery ---------------------------------------------------------------------------------- */

/* The key that a recovery secret may be encrypted to on its way here: RSA-4096, made on first call (seconds;
 * who asks meanwhile waits for the same key), gone after the recovery. SubjectPublicKeyInfo, DER.
 * E_STATE_WRONG outside state 1. */
bool core_recovery_public_key(struct core *core, struct arena *a, struct slice *spki, struct err *err);

/* A recovery secret that came encrypted to that key (RSA-OAEP, SHA-256; contract 2.4). E_RECOVERY_DECRYPT,
 * also where there is no such key. */
bool core_recovery_decrypt(struct core *core, struct slice ciphertext, struct arena *a, struct slice *secret,
                           struct err *err);

/* One recovery secret, with the signature of its owner over it (may be empty). *remaining is 0 when the mesh
 * is recovered. Contract 5.6. E_STATE_WRONG, E_RECOVERY_SECRET, E_RECOVERY_SIGNATURE, E_STATE_CORRUPT, ... */
bool core_recover(struct core *core, struct slice secret, struct slice signature, int64_t now,
                  size_t *remaining, struct err *err);
