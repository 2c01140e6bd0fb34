/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/manifests.h: manifests for tests, in words that read well in C. */
#pragma once
#include "manifest/manifest.h"

/* JSON written with ' for ". */
struct slice quoted(struct arena *a, const char *text);

/* A person's certificate, and a public RSA key of 2048 bits, in PEM with \\n for newlines: the inside of a
 * JSON string. */
const char *person(struct arena *a);
const char *recovery_key_pem(struct arena *a, unsigned number);

/* Parsed, and checked too; the test fails if it is refused. */
struct manifest manifest_of(struct arena *a, const char *text);
