/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/faulty_disk.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_NAMES = 16, MAX_FILES = 512, SECTOR = 512 };

struct bytes {
    uint8_t *ptr;
    size_t len;
};

/* What was done to a file and is not on the platter yet. */
struct change {
    bool cut;
    size_t at; /* or the length it is cut to */
    struct bytes bytes;
};

struct file {
    struct bytes seen, kept;
    struct change *changes;
    size_t num_changes;
};

struct name {
    char name[64];
    int file; /* or -1 */
};
struct names {
    struct name at[MAX_NAMES];
    size_t num;
};

/* One step of the folder: up to two names at once (a rename). */
struct name_change {
    struct name to[2];
    size_t num;
};

struct faulty_disk {
    struct file files[MAX_FILES];
    size_t num_files;
    struct names seen, kept;
    struct name_change *changes;
    size_t num_changes;
    uint64_t random;
    unsigned count, fault_at, dies_at;
    enum fault_kind kind;
    bool full, lied;
    char lied_of[64];
    void (*before)(void *ctx);
    void *ctx;
};

struct handle {
    struct backend backend;
    struct faulty_disk *disk;
};

static uint64_t next_random(struct faulty_disk *d)
{
    d->random ^= d->random >> 12;
    d->random ^= d->random << 25;
    d->random ^= d->random >> 27;
    return d->random * UINT64_C(2685821657736338717) >> 11;
}
static bool coin(struct faulty_disk *d) { return next_random(d) % 2 == 0; }

static void *grown(void *array, size_t num, size_t size)
{
    void *p = realloc(array, num * size);

    if (p == NULL)
        abort();
    return p;
}

/* ---- bytes ------------------------------------------------------------------------------------- */

static void set_len(struct bytes *b, size_t len)
{
    b->ptr = grown(b->ptr, len + 1, 1);
    if (len > b->len)
        memset(b->ptr + b->len, 0, len - b->len);
    b->len = len;
}

static void put_at(struct bytes *b, size_t at, struct slice s)
{
    if (at + s.len > b->len)
        set_len(b, at + s.len);
    if (s.len > 0)
        memcpy(b->ptr + at, s.ptr, s.len);
}

static void apply(struct bytes *b, const struct change *c)
{
    if (c->cut)
        set_len(b, c->at);
    else
        put_at(b, c->at, slice_of(c->bytes.ptr, c->bytes.len));
}

static void note(struct file *f, bool cut, size_t at, struct slice s)
{
    struct change c = {.cut = cut, .at = at};

    put_at(&c.bytes, 0, s);
    f->changes = grown(f->changes, f->num_changes + 1, sizeof c);
    f->changes[f->num_changes++] = c;
    apply(&f->seen, &c);
}

static void drop_changes(struct file *f)
{
    for (size_t i = 0; i < f->num_changes; i++)
        free(f->changes[i].bytes.ptr);
    free(f->changes);
    f->changes = NULL;
    f->num_changes = 0;
}

static void keep_changes(struct file *f)
{
    for (size_t i = 0; i < f->num_changes; i++)
        apply(&f->kept, &f->changes[i]);
    drop_changes(f);
}

/* Some sectors of a write. */
static void keep_torn(struct faulty_disk *d, struct file *f, const struct change *c)
{
    if (c->cut) {
        apply(&f->kept, c);
        return;
    }
    for (size_t at = 0; at < c->bytes.len; at += SECTOR)
        if (coin(d))
            put_at(&f->kept, c->at + at,
                   slice_of(c->bytes.ptr + at, c->bytes.len - at < SECTOR ? c->bytes.len - at : SECTOR));
}

static void lose_power(struct faulty_disk *d, struct file *f)
{
    while (f->num_changes > 0) { /* in any order */
        const size_t i = next_random(d) % f->num_changes;

        if (coin(d)) {
            if (coin(d))
                apply(&f->kept, &f->changes[i]);
            else
                keep_torn(d, f, &f->changes[i]);
        }
        free(f->changes[i].bytes.ptr);
        f->changes[i] = f->changes[--f->num_changes];
    }
    drop_changes(f);
}

/* ---- names ------------------------------------------------------------------------------------- */

static struct name *find(struct names *n, const char *name)
{
    for (size_t i = 0; i < n->num; i++)
        if (strcmp(n->at[i].name, name) == 0)
            return &n->at[i];
    return NULL;
}

static void set_name(struct names *n, const struct name *to)
{
    struct name *old = find(n, to->name);

    if (old == NULL) {
        if (n->num == MAX_NAMES)
            abort();
        old = &n->at[n->num++];
    }
    *old = *to;
}

static struct file *file_named(struct faulty_disk *d, const char *name)
{
    const struct name *n = find(&d->seen, name);

    return n == NULL || n->file < 0 ? NULL : &d->files[n->file];
}

static struct name name_of(const char *name, int file)
{
    struct name n = {.file = file};

    (void)snprintf(n.name, sizeof n.name, "%s", name);
    return n;
}

static void change_names(struct faulty_disk *d, struct name_change c)
{
    d->changes = grown(d->changes, d->num_changes + 1, sizeof c);
    d->changes[d->num_changes++] = c;
    for (size_t i = 0; i < c.num; i++)
        set_name(&d->seen, &c.to[i]);
}

static void keep_names(struct faulty_disk *d, bool some)
{
    for (size_t i = 0; i < d->num_changes; i++)
        for (size_t k = 0; (!some || k > 0 || coin(d)) && k < d->changes[i].num; k++)
            set_name(&d->kept, &d->changes[i].to[k]);
    d->num_changes = 0;
}

/* ---- operations -------------------------------------------------------------------------------- */

static struct faulty_disk *disk_of(struct backend *b) { return ((struct handle *)b)->disk; }

/* What this operation meets. A fault is met once, but for the ones that last. */
static enum fault_kind meets(struct faulty_disk *d, bool needs_room)
{
    unsigned now;

    if (d->before != NULL && d->count < d->dies_at)
        d->before(d->ctx);
    now = d->count++;
    if (now >= d->dies_at)
        return FAULT_FAIL;
    if (now == d->fault_at && d->kind == FAULT_FULL)
        d->full = true;
    if (now == d->fault_at && d->kind != FAULT_FULL)
        return d->kind;
    return d->full && needs_room ? FAULT_HALF : FAULT_NONE;
}

static bool failed(struct err *err, const char *what, const char *name)
{
    return err_set(err, E_FILE_WRITE, "%s %s: the disk was told to fail", what, name);
}

static bool says_done(enum fault_kind k) { return k == FAULT_NONE || k == FAULT_LIE || k == FAULT_DELAY; }
static bool is_done(enum fault_kind k) { return says_done(k) || k == FAULT_DONE; }

static bool op_read(struct backend *b, const char *name, size_t max, struct arena *a, struct slice *out,
                    bool *found, struct err *err)
{
    const struct file *f = file_named(disk_of(b), name);

    *found = f != NULL;
    if (f == NULL)
        return true;
    if (f->seen.len > max)
        return err_set(err, E_FILE_TOO_LARGE, "%s", name);
    *out = arena_copy(a, slice_of(f->seen.ptr, f->seen.len));
    return true;
}

static bool op_exists(struct backend *b, const char *name) { return file_named(disk_of(b), name) != NULL; }

static bool op_create(struct backend *b, const char *name, struct err *err)
{
    struct faulty_disk *d = disk_of(b);
    const enum fault_kind k = meets(d, true);

    if (is_done(k)) {
        if (d->num_files == MAX_FILES)
            abort();
        change_names(d, (struct name_change){{name_of(name, (int)d->num_files++)}, 1});
    }
    return says_done(k) || failed(err, "creating", name);
}

static bool op_write(struct backend *b, const char *name, uint64_t at, struct slice s, struct err *err)
{
    struct faulty_disk *d = disk_of(b);
    const enum fault_kind k = meets(d, true);
    struct file *f = file_named(d, name);

    if (f != NULL && (is_done(k) || k == FAULT_HALF))
        note(f, false, at, slice_of(s.ptr, is_done(k) ? s.len : next_random(d) % (s.len + 1)));
    return (f != NULL && says_done(k)) || failed(err, "writing", name);
}

static bool op_cut(struct backend *b, const char *name, uint64_t len, struct err *err)
{
    struct faulty_disk *d = disk_of(b);
    const enum fault_kind k = meets(d, false);
    struct file *f = file_named(d, name);

    if (f != NULL && is_done(k))
        note(f, true, len, (struct slice){0});
    return (f != NULL && says_done(k)) || failed(err, "cutting", name);
}

static void lie(struct faulty_disk *d, const char *of)
{
    d->lied = true;
    (void)snprintf(d->lied_of, sizeof d->lied_of, "%s", of);
}

static bool op_sync(struct backend *b, const char *name, struct err *err)
{
    struct faulty_disk *d = disk_of(b);
    const enum fault_kind k = meets(d, false);
    struct file *f = file_named(d, name);

    if (f == NULL)
        return failed(err, "keeping", name);
    if (k == FAULT_NONE || k == FAULT_DONE)
        keep_changes(f);
    else if (k == FAULT_FORGET || k == FAULT_HALF || k == FAULT_LIE)
        drop_changes(f);
    if (k == FAULT_LIE || k == FAULT_DELAY)
        lie(d, name);
    return says_done(k) || failed(err, "keeping", name);
}

static bool op_rename(struct backend *b, const char *from, const char *to, struct err *err)
{
    struct faulty_disk *d = disk_of(b);
    const enum fault_kind k = meets(d, false);
    const struct name *n = find(&d->seen, from);

    if (n == NULL || n->file < 0)
        return failed(err, "renaming", from);
    if (is_done(k))
        change_names(d, (struct name_change){{name_of(to, n->file), name_of(from, -1)}, 2});
    return says_done(k) || failed(err, "renaming", from);
}

static bool op_remove(struct backend *b, const char *name, struct err *err)
{
    struct faulty_disk *d = disk_of(b);
    const enum fault_kind k = meets(d, false);

    if (is_done(k) && file_named(d, name) != NULL)
        change_names(d, (struct name_change){{name_of(name, -1)}, 1});
    return says_done(k) || failed(err, "removing", name);
}

static bool op_sync_names(struct backend *b, struct err *err)
{
    struct faulty_disk *d = disk_of(b);
    const enum fault_kind k = meets(d, false);

    if (k == FAULT_NONE || k == FAULT_DONE)
        keep_names(d, false);
    else if (k == FAULT_FORGET || k == FAULT_HALF || k == FAULT_LIE)
        d->num_changes = 0;
    if (k == FAULT_LIE || k == FAULT_DELAY)
        lie(d, "");
    return says_done(k) || failed(err, "keeping", "names");
}

static const char *op_place(const struct backend *b)
{
    (void)b;
    return "the disk";
}

static void op_close(struct backend **b)
{
    free(*b);
    *b = NULL;
}

static const struct backend_ops OPS = {op_read,   op_exists, op_create,     op_write, op_cut,  op_sync,
                                       op_rename, op_remove, op_sync_names, op_place, op_close};

/* ---- the disk ---------------------------------------------------------------------------------- */

struct faulty_disk *faulty_disk_new(uint64_t seed)
{
    struct faulty_disk *d = calloc(1, sizeof *d);

    if (d == NULL)
        abort();
    d->random = seed * 2 + 1;
    faulty_disk_plan(d, 0, FAULT_NONE, UINT32_MAX);
    return d;
}

void faulty_disk_free(struct faulty_disk **disk)
{
    struct faulty_disk *d = *disk;

    for (size_t i = 0; d != NULL && i < d->num_files; i++) {
        drop_changes(&d->files[i]);
        free(d->files[i].seen.ptr);
        free(d->files[i].kept.ptr);
    }
    if (d != NULL)
        free(d->changes);
    free(d);
    *disk = NULL;
}

struct backend *faulty_disk_backend(struct faulty_disk *d)
{
    struct handle *h = calloc(1, sizeof *h);

    if (h == NULL)
        abort();
    *h = (struct handle){{&OPS}, d};
    return &h->backend;
}

void faulty_disk_plan(struct faulty_disk *d, unsigned at, enum fault_kind kind, unsigned dies_at)
{
    d->count = 0;
    d->fault_at = kind == FAULT_NONE ? UINT32_MAX : at;
    d->kind = kind;
    d->dies_at = dies_at;
}

unsigned faulty_disk_count(const struct faulty_disk *d) { return d->count; }
bool faulty_disk_dead(const struct faulty_disk *d) { return d->count > d->dies_at; }

bool faulty_disk_lied(const struct faulty_disk *d, char name[64])
{
    if (d->lied)
        memcpy(name, d->lied_of, 64);
    return d->lied;
}

void faulty_disk_watch(struct faulty_disk *d, void (*before)(void *ctx), void *ctx)
{
    d->before = before;
    d->ctx = ctx;
}

void faulty_disk_restart(struct faulty_disk *d, bool power_cut)
{
    d->full = false;
    faulty_disk_plan(d, 0, FAULT_NONE, UINT32_MAX);
    if (!power_cut)
        return;
    keep_names(d, true);
    d->seen = d->kept;
    for (size_t i = 0; i < d->num_files; i++) {
        struct file *f = &d->files[i];

        lose_power(d, f);
        f->seen.len = 0;
        put_at(&f->seen, 0, slice_of(f->kept.ptr, f->kept.len));
    }
}

bool faulty_disk_has(const struct faulty_disk *d, const char *name)
{
    const struct name *n = find((struct names *)(uintptr_t)&d->seen, name);

    return n != NULL && n->file >= 0;
}
