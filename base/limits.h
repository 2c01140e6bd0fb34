/* SPDX-License-Identifier: Apache-2.0 */
/* base/limits.h: every maximum in the program, each with its reason.
 *
 * A foreign size is compared with one of these before it is allocated.
 */
#pragma once

enum {
    KIB = 1024,
    MIB = 1024 * KIB,

    /* HTTP: what a client may make a server hold (RFC 9110 names no limits; these are ours). */
    LIMIT_HTTP_LINE = 8 * KIB,     /* request line; a nonce and a list of secret names fit with ease */
    LIMIT_HTTP_HEADERS = 16 * KIB, /* all header fields together */
    LIMIT_HTTP_NUM_HEADERS = 64,
    LIMIT_HTTP_BODY =
        16 * MIB,            /* a manifest of 10,000 marbles and as many secrets, in base64, is about 8 MiB */
    LIMIT_HTTP_STREAMS = 64, /* concurrent HTTP/2 requests of one connection */
    LIMIT_HTTP_BODIES = 256 * MIB, /* of all requests under way together; more are refused with 503 */
    LIMIT_GRPC_MESSAGE = 4 * MIB,  /* grpc-go's default, both ways */

    LIMIT_CONNECTIONS = 4096,         /* about 40 KiB of heap each while TLS is up */
    LIMIT_CONNECTIONS_PER_PEER = 512, /* one address cannot take them all */
    LIMIT_JOBS = 1024,                /* requests waiting for a worker; more are refused with 503 */

    /* Patience, in milliseconds. */
    PATIENCE_HANDSHAKE_MS = 10 * 1000,
    PATIENCE_REQUEST_MS = 30 * 1000, /* from the first byte of a request to its last */
    PATIENCE_IDLE_MS = 120 * 1000,   /* a kept connection without a request */
    PATIENCE_WRITE_MS = 30 * 1000,   /* a client that does not take its answer */
    PATIENCE_LINGER_MS = 10 * 1000,  /* a client that goes on sending what was refused already... */
    PATIENCE_QUIET_MS = 1000,        /* ...and one that does not: it is to read why before it is cut off */
    PATIENCE_DRAIN_MS = 10 * 1000,   /* a graceful stop waits this long for requests under way */

    /* Evidence and collateral: several times what occurs (docs: attestation, formats). */
    LIMIT_EVIDENCE = 64 * KIB, /* genuine quotes have about 5 KiB, padded ones 8 */
    LIMIT_EVIDENCE_PARTS = 1 * MIB, /* all that an attester sends along; an ACI policy can have some 100 KiB */
    LIMIT_CERTIFICATE = 64 * KIB, /* one with two quotes and endorsements in it has about 50 */
    LIMIT_CHAIN = 10, /* certificates of one chain */
    LIMIT_CRL = 1 * MIB,
    LIMIT_COLLATERAL_JSON = 256 * KIB,
    LIMIT_COLLATERAL_CHAIN = 64 * KIB, /* PEM text of two or three certificates: 4 KiB */
    LIMIT_TCB_LEVELS = 256,            /* about 20 today */
    LIMIT_TDX_MODULES = 64,            /* versions of the TDX module; 3 today */
    LIMIT_ADVISORIES = 256,            /* of one level; about 20 today */
    LIMIT_CERTIFICATE_CLAIMS = 32,     /* in evidence that a certificate carries */
    LIMIT_CBOR_DEPTH = 8,
    LIMIT_ACCEPTED_VALUES = 256,       /* that a policy lists for one measured value */
    LIMIT_COSE_HEADERS = 32, /* 7 in endorsements of Azure's utility VMs */
    LIMIT_BUNDLE = 4 * MIB, /* both CRLs at their limit in base64, and the rest */

    LIMIT_ENCLAVE_FILE = 256 * MIB, /* a signed enclave: a Go program with its runtime has 50 to 100 */

    /* Manifests. */
    LIMIT_MANIFEST = 12 * MIB, /* base64 of it fits LIMIT_HTTP_BODY */
    LIMIT_JSON_DEPTH = 64,
    LIMIT_JSON_VALUES = 500 * 1000, /* a manifest of 10,000 marbles and as many secrets has half as many */
    LIMIT_MANIFEST_WARNINGS = 200,
    LIMIT_TEMPLATE_OUTPUT = 4 * MIB, /* a file or variable, expanded */
    LIMIT_TEMPLATE_STEPS = 1000 * 1000, /* pieces and turns of one template; dozens are usual */
    LIMIT_DRY_RUN_STEPS = 20 * 1000 * 1000, /* of all templates of a manifest: a second or two */
    LIMIT_DERIVED_KEY = 8160,        /* bytes: what HKDF-SHA256 gives (RFC 5869 2.3) */
    LIMIT_SHARED_KEY = 64 * KIB,     /* bytes; ours: thousands of such keys fit the state */
    LIMIT_VALIDITY_DAYS = 1000000,   /* keeps dates in certificates below the year 9999 */

    LIMIT_METRIC_MARBLES = 1000, /* marbles with a label of their own; a type adds one more for all others */

    LIMIT_STATE = 64 * MIB,           /* all entries of the state, encoded */
    LIMIT_STATE_FILE = 192 * MIB,     /* its file: a snapshot, as much again of changes, and room */
    LIMIT_JOURNAL = 1 * MIB,          /* changes behind a snapshot; more, if the snapshot is larger */
    LIMIT_RECOVERY_DATA = 1 * MIB,    /* of 10,000 recovery keys: 0.7 */
    LIMIT_SEALED_KEY = 4 * KIB,       /* ours has 89 bytes, MarbleRun's about 1100 */
    LIMIT_FILE = 64 * MIB,
};
