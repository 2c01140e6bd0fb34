/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/encode.h: entries of a manifest as MarbleRun's store keeps them, one JSON object each.
 *
 * Encoders write compact JSON with MarbleRun's member names; results live in the arena. Decoders accept what
 * any version of MarbleRun wrote, by the rules that hold for manifests, and give the struct that parsing a
 * manifest gives; references between entries (a marble's package, a user's roles) stay NULL. A text that
 * does not decode is E_STATE_CORRUPT.
 */
#pragma once
#include "manifest/manifest.h"

struct slice package_encode(const struct package *p, struct arena *a);
bool package_decode(const char *name, struct slice text, struct arena *a, struct package *out,
                    struct err *err);

struct slice infrastructure_encode(const struct infrastructure *i, struct arena *a);
bool infrastructure_decode(const char *name, struct slice text, struct arena *a, struct infrastructure *out,
                           struct err *err);

/* Files and variables in object form, data in the encoding that the manifest declared. */
struct slice marble_encode(const struct marble *m, struct arena *a);
bool marble_decode(const char *type, struct slice text, struct arena *a, struct marble *out, struct err *err);

struct slice tls_tag_encode(const struct tls_tag *t, struct arena *a);
bool tls_tag_decode(const char *name, struct slice text, struct arena *a, struct tls_tag *out,
                    struct err *err);

/* A user with what the roles amount to, which is all that the store knows. */
struct user_record {
    const char *name;
    struct slice certificate; /* DER */
    struct user_rights {
        bool granted;
        char **resources; /* sorted, each once; none for ACTION_UPDATE_MANIFEST */
        size_t num_resources;
    } rights[NUM_ACTIONS];
};
void user_record_of(const struct user *u, struct arena *a, struct user_record *out);
struct slice user_encode(const struct user_record *u, struct arena *a);
bool user_decode(struct slice text, struct arena *a, struct user_record *out, struct err *err);
