/* SPDX-License-Identifier: Apache-2.0 */
/* A program without a main() that the C library starts would run without its identity, and nobody would
 * notice. So, when libmarble is loaded as a shared object, it looks whether the program asks for
 * __libc_start_main() at all.
 */
#include <link.h>
#include <stdint.h>
#include <string.h>

#include "marble/premain.h"

#define START "__libc_start_main"

struct references {
    const ElfW(Sym) * symbols;
    const char *names;
    const ElfW(Rela) * tables[2];
    size_t sizes[2];
};

static struct references references_of(const struct dl_phdr_info *info, const ElfW(Dyn) * d)
{
    struct references r = {0};

    for (; d->d_tag != DT_NULL; d++) {
        /* The loader has made addresses of them in place, on most machines. */
        const ElfW(Addr) value = d->d_un.d_ptr;
        const void *at = (const void *)(value < info->dlpi_addr ? info->dlpi_addr + value : value);

        switch (d->d_tag) {
        case DT_SYMTAB:
            r.symbols = at;
            break;
        case DT_STRTAB:
            r.names = at;
            break;
        case DT_RELA:
            r.tables[0] = at;
            break;
        case DT_RELASZ:
            r.sizes[0] = value;
            break;
        case DT_JMPREL:
            r.tables[1] = at;
            break;
        case DT_PLTRELSZ:
            r.sizes[1] = value;
            break;
        default:
            break;
        }
    }
    return r;
}

static bool refers_to(const struct references *r, const char *name)
{
    for (size_t t = 0; t < 2 && r->symbols != NULL && r->names != NULL; t++)
        for (size_t i = 0; i < r->sizes[t] / sizeof *r->tables[t]; i++)
            if (strcmp(r->names + r->symbols[r->tables[t][i].r_info >> 32].st_name, name) == 0)
                return true;
    return false;
}

/* A program that is linked with libmarble.a calls that one's function without asking for it. It is known by a
 * note (ELF, "Note Section"), which the archive brings along. */
#define NOTE_NAME "marblemesh"
enum { NOTE_LINKED = 1 };

static const struct {
    ElfW(Nhdr) head;
    char name[12];
} note __attribute__((section(".note.marblemesh"), aligned(4), used)) = {{sizeof NOTE_NAME, 0, NOTE_LINKED},
                                                                         NOTE_NAME};

static bool has_note(const uint8_t *p, size_t len)
{
    while (len >= sizeof note) {
        const ElfW(Nhdr) *n = (const void *)p;
        const size_t size = sizeof *n + ((n->n_namesz + 3U) & ~3U) + ((n->n_descsz + 3U) & ~3U);

        if (memcmp(p, &note, sizeof note.head + sizeof NOTE_NAME) == 0)
            return true;
        if (size > len)
            return false;
        p += size;
        len -= size;
    }
    return false;
}

/* The first one is the program. */
static int look(struct dl_phdr_info *info, size_t size, void *out)
{
    (void)size;
    *(bool *)out = false;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        const void *at = (const void *)(info->dlpi_addr + h->p_vaddr);

        if (h->p_type == PT_NOTE && has_note(at, h->p_memsz))
            *(bool *)out = true;
        if (h->p_type == PT_DYNAMIC) {
            const struct references r = references_of(info, at);

            *(bool *)out = *(bool *)out || refers_to(&r, START);
        }
    }
    return 1;
}

__attribute__((constructor)) static void refuse_without_main(void)
{
    bool has_main = true;
    struct err err;

    (void)dl_iterate_phdr(look, &has_main);
    if (has_main)
        return;
    (void)err_set(&err, E_MARBLE_START,
                  "this program does not call " START "(), so its main() cannot be reached before it starts");
    premain_refuse(&err);
}
