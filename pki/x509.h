/* SPDX-License-Identifier: Apache-2.0 */
/* pki/x509.h: what reading and writing of certificates, requests and revocation lists share. For the files of
 * pki/ only. RFC 5280.
 */
#pragma once
#include "base/buf.h"
#include "pki/cert.h"

/* SIGNED { tbs }: the to-be-signed part whole, the algorithm, the signature; `der` to its last byte. The
 * signature itself is for the caller to verify. `what` names the thing in messages. */
struct signed_parts {
    struct slice tbs, alg_element, signature;
    enum signature_alg alg;
};
bool signed_read(struct slice der, const char *what, struct signed_parts *out, enum err_code code,
                 struct err *err);

/* Signs `tbs`, which names the same algorithm, and wraps the two. */
bool signed_make(struct slice tbs, const struct key *k, enum signature_alg alg, struct arena *a,
                 struct slice *der, struct err *err);

/* What a key signs certificates and lists with: RSA-PSS with SHA-384 if asked for and the key is RSA. */
enum signature_alg issuing_alg(const struct key *k, bool rsa_pss);

/* A Name: a SEQUENCE of SETs of one or more type-and-value pairs, possibly none. Poisons c if it is not one.
 */
struct slice name_read(struct cursor *c);
struct slice name_common_name(struct slice name); /* the last one's value; empty if none */

/* One Extension, and SEQUENCE OF Extension where none is doubled; `c` is poisoned if not. */
struct extension extension_read(struct cursor *c);
struct extension *extensions_read(struct cursor *c, struct arena *a, size_t *num);
const struct extension *extension_find(const struct extension *e, size_t num, struct slice oid); /* or NULL */

/* Closes an extension that extension_begin() opened; between the two its value is written. */
struct extension_marks {
    size_t whole, value;
};
struct extension_marks extension_begin(struct buf *b, struct slice oid, bool critical);
void extension_end(struct buf *b, struct extension_marks m);

/* GeneralNames (RFC 5280 4.2.1.6). Kinds of names that struct san does not hold are passed over on reading.
 * In writing, as Go does: DNS names, mail addresses, IP addresses, URIs, each in the order given. */
bool san_read(struct slice value, struct arena *a, struct san *out, enum err_code code, struct err *err);
void san_put(struct buf *b, const struct san *san);
static inline bool san_is_empty(const struct san *s)
{
    return s->num_dns + s->num_emails + s->num_ips + s->num_uris == 0;
}

/* RFC 7093 section 2, method 1: the leftmost 160 bits of SHA-256 over the public key's bits. */
enum { KEY_ID_LEN = 20 };
bool key_id_of(struct slice spki, uint8_t out[KEY_ID_LEN], struct err *err);

/* The extension that names the issuer's key: its subject key id if it has one, else computed. */
bool authority_key_id_put(struct buf *b, const struct cert *issuer, struct err *err);
