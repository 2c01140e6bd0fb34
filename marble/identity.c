/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/identity.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "marble/apply.h"
#include "marble/marble.h"
#include "pki/pem.h"

static const char *const variables[NUM_IDENTITY_PARTS] = {
    [IDENTITY_CHAIN] = MARBLE_CERTIFICATE_CHAIN,
    [IDENTITY_KEY] = MARBLE_PRIVATE_KEY,
    [IDENTITY_ROOT] = MARBLE_ROOT_CA,
    [IDENTITY_COORDINATOR_ROOT] = MARBLE_COORDINATOR_ROOT_CA,
};

/* ---- made --------------------------------------------------------------------------------------- */

static bool take_pem(struct identity *id, enum identity_part part, const struct parameter *v, struct err *err)
{
    const char *const label = part == IDENTITY_KEY ? "PRIVATE KEY" : "CERTIFICATE";
    struct slice rest = v->value, *der = arena_array(&id->arena, LIMIT_CHAIN, sizeof *der);
    struct pem_block block;
    size_t num = 0;

    for (;;) {
        if (!pem_next(&rest, &id->arena, &block, err))
            return false;
        if (block.der.ptr == NULL)
            break;
        if (!slice_equal(block.label, slice_str(label)) || num == LIMIT_CHAIN)
            return err_set(err, E_MARBLE_IDENTITY, "expected PEM blocks \"%s\", at most %d", label,
                           LIMIT_CHAIN);
        der[num++] = block.der;
    }
    if (num == 0 || (part == IDENTITY_KEY && num > 1))
        return err_set(err, E_MARBLE_IDENTITY, "expected a PEM block \"%s\", found %zu", label, num);
    id->parts[part].pem = arena_strndup(&id->arena, v->value);
    id->parts[part].der = der;
    id->parts[part].num = num;
    return true;
}

static bool take_parts(struct identity *id, const struct parameters *p, struct err *err)
{
    for (unsigned i = 0; i < NUM_IDENTITY_PARTS; i++) {
        const struct parameter *v = apply_variable(p, variables[i]);

        if (v == NULL)
            return err_set(err, E_MARBLE_IDENTITY, "the coordinator's answer holds no %s", variables[i]);
        if (!take_pem(id, i, v, err)) {
            (void)err_as(err, E_MARBLE_IDENTITY);
            return err_in(err, "the coordinator's %s", variables[i]);
        }
    }
    return true;
}

static bool parse_roots(struct identity *id, struct err *err)
{
    const size_t num = id->parts[IDENTITY_ROOT].num;

    id->roots = arena_array(&id->arena, num, sizeof *id->roots);
    for (id->num_roots = 0; id->num_roots < num; id->num_roots++)
        if (!cert_parse(id->parts[IDENTITY_ROOT].der[id->num_roots], &id->arena, &id->roots[id->num_roots],
                        err))
            return false;
    return true;
}

/* Certificate and key belong together: what one signs the other verifies. */
static bool check_key(const struct identity *id, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(key_wipe) struct key key = {0};
    struct cert leaf;

    return cert_parse(id->parts[IDENTITY_CHAIN].der[0], &a, &leaf, err) &&
           key_from_pkcs8(id->parts[IDENTITY_KEY].der[0], &key, err) &&
           (slice_equal(key_spki(&key, &a), leaf.spki) ||
            err_set(err, E_MARBLE_IDENTITY, "the key is not that of the certificate"));
}

static bool use_parts(struct identity *id, struct err *err)
{
    if (parse_roots(id, err) && check_key(id, err) &&
        tls_identity_new(id->parts[IDENTITY_CHAIN].der, id->parts[IDENTITY_CHAIN].num,
                         id->parts[IDENTITY_KEY].der[0], &id->tls, err))
        return true;
    (void)err_as(err, E_MARBLE_IDENTITY);
    return err_in(err, "the identity in the coordinator's answer");
}

static void take_secrets(struct identity *id, struct parameters *p)
{
    const size_t prefix = strlen(IDENTITY_SECRETS);
    size_t left = 0;

    id->secrets = arena_array(&id->arena, p->num_files, sizeof *id->secrets);
    for (size_t i = 0; i < p->num_files; i++) {
        const struct parameter *f = &p->files[i];

        if (text_starts_with(slice_str(f->name), IDENTITY_SECRETS))
            id->secrets[id->num_secrets++] = (struct parameter){arena_strdup(&id->arena, f->name + prefix),
                                                                arena_copy(&id->arena, f->value)};
        else
            p->files[left++] = *f;
    }
    p->num_files = left;
}

bool identity_new(struct parameters *p, bool keep_secrets, struct identity **out, struct err *err)
{
    struct identity *id = calloc(1, sizeof *id);

    if (id == NULL)
        abort();
    id->holds = 1;
    if (!take_parts(id, p, err) || !use_parts(id, err)) {
        identity_release(&id);
        return false;
    }
    if (keep_secrets)
        take_secrets(id, p);
    *out = id;
    return true;
}

/* ---- published ---------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct identity *published;
static struct watch {
    void (*changed)(void *arg);
    void *arg;
} watches[IDENTITY_MAX_WATCHES];
static size_t num_watches;

struct identity *identity_hold(void)
{
    struct identity *id;

    (void)pthread_mutex_lock(&lock);
    id = published;
    if (id != NULL)
        id->holds++;
    (void)pthread_mutex_unlock(&lock);
    return id;
}

void identity_release(struct identity **id)
{
    struct identity *mine = *id;
    bool last;

    *id = NULL;
    if (mine == NULL)
        return;
    (void)pthread_mutex_lock(&lock);
    last = --mine->holds == 0;
    (void)pthread_mutex_unlock(&lock);
    if (!last)
        return;
    tls_identity_release(&mine->tls);
    arena_wipe(&mine->arena);
    free(mine);
}

bool identity_watch(void (*changed)(void *arg), void *arg)
{
    bool has_room;

    (void)pthread_mutex_lock(&lock);
    has_room = num_watches < IDENTITY_MAX_WATCHES;
    if (has_room)
        watches[num_watches++] = (struct watch){changed, arg};
    (void)pthread_mutex_unlock(&lock);
    return has_room;
}

/* A child made by fork() while another thread holds the lock would never get it. */
static void take_lock(void) { (void)pthread_mutex_lock(&lock); }
static void give_lock(void) { (void)pthread_mutex_unlock(&lock); }
static void survive_fork(void) { (void)pthread_atfork(take_lock, give_lock, give_lock); }

/* Those that are called may ask for anything, so none is called under the lock. */
void identity_publish(struct identity **id)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct watch now[IDENTITY_MAX_WATCHES];
    struct identity *before;
    size_t num;

    (void)pthread_once(&once, survive_fork);
    (void)pthread_mutex_lock(&lock);
    before = published;
    (*id)->number = before != NULL ? before->number + 1 : 1;
    published = *id;
    *id = NULL;
    num = before != NULL ? num_watches : 0;
    memcpy(now, watches, sizeof now);
    (void)pthread_mutex_unlock(&lock);
    identity_release(&before);
    for (size_t i = 0; i < num; i++)
        now[i].changed(now[i].arg);
}
