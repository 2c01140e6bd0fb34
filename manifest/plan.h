/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/plan.h: what an update would change, and what that means. Pure: values in, values out.
 *
 * The rules are MarbleRun's: which upload is a package update and which a full one, which secrets a full
 * update keeps, when recovery keys change. The coordinator applies an update by the same functions that tell
 * about it here.
 */
#pragma once
#include "manifest/manifest.h"

/* ---- the rules --------------------------------------------------------------------------------- */

enum update_kind { UPDATE_PACKAGES, UPDATE_FULL };

/* A package update has nothing but Packages (and Config, which it ignores). */
enum update_kind update_kind_of(const struct manifest *upload);

/* The packages in force after a package update: `effective` with the security versions of the upload. The
 * result has `num` packages, sorted, in the arena; what it borrows lives as long as `effective`. Refused are:
 * none, an unknown package, anything but SecurityVersion, none of it (E_UPDATE_PACKAGE); a lower one
 * (E_UPDATE_DOWNGRADE). */
bool packages_update(const struct package *effective, size_t num, const struct manifest *upload,
                     struct arena *a, struct package **out, struct err *err);

/* What a full update does to a secret; to one that only the new manifest has (old NULL), or only the old one
 * (next NULL), too. Definitions are equal if Type, Size, Shared, UserDefined and ValidFor are. */
enum secret_fate {
    SECRET_KEPT,        /* value and previous value stay */
    SECRET_NEW,         /* not there before, or redefined: a new value, which is the previous one too */
    SECRET_REGENERATED, /* a new value; the old one becomes the previous one */
    SECRET_REMOVED,     /* gone, with its previous value */
};
enum secret_fate secret_fate_of(const struct secret_spec *old, const struct secret_spec *next,
                                bool rotate_root_secret);

/* Do new recovery secrets have to be made? Other keys, other names, or another effective threshold. */
bool recovery_changes(const struct manifest *old, const struct manifest *next);

/* ---- the plan ---------------------------------------------------------------------------------- */

enum plan_section {
    PLAN_PACKAGES,
    PLAN_INFRASTRUCTURES,
    PLAN_MARBLES,
    PLAN_USERS,
    PLAN_SECRETS,
    PLAN_RECOVERY_KEYS,
    PLAN_ROLES,
    PLAN_TLS,
    PLAN_CONFIG, /* entries are named like the members of Config */
    NUM_PLAN_SECTIONS
};
const char *plan_section_name(enum plan_section s); /* "Packages", ... */

enum plan_change { PLAN_ADDED, PLAN_REMOVED, PLAN_CHANGED };

struct plan_entry {
    enum plan_section section;
    enum plan_change change;
    const char *name;
    char **details; /* of a changed one: "SecurityVersion: 1 -> 2"; no secret's value */
    size_t num_details;
};

struct plan_secret {
    const char *name;
    enum secret_fate fate; /* of those that are kept there is none in the plan */
    bool redefined;        /* SECRET_NEW: another secret had this name */
};

struct plan {
    enum update_kind kind;
    struct plan_entry *entries; /* by section, then by name */
    size_t num_entries;
    struct plan_secret *secrets; /* by name; shared certificates in a package update too */
    size_t num_secrets;
    bool rotates_intermediate; /* and with it the marble root certificate */
    bool rotates_root_secret;  /* private symmetric keys change with it */
    bool changes_recovery;     /* new recovery secrets for the owners of recovery keys */
    char **restart;            /* marbles that have to be restarted to get what is new for them, by type */
    size_t num_restart;
    const struct user **acknowledge; /* whose acknowledgments count: of the manifest in force */
    size_t num_acknowledge, needed;  /* how many of them a full update needs; a package update needs none */
};

/* What `upload` would do to a mesh under `current`, whose packages in force are `effective` (as many as
 * current->num_packages). A full update must have passed manifest_check(). Errors: those of
 * packages_update(). Borrows from all three. */
bool plan_update(const struct manifest *current, const struct package *effective,
                 const struct manifest *upload, struct arena *a, struct plan *out, struct err *err);

char *plan_text(const struct plan *p, struct arena *a); /* for people, several lines */
char *plan_json(const struct plan *p, struct arena *a); /* for programs */
