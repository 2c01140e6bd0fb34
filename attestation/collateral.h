/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collateral.h: collateral as items: what evidence needs, and what a bundle or cache holds.
 *
 * An item is one answer of a vendor's service with what is known of it. Its name says what it is, whatever
 * server it came from:
 *
 *     tcb/sgx/FMSPC  tcb/tdx/FMSPC  qe/sgx  qe/tdx  pckcrl/processor  pckcrl/platform  rootcacrl
 *     vcek/PRODUCT/HWID/SPLS  vcek-chain/PRODUCT  vlek-chain/PRODUCT  vcek-crl/PRODUCT  vlek-crl/PRODUCT
 *
 * "@early" follows the name of Intel's documents when the early update channel was asked for. Everything here
 * is pure; fetching is attestation/fetch.h, keeping attestation/collateral_cache.h.
 *
 * Sources: Intel PCS API v4; AMD "VCEK Certificate and KDS Interface Specification", 57230.
 */
#pragma once
#include "attestation/attestation.h"

struct collateral_item {
    const char *name;
    struct slice body;  /* as served; JSON, PEM, DER */
    struct slice chain; /* issuer chain, PEM; empty if the service gives none */
    const char *source; /* URL or file it came from */
    int64_t fetched, expires; /* expires: the earliest end of validity in it */
};

struct collateral_items {
    struct collateral_item *at; /* by name, ascending */
    size_t num;
};
const struct collateral_item *collateral_find(const struct collateral_items *items, const char *name); /* or NULL */

/* ---- what evidence needs ----------------------------------------------------------------------- */

enum collateral_service { SERVICE_INTEL, SERVICE_AMD };
enum collateral_kind { /* of an item */
    COLLATERAL_TCB_INFO,
    COLLATERAL_QE_IDENTITY,
    COLLATERAL_PCK_CRL,
    COLLATERAL_ROOT_CA_CRL,
    COLLATERAL_VEK,
    COLLATERAL_VEK_CHAIN,
    COLLATERAL_VEK_CRL,
};

struct collateral_need {
    const char *name; /* of the item */
    enum collateral_kind kind;
    enum collateral_service service;
    const char *path;       /* of the request, with query */
    const char *other_url; /* whole; where Intel's own service has it elsewhere; or NULL */
    const char *chain_header; /* response header with the issuer chain, percent-encoded PEM; or NULL */
    size_t max;               /* of the body, in bytes */
    const char *about;        /* FMSPC, CA or product: what the body must be of; or NULL */
    bool tdx, vlek;           /* Intel's document is of TDX; AMD's chain is that of VLEKs */
    const char *issuers;      /* of a VEK: name of the item with its chain */
    bool optional;            /* evidence can be judged without it */
};
enum { MAX_NEEDS = 6 };
struct collateral_needs {
    struct collateral_need at[MAX_NEEDS];
    size_t num;
};

/* Which of Intel's two sets of TCB levels: those in force, or those announced. */
enum tcb_update { UPDATE_STANDARD, UPDATE_EARLY };
bool tcb_update_named(const char *name, enum tcb_update *out); /* "standard", "early" */

/* What this evidence needs that it does not carry itself. Only its form is read; nothing is verified, so a
 * forged quote can make another item be asked for and no more: paths are built from checked fields alone.
 * E_EVIDENCE_FORMAT, E_PCK_CHAIN. */
bool collateral_needs_of(const struct evidence *e, enum tcb_update update, struct arena *a,
                         struct collateral_needs *out, struct err *err);

/* The other way: what an appraisal would look at, as items; those with a body, be it empty. `expires` is not set. */
struct collateral_items collateral_items_of(const struct collateral_needs *needs, const struct collateral *c,
                                            const char *source, int64_t now, struct arena *a);

/* What an item of this name is. E_COLLATERAL_FORMAT if it is no such name. */
bool collateral_need_named(const char *name, struct arena *a, struct collateral_need *out, struct err *err);

/* What there is of the items put where the appraisal looks for it. Returns the name of the first that is needed and not
 * there, NULL if all are. */
const char *collateral_fill(const struct collateral_needs *needs, const struct collateral_items *items,
                            struct collateral *out);

/* The same for all of them, or none: E_COLLATERAL_MISSING. */
bool collateral_assemble(const struct collateral_needs *needs, const struct collateral_items *items,
                         struct collateral *out, struct err *err);

/* Can a verdict's refusal come from collateral that was not there? Whether something was not is another question. */
bool verdict_wants_collateral(const struct verdict *v);

/* Of what the evidence needs, the first item that is not there at all; NULL: all is there, or needs are unknown. */
const char *collateral_missing(const struct evidence *e, const struct collateral *c, struct arena *a);

/* Does the item hold by itself: form, what it is about, and signatures up to a trusted root? Sets
 * item->expires. What does not hold is never kept. `issuers`: of a VEK, the item with its chain, or NULL (then
 * its signature is left to the appraisal). E_COLLATERAL_*, E_CRL, E_ROOT, E_VEK_CHAIN. */
bool collateral_item_verify(const struct collateral_need *need, const struct roots *roots,
                            const struct collateral_item *issuers, struct arena *a, struct collateral_item *item,
                            struct err *err);

/* Sorts by name, for collateral_find(). */
void collateral_sort(struct collateral_items *items);

/* ---- as one file ------------------------------------------------------------------------------- */

/* A bundle: {"format": 2, "items": [{"name", "source", "fetched", "expires", "body" | "bodyBase64", "chain"}]},
 * times as RFC 3339. Names are unique. E_COLLATERAL_FORMAT. */
bool bundle_parse(struct slice text, struct arena *a, struct collateral_items *out, struct err *err);
char *bundle_text(const struct collateral_items *items, struct arena *a);

/* Several into one, sorted by name; of two with one name the one that expires later counts. */
struct collateral_items collateral_merge(const struct collateral_items *x, const struct collateral_items *y,
                                         struct arena *a);
