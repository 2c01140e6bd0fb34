/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/secrets.h: the values of the secrets that a manifest declares.
 *
 * Kept are the values of what is shared (symmetric keys random, certificates issued by the marble root) and
 * of what users upload. Private symmetric keys are derived from the mesh's root secret (HKDF-SHA256: salt =
 * UUID text ‖ name, info = marble type), so that a marble gets the same value again; private certificates are
 * made at each activation. Of every secret there is a previous value too: what it was before the last update.
 *
 * Pure functions from values to values. Results live in the caller's arena, copied, and are wiped with it.
 */
#pragma once
#include "base/json.h"
#include "coordinator/ca.h"
#include "manifest/manifest.h"

enum { ROOT_SECRET_LEN = 32 }; /* what we make; that of an old MarbleRun state may have 48 */

/* What a mesh keeps. Both sets hold every shared and every user-defined secret of the manifest, sorted by
 * name; `spec` points into that manifest. A value without any bytes is not set yet. */
struct kept_secrets {
    struct secret_set now, previous;
    struct slice root_secret, previous_root_secret;
};

/* ---- how they change ------------------------------------------------------------------------------ */

/* Under the first manifest: shared ones made, user-defined ones as the manifest gives them, previous = now.
 * E_SECRET_VALUE with the secret's name; E_STATE_SIZE if all symmetric keys, shared or private, would take
 * more than 16 MiB. Also tries each kind of private secret once, so that no activation fails by a
 * declaration. */
bool secrets_begin(const struct manifest *m, struct slice root_secret, const struct authority *ca,
                   int64_t now, struct arena *a, struct kept_secrets *out, struct err *err);

/* A full update (contract 1.15): `m` comes after `old_m`, whose values `old` are. `ca` is the rotated
 * authority. Kept: user-defined ones, and symmetric keys unless m->rotate_root_secret. Made anew: these then,
 * all certificates, and what has another definition; of the last, previous = the new value, of the others
 * what they were. */
bool secrets_update(const struct manifest *old_m, const struct kept_secrets *old, const struct manifest *m,
                    const struct authority *ca, int64_t now, struct arena *a, struct kept_secrets *out,
                    struct err *err);

/* A package update: shared certificates are made anew from the manifest's templates, with a new term;
 * previous values stay. */
bool secrets_reissue(const struct manifest *m, const struct kept_secrets *old, const struct authority *ca,
                     int64_t now, struct arena *a, struct kept_secrets *out, struct err *err);

/* The same with these values (by name, user-defined) in place of theirs; previous values stay. */
void secrets_replace(const struct kept_secrets *old, const struct secret_set *uploaded, struct arena *a,
                     struct kept_secrets *out);

/* ---- what a marble gets --------------------------------------------------------------------------- */

struct secrets_for {
    const struct manifest *manifest;
    const struct kept_secrets *kept;
    const struct authority *ca;
    struct uuid uuid;
    const struct marble *marble;
    const struct secret_names
        *used; /* what the marble's templates name; NULL: all. Those of its TLS tags are added */
};
struct marble_secrets {
    struct secret_set now, previous; /* .Secrets and .Previous.Secrets */
};

/* The values of what is used, private ones made now: each key pair once, so that of a private certificate the
 * previous value is the present one. */
bool secrets_of_marble(const struct secrets_for *who, int64_t now, struct arena *a,
                       struct marble_secrets *out, struct err *err);

/* Will secrets_of_marble() make RSA keys? Such activations belong on the slow lane. */
bool secrets_are_slow(const struct manifest *m, const struct marble *marble, const struct secret_names *used);

/* ---- uploads --------------------------------------------------------------------------------------- */

/* What a user sends for one secret: {"Key", "Cert", "Private"}, names in any case, null = not there. */
struct secret_upload {
    bool has_key, has_private;
    struct slice key, cert, private_key; /* cert: DER; empty: none */
};

/* E_SECRET_BODY: not of this form, Cert not an X.509 certificate, ... */
bool secret_upload_decode(const json_t *value, const char *path, struct arena *a, struct secret_upload *out,
                          struct err *err);

/* Is it a value for this secret? E_SECRET_UPLOAD; the text for a key of another length holds "declared size
 * and actual size don't match". *out borrows from the upload and the spec. */
bool secret_upload_value(const struct secret_spec *spec, const struct secret_upload *upload, struct arena *a,
                         struct secret_value *out, struct err *err);

/* ---- as JSON --------------------------------------------------------------------------------------- */

/* The object with MarbleRun's members, in its order: Type, Size, Shared, UserDefined, Cert, ValidFor,
 * Private, Public. So the store keeps it ("secret:NAME", "previousSecret:NAME") and GET /secrets answers. */
void secret_value_put(struct buf *b, const struct secret_value *v);
struct slice secret_value_encode(const struct secret_value *v, struct arena *a);

/* And back, for a secret that is declared so. E_STATE_CORRUPT. */
bool secret_value_decode(struct slice text, const struct secret_spec *spec, struct arena *a,
                         struct secret_value *out, struct err *err);
