/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ways in. Who finds all he needs in the published view (base/current.h) takes no lock: views never change, and the
 * items in them are counted. Who does not (something is missing, not valid any more, or due) takes the mutex and
 * the slots, fetches or waits, and publishes the next view.
 */
#include "attestation/collateral_cache.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "attestation/collateral_view.h"
#include "base/clock.h"
#include "base/current.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"

enum { DEFAULT_MAX_ITEMS = 1024, DAY = 24 * 60 * 60, FIRST_PAUSE_S = 1, LONGEST_PAUSE_S = 300 };

/* One item and how it fares. Guarded by the cache's mutex. */
struct slot {
    struct slot *next;
    struct kept *kept;
    bool is_fetching;       /* one thread is at it */
    unsigned num_waiting;   /* threads that hold on to the slot */
    int64_t pause_until_ms; /* of clock_ticks_ms(): the source is left alone */
    unsigned pause_s;       /* the last pause, doubled each time */
    struct err trouble;     /* why the last fetch failed */
};

struct collateral_cache {
    struct collateral_cache_options o;
    struct current view;
    _Atomic uint64_t hits, uses;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* a fetch ended */
    struct slot *slots;
    size_t num_refreshes; /* threads under way */
    struct collateral_cache_counts counts;
    bool is_closing;
};

static void unlock(pthread_mutex_t **m) { (void)pthread_mutex_unlock(*m); }

static pthread_mutex_t *locked(pthread_mutex_t *m)
{
    (void)pthread_mutex_lock(m);
    return m;
}

/* ---- slots ------------------------------------------------------------------------------------- */

/* After anything that readers without a lock may want to know. */
static void publish(struct collateral_cache *c)
{
    struct view *v = view_new(c->counts.items), *before;

    for (struct slot *s = c->slots; s != NULL; s = s->next)
        view_add(v, s->kept);
    view_sort(v);
    before = current_set(&c->view, v);
    view_release(&before);
}

static void slot_free(struct slot *s)
{
    kept_release(s->kept);
    free(s);
}

/* What is not there goes first, so that asking for what nobody has drives nothing out. */
static bool goes_before(const struct slot *s, const struct slot *other)
{
    return s->kept->is_there != other->kept->is_there ? !s->kept->is_there : s->kept->used < other->kept->used;
}

/* Makes room: the item longest unused goes, unless somebody is fetching it. */
static void drop_oldest(struct collateral_cache *c)
{
    struct slot **oldest = NULL;

    for (struct slot **s = &c->slots; *s != NULL; s = &(*s)->next)
        if (!(*s)->is_fetching && (*s)->num_waiting == 0 && (oldest == NULL || goes_before(*s, *oldest)))
            oldest = s;
    if (oldest != NULL) {
        struct slot *gone = *oldest;

        *oldest = gone->next;
        slot_free(gone);
        c->counts.items--;
    }
}

static struct slot *slot_of(struct collateral_cache *c, const char *name)
{
    const struct collateral_item nothing = {.name = name};
    struct slot *s = c->slots;

    while (s != NULL && strcmp(s->kept->item.name, name) != 0)
        s = s->next;
    if (s == NULL) {
        if (c->counts.items >= (c->o.max_items != 0 ? c->o.max_items : DEFAULT_MAX_ITEMS))
            drop_oldest(c);
        s = calloc(1, sizeof *s);
        if (s == NULL)
            abort();
        s->kept = kept_new(&nothing, false, 0);
        s->next = c->slots;
        c->slots = s;
        c->counts.items++;
    }
    s->kept->used = ++c->uses;
    return s;
}

static void tell_readers(struct slot *s)
{
    s->kept->is_fetching = s->is_fetching;
    s->kept->pause_until_ms = s->pause_until_ms;
}

static void slot_put(struct slot *s, const struct collateral_item *item)
{
    struct kept *before = s->kept;

    s->kept = kept_new(item, true, before->used);
    kept_release(before);
    s->pause_s = 0;
    s->pause_until_ms = 0;
    s->trouble = (struct err){0};
    tell_readers(s);
}

/* ---- the folder --------------------------------------------------------------------------------- */

/* Names hold no dots and no signs but '/', '-' and '@': '/' becomes '_'. */
static char *file_of(const struct collateral_cache *c, const char *name, struct arena *a)
{
    char *path = arena_printf(a, "%s/%s.json", c->o.folder, name);

    for (char *p = path + strlen(c->o.folder) + 1; *p != '\0'; p++)
        if (*p == '/')
            *p = '_';
    return path;
}

/* The cache works without its folder: what cannot be written is fetched again after the next start. */
static void keep(const struct collateral_cache *c, const struct collateral_item *item)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct collateral_item copy = *item;
    const struct collateral_items one = {&copy, 1};
    struct err ignored;

    if (c->o.folder != NULL)
        (void)file_replace(file_of(c, item->name, &scratch), slice_str(bundle_text(&one, &scratch)), 0600, &ignored);
}

static void close_listing(DIR **d)
{
    if (*d != NULL)
        (void)closedir(*d);
}

static void load_file(struct collateral_cache *c, const char *path, int64_t now)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct collateral_items items;
    struct slice text;
    struct err ignored;

    (void)(file_read(path, LIMIT_BUNDLE, &scratch, &text, &ignored) &&
           bundle_parse(text, &scratch, &items, &ignored) && collateral_cache_import(c, &items, now, &ignored));
}

static bool load_folder(struct collateral_cache *c, struct err *err)
{
    scoped(close_listing) DIR *listing = NULL;
    scoped(arena_wipe) struct arena scratch = {0};
    const struct dirent *e;

    if (!file_make_folders(c->o.folder, 0700, err))
        return err_in(err, "folder of the collateral cache");
    listing = opendir(c->o.folder);
    while (listing != NULL && (e = readdir(listing)) != NULL) {
        const size_t len = strlen(e->d_name);

        if (len > 5 && strcmp(e->d_name + len - 5, ".json") == 0)
            load_file(c, arena_printf(&scratch, "%s/%s", c->o.folder, e->d_name), clock_now());
    }
    return true;
}

bool collateral_cache_open(const struct collateral_cache_options *o, struct collateral_cache **out, struct err *err)
{
    scoped(collateral_cache_close) struct collateral_cache *c = calloc(1, sizeof *c);
    const char *folder = o->folder;

    if (c == NULL)
        abort();
    c->o = *o;
    if (pthread_mutex_init(&c->mutex, NULL) != 0 || pthread_cond_init(&c->changed, NULL) != 0)
        abort();
    c->o.folder = NULL; /* what is read from it need not be written to it */
    if (folder != NULL && (c->o.folder = folder, !load_folder(c, err)))
        return false;
    *out = c;
    c = NULL;
    return true;
}

void collateral_cache_close(struct collateral_cache **cache)
{
    struct collateral_cache *c = *cache;
    struct view *last;

    if (c == NULL)
        return;
    (void)pthread_mutex_lock(&c->mutex);
    c->is_closing = true;
    while (c->num_refreshes > 0)
        (void)pthread_cond_wait(&c->changed, &c->mutex);
    (void)pthread_mutex_unlock(&c->mutex);
    while (c->slots != NULL) {
        struct slot *s = c->slots;

        c->slots = s->next;
        slot_free(s);
    }
    last = current_set(&c->view, NULL);
    view_release(&last);
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->mutex);
    free(c);
    *cache = NULL;
}

static bool import_one(struct collateral_cache *c, const struct collateral_items *items, size_t i, struct arena *scratch,
                       struct err *err)
{
    struct collateral_item item = items->at[i];
    struct collateral_need need;
    struct slot *s;

    if (!collateral_need_named(item.name, scratch, &need, err) ||
        !collateral_item_verify(&need, c->o.roots, need.issuers != NULL ? collateral_find(items, need.issuers) : NULL,
                                scratch, &item, err))
        return false;
    s = slot_of(c, item.name);
    if (s->kept->is_there && s->kept->item.expires >= item.expires)
        return true;
    slot_put(s, &item);
    keep(c, &item);
    return true;
}

bool collateral_cache_import(struct collateral_cache *c, const struct collateral_items *items, int64_t now,
                             struct err *err)
{
    scoped(unlock) pthread_mutex_t *held = locked(&c->mutex);
    scoped(arena_wipe) struct arena scratch = {0};
    bool ok = true;

    (void)held, (void)now;
    for (size_t i = 0; ok && i < items->num; i++)
        ok = import_one(c, items, i, &scratch, err);
    publish(c);
    return ok;
}

/* ---- fetching ----------------------------------------------------------------------------------- */

static void pause_source(struct slot *s, const struct fetch_status *status)
{
    s->pause_s = s->pause_s == 0 ? FIRST_PAUSE_S : 2 * s->pause_s;
    if (s->pause_s > LONGEST_PAUSE_S)
        s->pause_s = LONGEST_PAUSE_S;
    s->pause_until_ms =
        clock_ticks_ms() + INT64_C(1000) * (status->retry_after > s->pause_s ? status->retry_after : s->pause_s);
}

/* The item with a VEK's chain, as far as it is there, copied; NULL for others. */
static const struct collateral_item *issuers_of(const struct collateral_cache *c, const struct collateral_need *need,
                                                struct arena *a, struct collateral_item *copy)
{
    for (const struct slot *s = c->slots; need->issuers != NULL && s != NULL; s = s->next)
        if (s->kept->is_there && strcmp(s->kept->item.name, need->issuers) == 0) {
            *copy = collateral_item_copy(&s->kept->item, a);
            return copy;
        }
    return NULL;
}

/* Fetches with the mutex released; is_fetching holds the slot meanwhile. */
static void fetch(struct collateral_cache *c, struct slot *s, const struct collateral_need *need, int64_t now)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct collateral_item item, chain;
    const struct collateral_item *issuers = issuers_of(c, need, &scratch, &chain);
    struct fetch_status status = {0};
    struct err err = {0};
    bool ok;

    s->is_fetching = true;
    tell_readers(s);
    c->counts.fetches++;
    (void)pthread_mutex_unlock(&c->mutex);
    ok = fetch_item(&c->o.fetch, need, now, &scratch, &item, &status, &err) &&
         (collateral_item_verify(need, c->o.roots, issuers, &scratch, &item, &err) ||
          err_in(&err, "%s", item.source));
    (void)pthread_mutex_lock(&c->mutex);
    s->is_fetching = false;
    if (ok) {
        slot_put(s, &item);
        keep(c, &item);
    } else {
        c->counts.failures++;
        s->trouble = err;
        pause_source(s, &status);
        tell_readers(s);
    }
    publish(c);
    (void)pthread_cond_broadcast(&c->changed);
}

struct refresh {
    struct collateral_cache *cache;
    struct slot *slot;
    struct arena arena; /* of `need` */
    struct collateral_need need;
    int64_t now;
};

static void *refresh_main(void *ctx)
{
    struct refresh *r = ctx;
    struct collateral_cache *c = r->cache;

    (void)pthread_mutex_lock(&c->mutex);
    fetch(c, r->slot, &r->need, r->now);
    c->num_refreshes--;
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->mutex);
    arena_wipe(&r->arena);
    free(r);
    return NULL;
}

/* In a thread of its own, so that whoever asked goes on with what is there. */
static void start_refresh(struct collateral_cache *c, struct slot *s, const struct collateral_need *need, int64_t now)
{
    struct refresh *r = calloc(1, sizeof *r);
    pthread_attr_t detached;
    pthread_t thread;

    if (r == NULL)
        abort();
    r->cache = c;
    r->slot = s;
    r->now = now;
    r->need = *need;
    r->need.name = arena_strdup(&r->arena, need->name);
    r->need.path = arena_strdup(&r->arena, need->path);
    r->need.issuers = need->issuers != NULL ? arena_strdup(&r->arena, need->issuers) : NULL;
    r->need.about = need->about != NULL ? arena_strdup(&r->arena, need->about) : NULL;
    (void)pthread_attr_init(&detached);
    (void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    s->is_fetching = true; /* until the thread is at it */
    tell_readers(s);
    c->num_refreshes++;
    c->counts.refreshes++;
    if (pthread_create(&thread, &detached, refresh_main, r) != 0) {
        s->is_fetching = false;
        tell_readers(s);
        c->num_refreshes--;
        arena_wipe(&r->arena);
        free(r);
    }
    (void)pthread_attr_destroy(&detached);
}

static bool is_valid(const struct kept *k, int64_t now, int64_t grace)
{
    return k->is_there && (now <= k->item.expires || now - k->item.expires <= grace);
}

static bool is_due(const struct kept *k, int64_t now)
{
    const int64_t whole = k->item.expires - k->item.fetched, age = now - k->item.fetched;

    return age > DAY || age > whole - whole / 4;
}

static bool is_paused(const struct slot *s) { return clock_ticks_ms() < s->pause_until_ms; }

static bool refuse(const struct slot *s, const struct collateral_need *need, bool fetches, struct err *err)
{
    char end[RFC3339_LEN + 1];

    if (s->trouble.code != E_NONE) {
        *err = s->trouble;
        return false;
    }
    if (!s->kept->is_there)
        return err_set(err, E_COLLATERAL_MISSING, "%s is not there%s", need->name,
                       fetches ? "" : ", and nothing is fetched: name a service or import a bundle");
    rfc3339_format(end, s->kept->item.expires);
    return err_set(err, E_COLLATERAL_EXPIRED, "%s was valid until %s", need->name, end);
}

/* What is valid is served at once; what is not is fetched by one, and waited for by the others. */
static bool get_one(struct collateral_cache *c, const struct collateral_need *need, int64_t now, int64_t grace,
                    struct arena *a, struct collateral_item *out, struct err *err)
{
    struct slot *s = slot_of(c, need->name);

    if (is_valid(s->kept, now, 0)) {
        c->hits++;
        if (c->o.fetches && is_due(s->kept, now) && !s->is_fetching && !is_paused(s) && !c->is_closing)
            start_refresh(c, s, need, now);
        *out = collateral_item_copy(&s->kept->item, a);
        return true;
    }
    s->num_waiting++; /* so it is not dropped meanwhile */
    while (s->is_fetching)
        (void)pthread_cond_wait(&c->changed, &c->mutex);
    s->num_waiting--;
    if (!is_valid(s->kept, now, 0) && c->o.fetches && !is_paused(s))
        fetch(c, s, need, now);
    if (!is_valid(s->kept, now, grace))
        return refuse(s, need, c->o.fetches, err);
    *out = collateral_item_copy(&s->kept->item, a);
    return true;
}

static bool get_all(struct collateral_cache *c, const struct collateral_needs *needs, int64_t now, int64_t grace,
                    struct arena *a, struct collateral_items *out, struct err *err)
{
    scoped(unlock) pthread_mutex_t *held = locked(&c->mutex);

    (void)held;
    for (size_t i = 0; i < needs->num; i++) {
        struct err why;

        if (get_one(c, &needs->at[i], now, grace, a, &out->at[out->num], &why)) {
            out->num++;
        } else if (!needs->at[i].optional) {
            *err = why;
            return false;
        }
    }
    return true;
}

/* Is the source of an item left alone for now, with nobody at it? */
static bool is_left_alone(const struct collateral_cache *c, struct kept *k)
{
    return !c->o.fetches || (k != NULL && !k->is_fetching && clock_ticks_ms() < k->pause_until_ms);
}

/* Would get_one() only serve what is there? */
static bool is_at_rest(const struct collateral_cache *c, struct kept *k, int64_t now, int64_t grace)
{
    return is_left_alone(c, k) ? is_valid(k, now, grace)
                               : is_valid(k, now, 0) && (!is_due(k, now) || k->is_fetching);
}

/* All that is needed, without a lock, if it is there and nothing is to be done about it. */
static bool get_published(struct collateral_cache *c, const struct collateral_needs *needs, int64_t now,
                          int64_t grace, struct arena *a, struct collateral_items *out)
{
    scoped(view_release) struct view *view = current_get(&c->view, view_hold);

    for (size_t i = 0; i < needs->num; i++) {
        struct kept *k = view_find(view, needs->at[i].name);

        if (k != NULL && is_at_rest(c, k, now, grace)) {
            k->used = c->uses;
            out->at[out->num++] = collateral_item_copy(&k->item, a);
        } else if (!needs->at[i].optional || !is_left_alone(c, k)) {
            return false;
        }
    }
    c->hits += out->num;
    return true;
}

bool collateral_cache_get(struct collateral_cache *c, const struct collateral_needs *needs, int64_t now,
                          int64_t grace, struct arena *a, struct collateral_items *out, struct err *err)
{
    struct collateral_items items = {arena_array(a, MAX_NEEDS, sizeof *items.at), 0};

    if (!get_published(c, needs, now, grace, a, &items)) {
        items.num = 0;
        if (!get_all(c, needs, now, grace, a, &items, err))
            return false;
    }
    collateral_sort(&items);
    *out = items;
    return true;
}

struct collateral_cache_counts collateral_cache_counts(struct collateral_cache *c)
{
    scoped(unlock) pthread_mutex_t *held = locked(&c->mutex);
    struct collateral_cache_counts counts = c->counts;

    (void)held;
    counts.hits = c->hits;
    counts.next_expiry = INT64_MAX;
    for (const struct slot *s = c->slots; s != NULL; s = s->next)
        if (s->kept->is_there && s->kept->item.expires < counts.next_expiry)
            counts.next_expiry = s->kept->item.expires;
    return counts;
}
