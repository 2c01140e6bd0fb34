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

bool accept_manifest(struct slice raw, struct arena *a, struct manifest *m, struct err *err);

/* Manifests that differ in one place: each row is put where `frame` has its @, and is accepted (E_NONE) or
 * refused with this code and this text. Where a row does not say a position, any will do. */
struct row {
    const char *text;
    enum err_code code;
    const char *why;
};
void expect_rows(const struct row *rows, size_t num, const char *frame);
#define EXPECT_ROWS(rows, frame) expect_rows(rows, sizeof(rows) / sizeof(rows)[0], frame)

/* For frames: the rest of the manifest, in order. */
#define PACKAGES "'Packages':{'p':{'UniqueID':'00'}}"
#define MARBLES  PACKAGES ",'Marbles':{'m':{'Package':'p'}}"
