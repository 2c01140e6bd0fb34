/* SPDX-License-Identifier: Apache-2.0 */
/* cli/client/coordinator.h: a coordinator, why it is believed, and one exchange with it or with a service
 * that it vouches for. What meshctl and libmeshclient share; cli/client/ knows neither command lines nor the
 * environment.
 *
 * A coordinator is believed because its evidence was verified (cli/client/verify.h), or because its root
 * certificate was kept after such a verification (coordinator_pinned). Each connection accepts exactly that
 * root certificate: not one that only comes from it, which a service has as well.
 */
#pragma once
#include "base/json.h"
#include "net/http.h"
#include "net/tls.h"
#include "pki/cert.h"

struct coordinator {
    const char *address; /* of its client API, "host:port" */
    struct cert intermediate, root;
    const char *chain_pem;        /* both, in this order */
    bool any_peer;                /* nothing was verified: whoever answers is talked to */
    struct tls_identity *user;    /* who asks; NULL: nobody in particular. Released by who set it */
    unsigned connect_ms, call_ms; /* 0: those of net/client.h */
};

/* The one whose root certificate is the last in `pem`; before it may stand its intermediate, which comes from
 * it. E_CERT_FORMAT, E_CERT_CHAIN. */
bool coordinator_pinned(const char *address, struct slice pem, struct arena *a, struct coordinator *out,
                        struct err *err);

/* One request over a connection of its own. E_COORDINATOR_OTHER: somebody else answers. */
bool coordinator_exchange(const struct coordinator *c, const struct http_request *request, struct arena *a,
                          struct http_response *out, struct err *err);

/* The same to a service of the mesh, which presents the chain that the coordinator gave it. Of the marble
 * type `type` (NULL: any), or E_MARBLE_OTHER. */
bool marble_exchange(const struct coordinator *c, const char *address, const char *type,
                     const struct http_request *request, struct arena *a, struct http_response *out,
                     struct err *err);

/* One call of the REST API. `path` with its query; `body` empty: none. *data is the envelope's data member;
 * the caller releases it. A refusal carries the coordinator's own reason and words. */
bool coordinator_call(const struct coordinator *c, const char *method, const char *path, struct slice body,
                      struct arena *a, json_t **data, struct err *err);

/* "/path?query", taken apart into the request. */
void http_target_set(struct http_request *r, const char *target);

/* A user of the manifest: certificate (chain) and private key, PEM. The names stand for them in messages.
 * E_KEY_FORMAT if they do not belong together. */
struct named_pem {
    const char *name;
    struct slice text;
};
bool user_identity(struct named_pem certificate, struct named_pem key, struct arena *a,
                   struct tls_identity **out, struct err *err);
