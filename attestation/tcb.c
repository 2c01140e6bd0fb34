/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/tcb.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"

static const char *const status_names[NUM_TCB_STATUSES] = {
    [TCB_UP_TO_DATE] = "UpToDate",
    [TCB_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
    [TCB_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
    [TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = "ConfigurationAndSWHardeningNeeded",
    [TCB_OUT_OF_DATE] = "OutOfDate",
    [TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = "OutOfDateConfigurationNeeded",
    [TCB_REVOKED] = "Revoked",
};

const char *tcb_status_name(enum tcb_status s)
{
    return (unsigned)s < NUM_TCB_STATUSES ? status_names[s] : "unknown";
}

bool tcb_status_named(const char *name, enum tcb_status *out)
{
    for (unsigned i = 0; i < NUM_TCB_STATUSES; i++)
        if (strcmp(status_names[i], name) == 0) {
            *out = (enum tcb_status)i;
            return true;
        }
    return false;
}

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

/* A fault of its own reason: what is unknown to this version may be in order. */
static void read_status(struct fields *f, enum tcb_status *out)
{
    const char *name = field_str(f, "tcbStatus");

    field_need(f, "tcbStatus");
    if (!fields_done(f) || tcb_status_named(name, out))
        return;
    f->code = E_TCB_STATUS_UNKNOWN;
    (void)field_fault(f, "tcbStatus",
                      "expected one of the %d TCB statuses from UpToDate to Revoked, found \"%s\"",
                      NUM_TCB_STATUSES, text_shown(f->arena, slice_str(name)));
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

/* ---- choosing ----------------------------------------------------------------------- */

static bool reaches(const struct tcb_level *level, const uint8_t components[16], unsigned pce_svn)
{
    for (size_t i = 0; i < sizeof level->components; i++)
        if (components[i] < level->components[i])
            return false;
    return pce_svn >= level->pce_svn;
}

const struct tcb_level *tcb_platform_level(const struct tcb_level *levels, size_t num,
                                           const uint8_t components[16], unsigned pce_svn)
{
    for (size_t i = 0; i < num; i++)
        if (reaches(&levels[i], components, pce_svn))
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

/* What each status says. An enclave that is out of date makes the whole so, and then hardening by software
 * counts for nothing; what is to be configured is the platform's to say. As Intel's own verification merges
 * the quoting enclave's status into the platform's. */
enum { CONFIGURE = 1, HARDEN = 2, OLD = 4, REVOKED = 8 };
static const uint8_t meaning[NUM_TCB_STATUSES] = {
    [TCB_UP_TO_DATE] = 0,
    [TCB_SW_HARDENING_NEEDED] = HARDEN,
    [TCB_CONFIGURATION_NEEDED] = CONFIGURE,
    [TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = CONFIGURE | HARDEN,
    [TCB_OUT_OF_DATE] = OLD,
    [TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = OLD | CONFIGURE,
    [TCB_REVOKED] = REVOKED,
};

enum tcb_status tcb_converge(enum tcb_status platform, enum tcb_status enclave)
{
    unsigned both = meaning[platform] | (meaning[enclave] & (unsigned)(OLD | REVOKED));

    if (both & REVOKED)
        return TCB_REVOKED;
    if (both & OLD)
        both &= ~(unsigned)HARDEN;
    for (unsigned s = 0; s < NUM_TCB_STATUSES; s++)
        if (meaning[s] == both)
            return (enum tcb_status)s;
    return TCB_REVOKED; /* not reached: each combination stands in the table */
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

char **tcb_advisories(const struct tcb_level *a, const struct tcb_level *b, struct arena *arena, size_t *num)
{
    const size_t all = a->num_advisories + b->num_advisories;
    char **out = arena_array(arena, all + 1, sizeof *out);
    size_t n = 0;

    for (size_t i = 0; i < all; i++)
        out[i] = i < a->num_advisories ? a->advisories[i] : b->advisories[i - a->num_advisories];
    qsort(out, all, sizeof *out, by_name);
    for (size_t i = 0; i < all; i++)
        if (n == 0 || strcmp(out[n - 1], out[i]) != 0)
            out[n++] = out[i];
    *num = n;
    return out;
}
