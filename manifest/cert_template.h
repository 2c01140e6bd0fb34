/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/cert_template.h: the parts of certificate templates. Private to manifest/. */
#pragma once
#include "manifest/decode.h"

/* An object identifier, as an array of numbers or in dotted decimal; a list of them. */
struct slice decode_oid(struct decoder *d, struct fields *f, const char *name);
struct slices decode_oids(struct decoder *d, struct fields *f, const char *name);

/* All members with names in them: the subject, its other names, name constraints, URLs. */
void decode_cert_names(struct decoder *d, struct fields *f, struct cert_template *t);

/* From Go's structure url.URL to text, as its method String does. */
char *decode_url(struct decoder *d, const json_t *value, const char *path, struct fields *above);

/* The template that a finished certificate (DER) is: its subject, term, usages, names and other extensions.
 */
bool template_of_cert(struct slice der, struct arena *a, struct cert_template *out, struct err *err);
