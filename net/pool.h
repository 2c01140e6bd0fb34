/* SPDX-License-Identifier: Apache-2.0 */
/* net/pool.h: worker threads in two lanes, so that slow jobs never delay quick ones.
 *
 * A job is embedded in what it works on. `work` runs on a worker thread, then `done` is called on the
 * same thread: it hands the result on. Between pool_submit() and `done` the job is the pool's.
 */
#pragma once
#include "base/err.h"

enum lane { LANE_QUICK, LANE_SLOW, NUM_LANES };

struct job {
    struct job *next;
    void (*work)(struct job *job);
    void (*done)(struct job *job);
};

struct pool;
bool pool_start(unsigned threads_per_lane, struct pool **out, struct err *err);

/* E_BUSY when LIMIT_JOBS are waiting in the lane already. */
bool pool_submit(struct pool *p, enum lane lane, struct job *job, struct err *err);

/* Finishes what was submitted, joins the threads. Accepts NULL inside. */
void pool_stop(struct pool **p);
