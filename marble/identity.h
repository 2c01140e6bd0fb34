/* SPDX-License-Identifier: Apache-2.0 */
/* marble/identity.h: what the mesh gave this process to be and to know, as one value.
 *
 * A value never changes: a renewal makes the next one and publishes it in place of the last. Who holds one
 * may read it for as long as he likes; the last to let go wipes it. Any thread may do all of this.
 */
#pragma once
#include "base/arena.h"
#include "manifest/activation.h"
#include "net/tls.h"
#include "pki/cert.h"

/* A file that the manifest delivers below this folder is a secret with a name (the rest of the path), and
 * stays in memory. */
#define IDENTITY_SECRETS "/marble/secrets/"

enum identity_part {
    IDENTITY_CHAIN,
    IDENTITY_KEY,
    IDENTITY_ROOT,
    IDENTITY_COORDINATOR_ROOT,
    NUM_IDENTITY_PARTS
};

struct identity {
    unsigned holds; /* identity.c's */
    struct arena arena;
    unsigned long number; /* 1 from the activation, one more with each renewal; set when it is published */
    struct {
        const char *pem;
        struct slice *der; /* of the key, PKCS#8; of a chain, leaf first */
        size_t num;
    } parts[NUM_IDENTITY_PARTS];
    struct cert *roots; /* IDENTITY_ROOT, parsed */
    size_t num_roots;
    struct tls_identity *tls; /* chain and key, for handshakes */
    struct parameter *secrets;
    size_t num_secrets;
};

/* From the four variables of the identity in what the coordinator delivered (marble.h). Takes the named
 * secrets out of p->files, if `keep_secrets`: a program that is started with exec gets them as files, like
 * all others. Held once; E_MARBLE_IDENTITY: a variable is not there, or does not hold what it should, or the
 * key is not the certificate's. */
bool identity_new(struct parameters *p, bool keep_secrets, struct identity **out, struct err *err);

/* Makes it the process's own: what identity_hold() gives from now on. Takes the caller's hold over, and
 * leaves NULL. Then calls what identity_watch() has registered, on this thread; not the first time, when
 * nothing has changed. */
void identity_publish(struct identity **id);

struct identity *identity_hold(void);        /* NULL: nothing was published */
void identity_release(struct identity **id); /* accepts NULL inside */

/* To be called after each change. false: there are IDENTITY_MAX_WATCHES already. */
enum { IDENTITY_MAX_WATCHES = 16 };
bool identity_watch(void (*changed)(void *arg), void *arg);
