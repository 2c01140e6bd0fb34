/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/attestation.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"

static void put_check(struct buf *b, const struct check *c)
{
    static const char *const marks[] = {
        [CHECK_PASSED] = "ok", [CHECK_FAILED] = "FAILED", [CHECK_SKIPPED] = "-"};

    buf_printf(b, "%-6s  %-21s  ", marks[c->outcome], c->name);
    if (c->outcome == CHECK_FAILED)
        buf_printf(b, "expected %s; %s: %s\n", c->expected, reason_of(c->code)->name, c->found);
    else if (c->outcome == CHECK_PASSED)
        buf_printf(b, "%s%s%s\n", c->expected, c->found == NULL ? "" : ": ",
                   c->found == NULL ? "" : c->found);
    else
        buf_str(b, "not reached\n");
}

static void put_bytes(struct buf *b, const char *name, struct slice s, struct arena *a)
{
    buf_printf(b, "%-16s  %s\n", name, hex_text(a, s));
}

static void put_claims(struct buf *b, const struct claims *c, struct arena *a)
{
    buf_printf(b, "%-16s  SGX%s, quote version %u\n", "TEE", c->simulated ? ", SIMULATED" : "",
               c->quote_version);
    put_bytes(b, "UniqueID", c->unique_id, a);
    put_bytes(b, "SignerID", c->signer_id, a);
    buf_printf(b, "%-16s  %llu\n", "ProductID", (unsigned long long)c->product_id);
    buf_printf(b, "%-16s  %u\n", "SecurityVersion", c->security_version);
    buf_printf(b, "%-16s  %s\n", "Debug", c->debug ? "true" : "false");
    put_bytes(b, "report data", c->report_data, a);
}

static void put_tcb(struct buf *b, const struct verdict *v)
{
    char date[RFC3339_LEN + 1], from[RFC3339_LEN + 1], to[RFC3339_LEN + 1];

    rfc3339_format(date, v->tcb_date);
    rfc3339_format(from, v->not_before);
    rfc3339_format(to, v->not_after);
    buf_printf(b, "%-16s  %s (platform %s, quoting enclave %s), level of %.10s\n", "TCB status",
               tcb_status_name(v->tcb_status), tcb_status_name(v->platform_tcb_status),
               tcb_status_name(v->qe_tcb_status), date);
    buf_printf(b, "%-16s ", "advisories");
    for (size_t i = 0; i < v->num_advisories; i++)
        buf_printf(b, " %s", v->advisories[i]);
    buf_printf(b, "%s\n", v->num_advisories == 0 ? " none" : "");
    buf_printf(b, "%-16s  %s to %s\n", "valid", from, to);
}

char *verdict_text(const struct verdict *v, struct arena *a)
{
    scoped(buf_wipe) struct buf b =
        buf_max(LIMIT_COLLATERAL_JSON + 64 * KIB); /* advisories came in that much JSON */

    for (size_t i = 0; i < v->num_checks; i++)
        put_check(&b, &v->checks[i]);
    if (!v->genuine) {
        buf_printf(&b, "not genuine: %s: %s\n%s %s\n", reason_of(v->reason.code)->name, v->reason.text,
                   reason_of(v->reason.code)->cause, reason_of(v->reason.code)->remedy);
    } else {
        buf_str(&b, "genuine\n");
        put_claims(&b, &v->claims, a);
        put_tcb(&b, v);
    }
    return arena_strndup(a, buf_bytes(&b));
}
