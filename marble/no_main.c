/* SPDX-License-Identifier: Apache-2.0 */
/* A program without a main() that the C library starts would run without its identity, and nobody would notice. So,
 * when libmarble is loaded as a shared object, it looks whether the program asks for __libc_start_main() at all.
 */
#include <link.h>
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
        case DT_SYMTAB: r.symbols = at; break;
        case DT_STRTAB: r.names = at; break;
        case DT_RELA: r.tables[0] = at; break;
        case DT_RELASZ: r.sizes[0] = value; break;
        case DT_JMPREL: r.tables[1] = at; break;
        case DT_PLTRELSZ: r.sizes[1] = value; break;
        default: break;
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

static bool holds(const struct dl_phdr_info *info, const void *p)
{
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];

        if (h->p_type == PT_LOAD && (ElfW(Addr))p - info->dlpi_addr - h->p_vaddr < h->p_memsz)
            return true;
    }
    return false;
}

/* The first one is the program. Where it holds libmarble itself, it was linked so that it starts. */
static int look(struct dl_phdr_info *info, size_t size, void *out)
{
    static const char ours = 0;

    (void)size;
    if (holds(info, &ours))
        return 1;
    *(bool *)out = false;
    for (size_t i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC) {
            const struct references r =
                references_of(info, (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr));

            *(bool *)out = refers_to(&r, START);
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
