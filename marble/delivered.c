/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/delivered.h"

#include "pki/hash.h"

struct delivered_file {
    const char *name;
    uint8_t digest[SHA256_LEN];
};

void delivered_wipe(struct delivered *d)
{
    arena_wipe(&d->arena);
    *d = (struct delivered){0};
}

void delivered_take(struct delivered *d, const struct parameters *p)
{
    delivered_wipe(d);
    d->files = arena_array(&d->arena, p->num_files, sizeof *d->files);
    for (; d->num < p->num_files; d->num++) {
        d->files[d->num].name = arena_strdup(&d->arena, p->files[d->num].name);
        sha256(d->files[d->num].digest, p->files[d->num].value);
    }
}

static bool is_as_before(const struct delivered *d, const struct parameter *file)
{
    uint8_t digest[SHA256_LEN];

    sha256(digest, file->value);
    for (size_t i = 0; i < d->num; i++)
        if (strcmp(d->files[i].name, file->name) == 0)
            return memcmp(d->files[i].digest, digest, sizeof digest) == 0;
    return false;
}

struct parameters delivered_changed(const struct delivered *d, const struct parameters *p, const char *folder,
                                    struct arena *a)
{
    struct parameters changed = {.files = arena_array(a, p->num_files, sizeof *changed.files)};

    for (size_t i = 0; i < p->num_files; i++) {
        struct parameter file = p->files[i];

        if (is_as_before(d, &file))
            continue;
        if (file.name[0] != '/')
            file.name = arena_printf(a, "%s/%s", folder, file.name);
        changed.files[changed.num_files++] = file;
    }
    return changed;
}
