/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/platforms.h"

#include "base/limits.h"
#include "base/text.h"

const char *const platform_known_fields[] = {"CPUSVN", "QESVN", "PCESVN", "RootCA", "FMSPC", "PPID", "ChipID", "Banned",
                                             NULL};

enum { FMSPC_LEN = 6, PPID_LEN = 16, CHIP_ID_LEN = 64, TURIN_ID_LEN = 8 };

/* ---- reading ---------------------------------------------------------------------------------- */

static void parse_list(struct fields *f, const char *name, size_t len, size_t other_len, struct platform_list *out)
{
    struct platform_list l = {0};
    size_t num;
    char **texts = field_strs(f, name, &num);

    l.ids = arena_array(f->arena, num, sizeof *l.ids);
    for (; !f->bad && l.num < num; l.num++)
        if (!hex_decode(slice_str(texts[l.num]), f->arena, &l.ids[l.num]) ||
            (l.ids[l.num].len != len && l.ids[l.num].len != other_len))
            (void)field_fault(f, name, "expected %zu hexadecimal digits, found \"%s\"", 2 * len,
                              text_shown(f->arena, slice_str(texts[l.num])));
    *out = l;
}

static void parse_lists(struct fields *f, struct platform_lists *out)
{
    parse_list(f, "FMSPC", FMSPC_LEN, FMSPC_LEN, &out->fmspc);
    parse_list(f, "PPID", PPID_LEN, PPID_LEN, &out->ppid);
    parse_list(f, "ChipID", CHIP_ID_LEN, TURIN_ID_LEN, &out->chip_id);
}

bool platform_rule_parse(struct fields *f, const char *name, struct platform_rule *out)
{
    static const char *const known[] = {"FMSPC", "PPID", "ChipID", NULL};
    const json_t *banned = field_object(f, "Banned");
    struct platform_rule r = {.name = name};
    struct fields g;

    parse_lists(f, &r.allowed);
    if (banned != NULL) {
        g = fields_of(banned, field_path(f, "Banned"), f->names, f->code, f->arena, f->err);
        parse_lists(&g, &r.banned);
        fields_only(&g, known);
        f->bad |= g.bad;
    }
    *out = r;
    return fields_done(f);
}

static size_t num_listed(const struct platform_lists *l) { return l->fmspc.num + l->ppid.num + l->chip_id.num; }

bool platform_rule_has_effect(const struct platform_rule *r)
{
    return num_listed(&r->allowed) + num_listed(&r->banned) > 0;
}

/* ---- matching --------------------------------------------------------------------------------- */

/* An id of Turin has 8 bytes, with zeros behind in the report. */
static bool is_listed(const struct platform_list *l, struct slice id)
{
    for (size_t i = 0; i < l->num; i++) {
        const struct slice one = l->ids[i];

        if (id.len >= one.len && one.len > 0 && memcmp(id.ptr, one.ptr, one.len) == 0 &&
            slice_is_zero(slice_of(id.ptr + one.len, id.len - one.len)))
            return true;
    }
    return false;
}

/* The ids that the claims give, each with the list that is about it. */
struct identity {
    const char *name;
    struct slice id;
    const struct platform_list *list;
};

static size_t identities(const struct claims *c, const struct platform_lists *l, struct identity out[2])
{
    if (claims_have_dcap(c)) {
        out[0] = (struct identity){"FMSPC", c->dcap.fmspc, &l->fmspc};
        out[1] = (struct identity){"PPID", c->dcap.ppid, &l->ppid};
        return 2;
    }
    if (c->tee != TEE_SNP)
        return 0;
    out[0] = (struct identity){"ChipID", slice_is_zero(c->snp.chip_id) ? (struct slice){0} : c->snp.chip_id,
                               &l->chip_id};
    return 1;
}

static bool check_ban(const struct platform_rule *r, const struct claims *c, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    struct identity ids[2];
    const size_t num = identities(c, &r->banned, ids);

    for (size_t i = 0; i < num; i++) {
        if (ids[i].list->num > 0 && ids[i].id.len == 0)
            return err_set(err, E_PLATFORM, "platform: \"%s\" bans by %s, which the evidence does not say", r->name,
                           ids[i].name);
        if (is_listed(ids[i].list, ids[i].id))
            return err_set(err, E_PLATFORM, "platform: \"%s\" bans %s %s", r->name, ids[i].name,
                           hex_text(&scratch, ids[i].id));
    }
    return true;
}

static bool is_allowed(const struct platform_rule *r, const struct claims *c)
{
    struct identity ids[2];
    const size_t num = identities(c, &r->allowed, ids);
    bool any = false;

    for (size_t i = 0; i < num; i++) {
        if (ids[i].list->num > 0 && !is_listed(ids[i].list, ids[i].id))
            return false;
        any |= ids[i].list->num > 0;
    }
    return any;
}

static bool refuse_unlisted(const struct claims *c, struct err *err)
{
    scoped(arena_wipe) struct arena scratch = {0};
    static const struct platform_lists none = {0};
    struct identity ids[2] = {{"", {0}, NULL}, {"", {0}, NULL}};
    const size_t num = identities(c, &none, ids);

    return err_set(err, E_PLATFORM, "platform: no entry of Infrastructures allows %s%s%s%s%s%s", c->tee_name,
                   num > 0 ? ", " : "", ids[0].name, num > 0 ? " " : "", hex_text(&scratch, ids[0].id),
                   num > 1 ? arena_printf(&scratch, ", PPID %s", hex_text(&scratch, ids[1].id)) : "");
}

bool platforms_match(const struct platform_rule *rules, size_t num, const struct claims *c, struct err *err)
{
    bool must_be_allowed = false, allowed = false;

    for (size_t i = 0; i < num; i++) {
        if (!check_ban(&rules[i], c, err))
            return false;
        must_be_allowed |= num_listed(&rules[i].allowed) > 0;
        allowed |= is_allowed(&rules[i], c);
    }
    return allowed || !must_be_allowed || refuse_unlisted(c, err);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void put_list(struct buf *b, const char *name, const struct platform_list *l)
{
    scoped(arena_wipe) struct arena scratch = {0};

    if (l->num == 0)
        return;
    json_put_name(b, name);
    buf_str(b, "[");
    for (size_t i = 0; i < l->num; i++) {
        json_put_comma(b);
        buf_printf(b, "\"%s\"", hex_text(&scratch, l->ids[i]));
    }
    buf_str(b, "]");
}

static void put_lists(struct buf *b, const struct platform_lists *l)
{
    put_list(b, "FMSPC", &l->fmspc);
    put_list(b, "PPID", &l->ppid);
    put_list(b, "ChipID", &l->chip_id);
}

void platform_rule_put(struct buf *b, const struct platform_rule *r)
{
    put_lists(b, &r->allowed);
    if (num_listed(&r->banned) == 0)
        return;
    json_put_name(b, "Banned");
    buf_str(b, "{");
    put_lists(b, &r->banned);
    buf_str(b, "}");
}
