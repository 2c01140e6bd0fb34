/* SPDX-License-Identifier: Apache-2.0 */
/* cli/evidence_commands.c: evidence shown and verified, collateral fetched, shown and imported. */
#include <string.h>
#include <sys/stat.h>

#include "attestation/claims_out.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/evidence_files.h"
#include "cli/judge.h"

/* Exit statuses of `evidence verify`; also of its usage. */
enum { STATUS_REJECTED = 1, STATUS_UNJUDGED = 2 };

/* ---- evidence show -------------------------------------------------------------------------------- */

/* Without roots and collateral the appraisal ends early, but has read what there is to read by then. */
static void read_claims(const struct evidence *e, int64_t now, struct arena *a, struct verdict *out)
{
    static const struct roots none = {0};
    static const struct collateral nothing = {0};

    appraise(&(struct appraisal){.evidence = e, .collateral = &nothing, .roots = &none, .now = now}, a, out);
}

bool cmd_evidence_show(struct cli *cli, struct err *err)
{
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_FILE);
    struct claims_out o = {.b = &b, .json = cli_flag(cli, "json"), .first = true};
    struct evidence e = {0};
    struct verdict v;

    if (!evidence_file_read(cli->arguments[0], &cli->arena, &e, err)) {
        cli->exit_status = STATUS_UNJUDGED;
        return false;
    }
    read_claims(&e, clock_now(), &cli->arena, &v);
    if (o.json) {
        buf_str(&b, "{");
        claim_str(&o, "kind", evidence_kind_name(e.kind));
        claim_bool(&o, "verified", false);
        claim_object(&o, "claims");
        claims_put(&v.claims, &o);
        claim_end(&o);
        buf_str(&b, "}\n");
    } else {
        buf_printf(&b, "evidence of kind %s; nothing was verified, these are its own words:\n",
                   evidence_kind_name(e.kind));
        claims_put(&v.claims, &o);
    }
    if (v.claims.tee == TEE_NONE && !o.json)
        buf_printf(&b, "(none could be read: %s)\n", v.reason.text);
    (void)fwrite(b.ptr, 1, b.len, stdout);
    return true;
}

/* ---- evidence verify: what is given ----------------------------------------------------------------- */

struct request {
    struct cli *cli;
    struct evidence evidence;
    struct collateral collateral;
    const char *given; /* the folder or bundle that it is from; NULL: none was named */
    struct roots roots;
    struct package_policy policy;
    struct slice report_data; /* 64; empty: not demanded */
    unsigned framings; /* of evidence in a certificate; 0: the usual ones */
    int64_t now;
};

static bool read_time(struct request *r, struct err *err)
{
    const char *at = cli_option(r->cli, "at");

    r->now = clock_now();
    return at == NULL || rfc3339_parse(slice_str(at), &r->now) ||
           err_set(err, E_USAGE, "--at: expected a time as 2026-12-31T23:59:59Z, found %s", at);
}

static bool read_report_data(struct request *r, struct err *err)
{
    const char *hex = cli_option(r->cli, "report-data");
    uint8_t *padded = arena_alloc(&r->cli->arena, 64);
    struct slice bytes;

    if (hex == NULL)
        return true;
    if (!hex_decode(slice_str(hex), &r->cli->arena, &bytes) || bytes.len > 64)
        return err_set(err, E_USAGE, "--report-data: expected up to 128 hexadecimal digits, found %s",
                       text_shown(&r->cli->arena, slice_str(hex)));
    if (bytes.len > 0)
        memcpy(padded, bytes.ptr, bytes.len);
    r->report_data = slice_of(padded, 64);
    return true;
}

static bool read_policy(struct request *r, struct err *err)
{
    const char *path = cli_option(r->cli, "policy");
    struct slice text;

    return path == NULL ||
           (file_read(path, LIMIT_MANIFEST, &r->cli->arena, &text, err) &&
            policy_read(text, &r->cli->arena, &r->policy, err)) ||
           err_in(err, "policy %s", path);
}

static bool read_framings(struct request *r, struct err *err)
{
    static const struct {
        const char *name;
        unsigned bits;
    } known[] = {
        {"usual", FRAMINGS_USUAL},
        {"dice-tagged-evidence", FRAMING_DICE_TAGGED},
        {"oe-report", FRAMING_OE_REPORT},
        {"oe-evidence", FRAMING_OE_EVIDENCE},
        {"gramine-legacy", FRAMING_GRAMINE_LEGACY},
    };
    const char *name = cli_option(r->cli, "framing");

    if (name == NULL)
        return true;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0) {
            r->framings = known[i].bits;
            return true;
        }
    return err_set(err, E_USAGE,
                   "--framing: expected usual, dice-tagged-evidence, oe-report, oe-evidence or gramine-legacy, found %s",
                   text_shown(&r->cli->arena, slice_str(name)));
}

/* Trust anchors of one's own. */
static bool read_root(struct request *r, struct err *err)
{
    const char *path = cli_option(r->cli, "root");
    struct slice text;

    r->roots = *trust_domain()->roots();
    if (path == NULL)
        return true;
    if (!trust_domain()->simulated)
        return err_set(err, E_USAGE, "--root: %s knows the vendors' roots and no others; use its -sim twin", program_name);
    if (!file_read(path, LIMIT_COLLATERAL_CHAIN, &r->cli->arena, &text, err))
        return false;
    if (!roots_of_certificates(text, &r->cli->arena, &r->roots, err))
        return err_in(err, "--root %s", path);
    r->roots.simulated = true;
    return true;
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool read_bundle(const char *path, struct arena *a, struct collateral_items *out, struct err *err)
{
    struct slice text;

    return (file_read(path, LIMIT_BUNDLE, a, &text, err) && bundle_parse(text, a, out, err)) || err_in(err, "%s", path);
}

/* Of a bundle what fits the evidence; whether that is all is asked when the appraisal misses something. */
static bool take_bundle(struct request *r, struct err *err)
{
    struct collateral_items items;
    struct collateral_needs needs;
    struct err ignored;

    if (!read_bundle(r->given, &r->cli->arena, &items, err))
        return false;
    if (collateral_needs_of(&r->evidence, UPDATE_STANDARD, &r->cli->arena, &needs, &ignored))
        (void)collateral_fill(&needs, &items, &r->collateral);
    return true;
}

static bool read_request(struct request *r, struct err *err)
{
    if (!read_time(r, err) || !read_report_data(r, err) || !read_policy(r, err) || !read_framings(r, err) ||
        !read_root(r, err) || !evidence_file_read(r->cli->arguments[0], &r->cli->arena, &r->evidence, err))
        return false;
    r->given = cli_option(r->cli, "collateral");
    if (r->given == NULL)
        return true;
    return is_folder(r->given) ? evidence_folder_read(r->given, &r->cli->arena, &r->evidence, &r->collateral, err)
                               : take_bundle(r, err);
}

/* ---- evidence verify: judging ------------------------------------------------------------------------ */

static bool find_collateral(struct request *r, struct err *err)
{
    scoped(judge_close) struct judge *judge = NULL;
    struct arena *a = &r->cli->arena;
    const struct trust_domain *domain = trust_domain();
    struct collateral_items items;
    struct collateral_needs needs;
    struct err ignored;

    if (!cli_judge(r->cli, &judge, err))
        return false;
    if (judge_collateral(judge, &r->evidence, policy_grace(&r->policy), r->now, a, &items, err))
        return collateral_needs_of(&r->evidence, UPDATE_STANDARD, a, &needs, err) &&
               collateral_assemble(&needs, &items, &r->collateral, err);
    return err->code == E_COLLATERAL_MISSING && domain->collateral != NULL &&
           domain->collateral(&r->evidence, r->now, a, &r->collateral, &ignored);
}

/* Is the refusal only for want of collateral? Then *why says what is missing. */
static bool is_unjudged(struct request *r, const struct verdict *v, bool have, const struct err *missing, struct err *why)
{
    const char *name;

    if (!verdict_wants_collateral(v))
        return false;
    if (r->given == NULL) {
        *why = *missing;
        return !have;
    }
    name = collateral_missing(&r->evidence, &r->collateral, &r->cli->arena);
    return name != NULL &&
           !err_set(why, E_COLLATERAL_MISSING, "%s is needed to judge the evidence, and is not in %s", name, r->given);
}

static void match_policy(struct request *r, struct verdict *v)
{
    const struct slice asked = r->report_data.len > 0 ? r->report_data : v->claims.bound;
    struct err err;
    const bool ok = policy_match(&r->policy, v, asked, r->now, &err);

    verdict_note(v, "policy", cli_option(r->cli, "policy") != NULL ? "what the policy says" : "MarbleRun's default policy",
                 ok ? NULL : &err, &r->cli->arena);
}

static const char *judge_request(struct request *r, struct verdict *v, struct err *err)
{
    struct err missing = {0};
    const bool have = r->given != NULL || find_collateral(r, &missing);
    const struct appraisal what = {
        .evidence = &r->evidence,
        .collateral = &r->collateral,
        .roots = &r->roots,
        .now = r->now,
        .grace = policy_grace(&r->policy),
        .framings = r->framings,
        .uvm_issuers = (const char *const *)r->policy.uvm.issuers,
        .num_uvm_issuers = r->policy.uvm.num_issuers,
    };

    appraise(&what, &r->cli->arena, v);
    if (is_unjudged(r, v, have, &missing, err)) {
        v->reason = *err;
        r->cli->exit_status = STATUS_UNJUDGED;
        return "unjudged";
    }
    if (v->genuine)
        match_policy(r, v);
    if (v->reason.code == E_NONE)
        return "accepted";
    *err = v->reason;
    r->cli->exit_status = STATUS_REJECTED;
    return "rejected";
}

bool cmd_evidence_verify(struct cli *cli, struct err *err)
{
    struct request r = {.cli = cli};
    const char *outcome;
    struct verdict v;

    cli->exit_status = STATUS_UNJUDGED;
    if (!read_request(&r, err)) {
        v = (struct verdict){.reason = *err};
        if (cli_flag(cli, "json"))
            (void)printf("%s\n", verdict_json_as(&v, "unjudged", &cli->arena));
        return false;
    }
    outcome = judge_request(&r, &v, err);
    if (cli_flag(cli, "json"))
        (void)printf("%s\n", verdict_json_as(&v, outcome, &cli->arena));
    else
        (void)printf("%s%s\n", verdict_text(&v, &cli->arena), outcome);
    if (strcmp(outcome, "accepted") != 0)
        return false;
    cli->exit_status = 0;
    return true;
}

/* ---- collateral --------------------------------------------------------------------------------------- */

static bool fetch_for(struct judge *judge, const char *path, int64_t now, struct arena *a, struct collateral_items *all,
                      struct err *err)
{
    struct collateral_items items;
    struct evidence e;

    if (!evidence_file_read(path, a, &e, err) || !judge_collateral(judge, &e, 0, now, a, &items, err))
        return err_in(err, "%s", path);
    *all = collateral_merge(all, &items, a);
    return true;
}

bool cmd_collateral_fetch(struct cli *cli, struct err *err)
{
    scoped(judge_close) struct judge *judge = NULL;
    struct collateral_items all = {0};
    const int64_t now = clock_now();

    if (!cli_judge(cli, &judge, err))
        return false;
    for (size_t i = 0; i < cli->num_arguments; i++)
        if (!fetch_for(judge, cli->arguments[i], now, &cli->arena, &all, err))
            return false;
    return print_or_save(cli, slice_str(bundle_text(&all, &cli->arena)), err);
}

static void show_item(const struct collateral_item *item, int64_t now, bool json, bool first)
{
    char fetched[RFC3339_LEN + 1], expires[RFC3339_LEN + 1];
    scoped(buf_wipe) struct buf b = buf_max(LIMIT_COLLATERAL_CHAIN);
    const char *state = now <= item->expires ? "valid" : "expired";

    rfc3339_format(fetched, item->fetched);
    rfc3339_format(expires, item->expires);
    if (!json) {
        (void)printf("%-40s  %-7s  %s  %s  %s\n", item->name, state, fetched, expires,
                     item->source != NULL ? item->source : "");
        return;
    }
    buf_str(&b, first ? "{\"name\":" : ",{\"name\":");
    json_put_string(&b, slice_str(item->name));
    buf_printf(&b, ",\"state\":\"%s\",\"fetched\":\"%s\",\"expires\":\"%s\",\"bytes\":%zu,\"source\":", state, fetched,
               expires, item->body.len);
    json_put_string(&b, slice_str(item->source != NULL ? item->source : ""));
    (void)printf("%.*s}", (int)b.len, (const char *)b.ptr);
}

bool cmd_collateral_show(struct cli *cli, struct err *err)
{
    const bool json = cli_flag(cli, "json");
    struct request r = {.cli = cli};
    struct collateral_items items;

    if (!read_time(&r, err) || !read_bundle(cli->arguments[0], &cli->arena, &items, err))
        return false;
    (void)printf(json ? "[" : "%-40s  %-7s  %-20s  %-20s  %s\n", "ITEM", "STATE", "FETCHED", "EXPIRES", "SOURCE");
    for (size_t i = 0; i < items.num; i++)
        show_item(&items.at[i], r.now, json, i == 0);
    if (json)
        (void)printf("]\n");
    return true;
}

/* Every item is verified by itself before any is kept. */
bool cmd_collateral_import(struct cli *cli, struct err *err)
{
    scoped(collateral_cache_close) struct collateral_cache *cache = NULL;
    const struct collateral_cache_options o = {.folder = cli_option(cli, "into"), .roots = trust_domain()->roots()};
    struct collateral_items items;

    if (o.folder == NULL)
        return err_set(err, E_USAGE, "--into FOLDER is missing: the folder that MESH_COLLATERAL_CACHE names to the coordinator");
    if (!read_bundle(cli->arguments[0], &cli->arena, &items, err) || !collateral_cache_open(&o, &cache, err) ||
        !collateral_cache_import(cache, &items, clock_now(), err))
        return false;
    (void)printf("%zu items imported into %s\n", items.num, o.folder);
    return true;
}
