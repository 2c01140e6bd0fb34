/* SPDX-License-Identifier: Apache-2.0 */
/* pki/pem.h: RFC 7468 textual encoding. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* "-----BEGIN LABEL-----", 64 columns, a final newline. */
void pem_put(struct buf *b, const char *label, struct slice der);
char *pem_text(struct arena *a, const char *label, struct slice der);

struct pem_block {
    struct slice label, der;
    struct slice before; /* text between the last block and this one: the strict caller looks at it */
};

/* Takes the next block from *rest. true with block->der.ptr == NULL: there is none, *rest is what
 * remains. false: a block is malformed (E_CERT_FORMAT). */
bool pem_next(struct slice *rest, struct arena *a, struct pem_block *block, struct err *err);
