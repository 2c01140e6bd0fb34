/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/sim/measure.h: what a program is in the simulation, from an open file. For attestation/sim
 * only. */
#pragma once
#include "attestation/sim/sim.h"

/* Measures what is read from `fd` (at its start) and takes the rest from PATH.sim-sig, if that is there. */
bool sim_measure_fd(int fd, const char *path, struct sim_identity *out, struct err *err);

/* For meshsim, which shows what other programs would, and for a launcher, which will be another one: from
 * here on the running program is this one. To be said while there is one thread; the path has to last. */
void sim_measure_instead(const char *path);

/* The running program, even if its file has been replaced or removed since it started. */
bool sim_measure_self(struct sim_identity *out, struct err *err);
