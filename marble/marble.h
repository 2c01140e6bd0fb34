/* SPDX-License-Identifier: Apache-2.0 */
/* marble.h: what a service of a mesh can ask about itself.
 *
 * A service becomes a member of a mesh ("a marble") by being linked with libmarble; it need not call
 * anything. Before main(), and before constructors of the program itself, libmarble proves to the coordinator
 * which program this is and in which TEE it runs, and gets what the manifest has for it. When main() starts,
 * files, environment variables and argv are in place, and no thread has been started but, where
 * the coordinator gives certificates that end soon, the one that renews them (docs/marble.md). Shared libraries that
 * the program needs have been initialised by then, with the environment that the program was started with.
 * If the coordinator refuses, or cannot be reached, main() never starts: one line on the standard error
 * output says why and what to do, nothing is installed, and the exit status is MARBLE_EXIT_REFUSED.
 *
 * Variables that are read:
 *
 *     EDG_MARBLE_TYPE               the service's name under Marbles in the manifest; required
 *     EDG_MARBLE_COORDINATOR_ADDR   host:port of the coordinator's marble API (localhost:2001)
 *     EDG_MARBLE_DNS_NAMES          names and IP addresses for the certificate, with commas (localhost)
 *     EDG_MARBLE_UUID_FILE          file that keeps the UUID over restarts (uuid in the working directory)
 *     EDG_CWD                       the working directory, if it is another one
 *     EDG_LOG_FORMAT                json or text (text on a terminal)
 *     MESH_COORDINATOR_POLICY       file with the policy of the coordinator, JSON: no other one is believed (none)
 *     MESH_ACTIVATION               mesh or marblerun: by mesh.v1 or by rpc.Marble alone (whichever there is)
 *     MESH_ACTIVATE_TIMEOUT         seconds to keep trying while the coordinator cannot be reached (60)
 *     MESH_RENEW_SIGNAL             sent to this process when files were renewed: HUP, USR1, USR2, TERM, INT, QUIT,
 *                                   WINCH. If the manifest sets it, that counts (none)
 *     MESH_ON_REVOKE                exit or keep: what to do when the coordinator says that this is no member any
 *                                   more. If the manifest sets it, that counts (exit)
 *     MESH_PASS_ENV                 variables that main() gets to see besides the manifest's, with commas; a '*'
 *                                   at the end stands for any rest. If the manifest sets it, that counts (none)
 *     MESH_SIM                      libmarble-sim only: none sends no evidence (tee)
 *
 * A variable without a value counts as one that is not set.
 *
 * All functions may be called from any thread, at any time, also in constructors of the program and after
 * fork(). Unless it is said otherwise, what they return belongs to libmarble, is never changed and lives as
 * long as the process. Those that return an int return 0, or -1 with the reason in marble_why(). Man page:
 * marble(3).
 *
 * OpenSSL and mbedTLS are set up by marble_openssl.h and marble_mbedtls.h, which are made of functions of
 * this header and of the library that the program has chosen; libmarble itself links neither.
 */
#ifndef MARBLE_H
#define MARBLE_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MARBLE_API __attribute__((visibility("default")))
#else
#define MARBLE_API
#endif

/* The exit status of a service that was not let in. */
#define MARBLE_EXIT_REFUSED 1

/* Environment variables in which main() finds the service's identity, all in PEM: its certificate and the
 * certificate of its issuer; its private key (PKCS#8); the root of the mesh, which other marbles'
 * certificates verify against; and the coordinator's root, which the outside knows. */
#define MARBLE_CERTIFICATE_CHAIN   "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN"
#define MARBLE_PRIVATE_KEY         "MARBLE_PREDEFINED_PRIVATE_KEY"
#define MARBLE_ROOT_CA             "MARBLE_PREDEFINED_ROOT_CA"
#define MARBLE_COORDINATOR_ROOT_CA "MARBLE_PREDEFINED_COORDINATOR_ROOT_CA"

/* A program that is linked with libmarble may define this: the policy of its coordinator, as JSON with the properties
 * of a package. It takes no other coordinator for its own then, and no variable can change that. */
MARBLE_API extern const char marble_coordinator_policy[];

/* The version of this library: "0.1.0". */
MARBLE_API const char *marble_version(void);

/* The service's type, and its UUID (36 characters, lower case), as the coordinator knows them. NULL in a
 * process that was not activated by this library: one that loaded it later with dlopen(). */
MARBLE_API const char *marble_type(void);
MARBLE_API const char *marble_uuid(void);

/* 1: this is the library's twin for development, whose TEE is simulated and proves nothing. 0: it is not. */
MARBLE_API int marble_simulated(void);

/* Why the last function that failed in this thread did: a sentence, with a reason code in brackets at its end
 * (docs/errors.md). Good until the next failure in this thread. */
MARBLE_API const char *marble_why(void);

/* ---- identity: marble_identity(3)
 * -------------------------------------------------------------------------- */

/* Certificates and key at one moment: they belong together, while the environment keeps what was there at the
 * start. The caller gives it back with marble_identity_release(); until then it stays as it is, even if it
 * has been renewed meanwhile. NULL in a process that was not activated. */
struct marble_identity;
MARBLE_API const struct marble_identity *marble_identity_hold(void);
MARBLE_API void marble_identity_release(const struct marble_identity *identity); /* accepts NULL */

/* 1 for the identity that main() started with, one more with each renewal: who has made something of an
 * identity sees by it whether to make it anew. */
MARBLE_API unsigned long marble_identity_number(const struct marble_identity *identity);

enum marble_part {
    MARBLE_PART_CHAIN, /* our certificate and the certificates of its issuers */
    MARBLE_PART_KEY,   /* our private key, PKCS#8 */
    MARBLE_PART_ROOTS, /* the roots of the mesh, which other marbles' certificates verify against */
    MARBLE_PART_COORDINATOR_ROOTS /* the coordinator's, which the outside knows */
};

/* A part as PEM text; and its index-th element in DER, NULL after the last. Both belong to the identity. */
MARBLE_API const char *marble_identity_pem(const struct marble_identity *identity, enum marble_part part);
MARBLE_API const void *marble_identity_der(const struct marble_identity *identity, enum marble_part part,
                                           unsigned long index, unsigned long *len);

/* To be called after each renewal, and after each change of a secret, by a thread of libmarble's, which has
 * to come back soon; it may call everything here. It is never taken back. -1: there are sixteen already. */
MARBLE_API int marble_on_change(void (*changed)(void *arg), void *arg);

/* Likewise when the coordinator says that this service is no member of the mesh any more; `reason` is its sentence, good
 * until the function comes back. What follows says MESH_ON_REVOKE. */
MARBLE_API int marble_on_revoke(void (*revoked)(const char *reason, void *arg), void *arg);

/* ---- secrets: marble_secret(3)
 * ----------------------------------------------------------------------------- */

/* What the manifest delivers to this marble under Files as "/marble/secrets/NAME" is kept in memory, touches
 * no disk, and is asked for by NAME:
 *
 *     "Files": { "/marble/secrets/database": "{{ raw .Secrets.database }}" }
 *
 * Copies it to `out` if it fits into `cap` bytes, and returns how long it is, in any case. -1: there is none
 * of this name. The copy is the caller's, who wipes it. (Under marble-run there is no libmarble in the
 * program to ask: there it is a file.) */
MARBLE_API long marble_secret(const char *name, void *out, unsigned long cap);

/* ---- peers: marble_tls(3)
 * ---------------------------------------------------------------------------------- */

/* Who has a certificate of the mesh: its type, as in the manifest, and its UUID. */
struct marble_peer {
    char type[256];
    char uuid[37];
};

/* Reads a marble's certificate, DER, which TLS has verified under the roots of the mesh: nothing is verified
 * here. -1: it is none of a marble. */
MARBLE_API int marble_peer_of(const void *cert, unsigned long len, struct marble_peer *out);

/* TLS (1.3, or 1.2) with another marble, for programs without a TLS library, over a connected stream socket
 * (which stays the caller's, and blocks or has its timeouts). Both sides show their certificates; the peer's
 * has to verify under the roots of the mesh, now, and be that of a marble of this `type`, if it is not NULL:
 * so it is attested, because the mesh certifies nobody else. Each connection takes the identity as it is when
 * it begins.
 *
 * The caller frees with marble_tls_close(). One connection is for one thread at a time. */
struct marble_tls;
MARBLE_API int marble_tls_client(int socket, const char *type, struct marble_tls **out);
MARBLE_API int marble_tls_server(int socket, const char *type, struct marble_tls **out);
MARBLE_API const struct marble_peer *
marble_tls_peer(const struct marble_tls *tls); /* lives as long as `tls` */

/* Reads what there is, at least one byte; 0: the peer has closed in good order. Writes all of it. -1: see
 * marble_why(); the connection is of no use then. */
MARBLE_API long marble_tls_read(struct marble_tls *tls, void *to, unsigned long cap);
MARBLE_API int marble_tls_write(struct marble_tls *tls, const void *from, unsigned long len);
MARBLE_API void marble_tls_close(struct marble_tls *tls); /* accepts NULL */

#ifdef __cplusplus
}
#endif
#endif
