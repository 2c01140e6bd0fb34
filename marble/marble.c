/* SPDX-License-Identifier: Apache-2.0 */
/* What marble.h says of the marble itself: who it is, its secrets, and who others are. */
#include "marble/marble.h"

#include <stdio.h>

#include "attestation/collect.h"
#include "marble/identity.h"
#include "marble/peer.h"
#include "marble/premain.h"
#include "marble/renew.h"
#include "marble/why.h"

const char *marble_version(void) { return MARBLEMESH_VERSION; }
const char *marble_type(void) { return premain_type(); }
const char *marble_uuid(void) { return premain_uuid(); }
int marble_simulated(void) { return trust_domain()->simulated; }

/* ---- why ---------------------------------------------------------------------------------------- */

static _Thread_local struct err last;

struct err *why(void) { return &last; }

const char *marble_why(void)
{
    static _Thread_local char text[sizeof last.text + 64];

    (void)snprintf(text, sizeof text, "%s [%s]", last.text, reason_of(last.code)->name);
    return text;
}

/* ---- identity ----------------------------------------------------------------------------------- */

/* Outside it is an opaque name. */
static const struct identity *inside(const struct marble_identity *id) { return (const void *)id; }

_Static_assert((int)MARBLE_PART_CHAIN == IDENTITY_CHAIN && (int)MARBLE_PART_KEY == IDENTITY_KEY &&
                   (int)MARBLE_PART_ROOTS == IDENTITY_ROOT &&
                   (int)MARBLE_PART_COORDINATOR_ROOTS == IDENTITY_COORDINATOR_ROOT,
               "the parts are numbered alike");

const struct marble_identity *marble_identity_hold(void)
{
    struct identity *id = identity_hold();

    if (id == NULL)
        (void)err_set(why(), E_MARBLE_IDENTITY, "this process was not activated by libmarble before main()");
    return (const void *)id;
}

void marble_identity_release(const struct marble_identity *identity)
{
    struct identity *id = (void *)(uintptr_t)identity;

    identity_release(&id);
}

unsigned long marble_identity_number(const struct marble_identity *identity)
{
    return inside(identity)->number;
}

const char *marble_identity_pem(const struct marble_identity *identity, enum marble_part part)
{
    return inside(identity)->parts[part].pem;
}

const void *marble_identity_der(const struct marble_identity *identity, enum marble_part part,
                                unsigned long index, unsigned long *len)
{
    const struct identity *id = inside(identity);

    if (index >= id->parts[part].num)
        return NULL;
    *len = id->parts[part].der[index].len;
    return id->parts[part].der[index].ptr;
}

int marble_on_change(void (*changed)(void *arg), void *arg)
{
    if (identity_watch(changed, arg))
        return 0;
    (void)err_set(why(), E_MARBLE_IDENTITY,
                  "%d functions are called after a change already, which is the most", IDENTITY_MAX_WATCHES);
    return -1;
}

int marble_on_revoke(void (*revoked)(const char *reason, void *arg), void *arg)
{
    if (renew_on_revoke(revoked, arg))
        return 0;
    (void)err_set(why(), E_MARBLE_IDENTITY,
                  "%d functions are called after a revocation already, which is the most", RENEW_MAX_WATCHES);
    return -1;
}

/* ---- secrets ------------------------------------------------------------------------------------ */

static const struct parameter *secret_named(const struct identity *id, const char *name)
{
    for (size_t i = 0; id != NULL && i < id->num_secrets; i++)
        if (strcmp(id->secrets[i].name, name) == 0)
            return &id->secrets[i];
    return NULL;
}

long marble_secret(const char *name, void *out, unsigned long cap)
{
    struct identity *id = identity_hold();
    const struct parameter *s = secret_named(id, name);
    long len = -1;

    if (s != NULL) {
        len = (long)s->value.len;
        if (s->value.len > 0 && s->value.len <= cap)
            memcpy(out, s->value.ptr, s->value.len);
    } else {
        (void)err_set(why(), E_MARBLE_IDENTITY, "the manifest delivers no %s%.100s to this marble",
                      IDENTITY_SECRETS, name);
    }
    identity_release(&id);
    return len;
}

/* ---- peers -------------------------------------------------------------------------------------- */

int marble_peer_of(const void *cert, unsigned long len, struct marble_peer *out)
{
    return peer_read(slice_of(cert, len), out, why()) ? 0 : -1;
}
