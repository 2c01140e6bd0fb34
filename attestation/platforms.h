/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/platforms.h: which machines may take part: allow-lists and bans.
 *
 * An entry of the manifest's Infrastructures may carry, beside MarbleRun's fields (which have no effect, as
 * there), lists of hex strings:
 *
 *     "FMSPC": [...]    families of Intel platforms, 6 bytes each
 *     "PPID": [...]     single Intel platforms, 16 bytes
 *     "ChipID": [...]   single AMD processors, 64 bytes (of Turin the first 8 suffice)
 *     "Banned": {"FMSPC": [...], "PPID": [...], "ChipID": [...]}
 *
 * A platform that any entry bans is refused. If any entry allows platforms, the platform must be allowed by
 * one: it is in each list of that entry that is about its vendor, and there is at least one such list.
 */
#pragma once
#include "attestation/claims.h"
#include "base/json.h"

struct platform_list {
    struct slice *ids;
    size_t num;
};
struct platform_lists {
    struct platform_list fmspc, ppid, chip_id;
};
struct platform_rule {
    const char *name; /* of the entry */
    struct platform_lists allowed, banned;
};

/* The lists of one entry; unknown members of Banned are a fault. */
bool platform_rule_parse(struct fields *f, const char *name, struct platform_rule *out);
extern const char *const platform_known_fields[]; /* for fields_unknown(), with MarbleRun's */

/* Does the entry say anything? */
bool platform_rule_has_effect(const struct platform_rule *r);

/* Appends the lists that are there as members, each with a comma in front unless it is the first. */
void platform_rule_put(struct buf *b, const struct platform_rule *r);

/* E_PLATFORM names the entry that bans, or what was looked for. Evidence that does not say which machine it is
 * from (AMD with a VLEK or masked chip id, Nitro) is refused where lists could be about it. */
bool platforms_match(const struct platform_rule *rules, size_t num, const struct claims *c, struct err *err);
