/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/serve.h: a look-alike of Intel's PCS, a PCCS and AMD's KDS over HTTPS, for simulated platforms.
 *
 * Serves what the simulated platform and processors need, under the paths of the real services. How it fails can be
 * told while it runs:
 *
 *     POST   /sim/faults   FAULT PATH-PART [TIMES]    one in each line; the first that fits a path counts
 *     DELETE /sim/faults
 *     GET    /sim/counts   "N PATH" for each path that was asked for
 *
 *     429[:SECONDS]  too many requests, with Retry-After       503  404  not now, not known
 *     delay:MS       the right answer, late                    truncate  half of the body
 *     issuer         signed by somebody else                   expired   was in force until yesterday
 */
#pragma once
#include "net/server.h"

struct sim_service;
struct sim_service *sim_service_new(void);
void sim_service_free(struct sim_service **s); /* accepts NULL inside; its server has ended */

/* For net_listener.handler; the server's certificate, which is made for "localhost", 127.0.0.1 and ::1, as PEM. */
struct net_handler sim_service_handler(struct sim_service *s);
const char *sim_service_certificate(const struct sim_service *s);
