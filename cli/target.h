/* SPDX-License-Identifier: Apache-2.0 */
/* cli/target.h: the coordinator that a command talks to, and why it is believed.
 *
 * A coordinator is believed when its evidence was verified against a policy (target_attest), or when
 * it presents the certificate that was cached after such a verification (target_cached). Every later
 * connection accepts exactly that root certificate.
 */
#pragma once
#include "base/json.h"
#include "cli/command.h"
#include "net/tls.h"
#include "pki/cert.h"

struct target {
    struct cli *cli;
    const char *address;
    struct cert root, intermediate;
    bool any_peer;         /* --insecure: nothing was verified */
    const char *chain_pem; /* intermediate, then root */
    struct tls_identity *identity; /* who asks; NULL: nobody in particular. See cli/api.h */
};

/* Fetches the quote with a nonce, appraises it, matches the policy. Says on stderr which policy was
 * used, and what was not checked with --insecure. */
bool target_attest(struct cli *cli, const char *address, struct target *out, struct err *err);

/* Believes the cached certificate; attests if there is none. */
bool target_cached(struct cli *cli, const char *address, struct target *out, struct err *err);

/* E_CERT_CHAIN unless the cache holds the same root certificate (MarbleRun's rule for `certificate`);
 * nothing is asked with --insecure. */
bool target_same_as_cached(const struct target *t, struct err *err);

/* Where the cache is; NULL and E_CONFIG if neither the command line nor the environment says so. */
const char *target_cache_path(struct cli *cli, struct err *err);

/* Writes chain_pem to the cache file (0600, folders 0755). */
bool target_keep(const struct target *t, struct err *err);

/* One API call. `body` empty: none. *data is the envelope's data member; the caller releases it. A
 * refusal carries the coordinator's reason and words. */
bool target_call(const struct target *t, const char *method, const char *path, struct slice body,
                 json_t **data, struct err *err);
