/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/fetch.h: one item of collateral from its vendor's service or a caching one, over HTTPS.
 *
 * What is fetched is signed by the vendor, so the connection needs no trust; its certificate is verified all
 * the same unless that is switched off, because a listener in between could at least see which machines are
 * asked for.
 */
#pragma once
#include "attestation/collateral.h"

struct fetch_options {
    const char *intel_url; /* "https://host[:port][/prefix]"; NULL: Intel's own */
    const char *amd_url;   /* NULL: AMD's own */
    const char *ca_file;   /* PEM of the roots that servers' certificates chain to; NULL: the system's */
    bool any_server;       /* take any server certificate (caching services are often set up with their own) */
    unsigned call_ms;      /* 0: 20 s */
};
#define FETCH_NONE      "none" /* as URL: that service is not asked (E_COLLATERAL_MISSING) */
#define FETCH_INTEL_URL "https://api.trustedservices.intel.com"
#define FETCH_AMD_URL   "https://kdsintf.amd.com"

/* What the server said besides the body: for whoever decides when to ask again. */
struct fetch_status {
    int http_status;      /* 0: no answer */
    unsigned retry_after; /* seconds; 0: not said */
};

/* The item, body and chain in the arena, not yet verified; `expires` is not set. E_COLLATERAL_SOURCE tells what
 * the server answered, or why it could not be asked. */
bool fetch_item(const struct fetch_options *o, const struct collateral_need *need, int64_t now, struct arena *a,
                struct collateral_item *out, struct fetch_status *status, struct err *err);

/* The parts of a URL "https://host[:port][/prefix]"; E_CONFIG. */
struct fetch_url {
    char *address; /* host:port */
    char *host, *prefix;
};
bool fetch_url_parse(const char *url, struct arena *a, struct fetch_url *out, struct err *err);
