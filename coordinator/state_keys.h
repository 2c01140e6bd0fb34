/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/state_keys.h: the keys of the state: MarbleRun's, so that a state of its can be imported.
 *
 * Single entries, then kinds, whose keys are KIND:NAME. What the values are stands beside them; JSON has
 * MarbleRun's member names.
 */
#pragma once

#define KEY_STATE                "state"                                   /* "3" */
#define KEY_MANIFEST             "manifest"                                /* as uploaded */
#define KEY_MANIFEST_SIGNATURE   "manifestSignature"                       /* DER, ECDSA with SHA-256 */
#define KEY_ROOT_CERT            "certificate:coordinatorRootCert"         /* DER */
#define KEY_INTERMEDIATE_CERT    "certificate:coordinatorIntermediateCert" /* DER */
#define KEY_MARBLE_ROOT_CERT     "certificate:marbleRootCert"              /* DER */
#define KEY_PREVIOUS_MARBLE_ROOT "certificate:previousMarbleRootCert"      /* DER, ours; absent: none */
#define KEY_REVISION             "revision"                                /* decimal, ours; absent: 0 */
#define KEY_ROOT_KEY             "privateKey:coordinatorRootKey"           /* DER, SEC1 */
#define KEY_INTERMEDIATE_KEY     "privateKey:coordinatorIntermediateKey"   /* DER, SEC1 */
#define KEY_ROOT_SECRET          "rootSecret"                              /* bytes */
#define KEY_PREVIOUS_ROOT_SECRET "previousRootSecret"                      /* bytes */
#define KEY_UPDATE_LOG           "updateLog"                               /* lines of JSON */
#define KEY_PENDING_UPDATE       "pendingUpdate"                           /* JSON */

#define KIND_INFRASTRUCTURE    "infrastructure"   /* JSON, of the manifest */
#define KIND_PACKAGE           "package"          /* JSON, with the security version in force */
#define KIND_MARBLE            "marble"           /* JSON, of the manifest */
#define KIND_TLS               "TLS"              /* JSON, of the manifest */
#define KIND_USER              "user"             /* JSON, certificate and rights */
#define KIND_SECRET            "secret"           /* JSON, of kept ones */
#define KIND_PREVIOUS_SECRET   "previousSecret"   /* the same */
#define KIND_ACTIVATIONS       "activations"      /* hexadecimal text; absent: 0 */
#define KIND_MONOTONIC_COUNTER "monotonicCounter" /* u64, little endian */
