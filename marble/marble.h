/* SPDX-License-Identifier: Apache-2.0 */
/* marble.h: what a service of a mesh can ask about itself.
 *
 * A service becomes a member of a mesh ("a marble") by being linked with libmarble; it need not call
 * anything. Before main(), and before constructors of the program itself, libmarble proves to the coordinator
 * which program this is and in which TEE it runs, and gets what the manifest has for it. When main() starts,
 * files, environment variables and argv are in place, and no thread has been started. Shared libraries that
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
 *     MESH_ACTIVATE_TIMEOUT         seconds to keep trying while the coordinator cannot be reached (60)
 *     MESH_PASS_ENV                 variables that main() gets to see besides the manifest's, with commas; a '*'
 *                                   at the end stands for any rest. If the manifest sets it, that counts (none)
 *     MESH_SIM                      libmarble-sim only: none sends no evidence (tee)
 *
 * A variable without a value counts as one that is not set.
 *
 * All functions may be called from any thread, at any time, also in constructors of the program. The strings
 * they return belong to libmarble, are never changed and live as long as the process.
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

/* The version of this library: "0.1.0". */
MARBLE_API const char *marble_version(void);

/* The service's type, and its UUID (36 characters, lower case), as the coordinator knows them. NULL in a
 * process that was not activated by this library: one that loaded it later with dlopen(). */
MARBLE_API const char *marble_type(void);
MARBLE_API const char *marble_uuid(void);

/* 1: this is the library's twin for development, whose TEE is simulated and proves nothing. 0: it is not. */
MARBLE_API int marble_simulated(void);

#ifdef __cplusplus
}
#endif
#endif
