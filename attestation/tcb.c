/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/tcb.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"

/* ---- reading ------------------------------------------------------------------------ */

int64_t field_time(struct fields *f, const char *name)
{
    const struct slice text = field_text(f, name);
    int64_t t = 0;

    field_need(f, name);
    if (fields_done(f) && !rfc3339_parse(text, &t))
        (void)field_fault(f, name, "expected YYYY-MM-DDThh:mm:ssZ, found \"%s\"", text_shown(f->arena, text));
    return t;
}

uint64_t field_needed_uint(struct fields *f, const char *name, uint64_t max)
{
    field_need(f, name);
    return field_uint(f, name, max);
}

struct slice field_needed_hex(struct fields *f, const char *name, size_t len)
{
    field_need(f, name);
    return field_hex(f, name, len);
}

/* What only comes of comparing two evaluations is no status of a level. */
static bool is_derived(enum tcb_status s)
{
    return s == TCB_TD_RELAUNCH_ADVISED || s == TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
}

/* A fault of its own reason: what is unknown to this version may be in order. */
static void read_status(struct fields *f, enum tcb_status *out)
{
    const char *name = field_str(f, "tcbStatus");

    field_need(f, "tcbStatus");
    if (!fields_done(f) || (tcb_status_named(name, out) && !is_derived(*out)))
        return;
    f->code = E_TCB_STATUS_UNKNOWN;
    (void)field_fault(f, "tcbStatus",
                      "expected one of the 7 TCB statuses from UpToDate to Revoked, found \"%s\"",
                      text_shown(f->arena, slice_str(name)));
}

bool tcb_level_common(struct fields *level, struct tcb_level *out)
{
    read_status(level, &out->status);
    out->date = field_time(level, "tcbDate");
    out->advisories = field_strs(level, "advisoryIDs", &out->num_advisories);
    if (out->num_advisories > LIMIT_ADVISORIES)
        (void)field_fault(level, "advisoryIDs", "%zu, more than the %d allowed", out->num_advisories,
                          LIMIT_ADVISORIES);
    return fields_done(level);
}

static bool check_order(struct fields *f, const struct tcb_level *levels, size_t num,
                        int (*compare)(const void *, const void *))
{
    for (size_t i = 1; i < num; i++)
        if (compare(&levels[i - 1], &levels[i]) == 0)
            return field_fault(f, "tcbLevels", "two levels demand the same");
    return true;
}

struct tcb_level *tcb_levels(struct fields *f, void (*read)(struct fields *level, struct tcb_level *out),
                             int (*compare)(const void *a, const void *b), size_t *num)
{
    const json_t *list = field_array(f, "tcbLevels");
    const size_t n = json_array_size(list);
    struct tcb_level *levels = arena_array(f->arena, n + 1, sizeof *levels);

    *num = 0;
    if (fields_done(f) && (n == 0 || n > LIMIT_TCB_LEVELS))
        (void)field_fault(f, "tcbLevels", "expected 1 to %d levels, found %zu", LIMIT_TCB_LEVELS, n);
    for (size_t i = 0; i < n && fields_done(f); i++) {
        struct fields level =
            fields_of(json_array_get(list, i), arena_printf(f->arena, "%s.tcbLevels[%zu]", f->path, i),
                      JSON_EXACT, f->code, f->arena, f->err);

        read(&level, &levels[i]);
        f->bad = !fields_done(&level);
    }
    if (!fields_done(f))
        return levels;
    qsort(levels, n, sizeof *levels, compare);
    if (check_order(f, levels, n, compare))
        *num = n;
    return levels;
}

/* What an enclave or a module can be; all else is said of platforms only. */
static bool is_of(enum tcb_levels_of whose, enum tcb_status s)
{
    switch (s) {
    case TCB_UP_TO_DATE:
    case TCB_OUT_OF_DATE:
    case TCB_REVOKED:
        return true;
    case TCB_CONFIGURATION_NEEDED:
    case TCB_OUT_OF_DATE_CONFIGURATION_NEEDED:
        return whose == LEVELS_OF_ENCLAVE;
    default:
        return false;
    }
}

static void read_isv_level(struct fields *level, struct tcb_level *out, enum tcb_levels_of whose)
{
    struct fields tcb;

    field_need(level, "tcb");
    if (!fields_done(level))
        return;
    tcb = fields_of(field(level, "tcb"), field_path(level, "tcb"), JSON_EXACT, level->code, level->arena,
                    level->err);
    out->isv_svn = (unsigned)field_needed_uint(&tcb, "isvsvn", UINT16_MAX);
    level->bad = !fields_done(&tcb);
    if (!tcb_level_common(level, out) || is_of(whose, out->status))
        return;
    level->code = E_TCB_STATUS_UNKNOWN;
    (void)field_fault(level, "tcbStatus", "expected a status of %s, found %s",
                      whose == LEVELS_OF_ENCLAVE ? "an enclave" : "a TDX module",
                      tcb_status_name(out->status));
}

static void read_enclave_level(struct fields *level, struct tcb_level *out)
{
    read_isv_level(level, out, LEVELS_OF_ENCLAVE);
}

static void read_module_level(struct fields *level, struct tcb_level *out)
{
    read_isv_level(level, out, LEVELS_OF_MODULE);
}

static int higher_isv_first(const void *left, const void *right)
{
    const struct tcb_level *a = left, *b = right;

    return (b->isv_svn > a->isv_svn) - (b->isv_svn < a->isv_svn);
}

struct tcb_level *tcb_isv_levels(struct fields *f, enum tcb_levels_of whose, size_t *num)
{
    return tcb_levels(f, whose == LEVELS_OF_MODULE ? read_module_level : read_enclave_level, higher_isv_first,
                      num);
}

/* ---- choosing ----------------------------------------------------------------------- */

static bool reaches(const struct tcb_level *level, const struct tcb_platform *has)
{
    const struct slice td = has->tee_tcb_svn;
    const size_t first = td.len > 1 && td.ptr[1] > 0 ? 2 : 0;

    for (size_t i = 0; i < NUM_TCB_COMPONENTS; i++)
        if (has->components[i] < level->components[i])
            return false;
    for (size_t i = first; i < td.len && i < NUM_TCB_COMPONENTS; i++)
        if (td.ptr[i] < level->tdx_components[i])
            return false;
    return has->pce_svn >= level->pce_svn;
}

const struct tcb_level *tcb_platform_level(const struct tcb_level *levels, size_t num,
                                           const struct tcb_platform *has)
{
    for (size_t i = 0; i < num; i++)
        if (reaches(&levels[i], has))
            return &levels[i];
    return NULL;
}

const struct tcb_level *tcb_enclave_level(const struct tcb_level *levels, size_t num, unsigned isv_svn)
{
    for (size_t i = 0; i < num; i++)
        if (isv_svn >= levels[i].isv_svn)
            return &levels[i];
    return NULL;
}

/* What each status says. An enclave or module that is out of date makes the whole so, and then hardening by
 * software counts for nothing; what is to be configured is the platform's to say. As Intel's own verification
 * merges their status into the platform's. */
enum { CONFIGURE = 1, HARDEN = 2, OLD = 4, REVOKED = 8, RELAUNCH = 16 };
static const uint8_t meaning[NUM_TCB_STATUSES] = {
    [TCB_UP_TO_DATE] = 0,
    [TCB_SW_HARDENING_NEEDED] = HARDEN,
    [TCB_CONFIGURATION_NEEDED] = CONFIGURE,
    [TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = CONFIGURE | HARDEN,
    [TCB_OUT_OF_DATE] = OLD,
    [TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = OLD | CONFIGURE,
    [TCB_TD_RELAUNCH_ADVISED] = RELAUNCH,
    [TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] = RELAUNCH | CONFIGURE,
    [TCB_REVOKED] = REVOKED,
};

enum tcb_status tcb_converge(enum tcb_status platform, enum tcb_status part)
{
    unsigned both = meaning[platform] | (meaning[part] & (unsigned)(OLD | REVOKED));

    if (both & REVOKED)
        return TCB_REVOKED;
    if (both & OLD)
        both &= ~(unsigned)HARDEN;
    for (unsigned s = 0; s < NUM_TCB_STATUSES; s++)
        if (meaning[s] == both)
            return (enum tcb_status)s;
    return TCB_REVOKED; /* not reached: each combination stands in the table */
}

enum tcb_status tcb_relaunch(enum tcb_status at_launch, enum tcb_status now)
{
    const unsigned either = meaning[at_launch] | meaning[now];

    if ((meaning[at_launch] & OLD) == 0 || (meaning[now] & (OLD | REVOKED)) != 0)
        return at_launch;
    return (either & CONFIGURE) != 0 ? TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED : TCB_TD_RELAUNCH_ADVISED;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

char **tcb_advisories(const struct tcb_level *const *levels, size_t num_levels, struct arena *arena,
                      size_t *num)
{
    size_t all = 0, n = 0;
    char **out;

    for (size_t i = 0; i < num_levels; i++)
        all += levels[i] == NULL ? 0 : levels[i]->num_advisories;
    out = arena_array(arena, all + 1, sizeof *out);
    for (size_t i = 0, at = 0; i < num_levels; i++)
        for (size_t k = 0; levels[i] != NULL && k < levels[i]->num_advisories; k++)
            out[at++] = levels[i]->advisories[k];
    qsort(out, all, sizeof *out, by_name);
    for (size_t i = 0; i < all; i++)
        if (n == 0 || strcmp(out[n - 1], out[i]) != 0)
            out[n++] = out[i];
    *num = n;
    return out;
}
