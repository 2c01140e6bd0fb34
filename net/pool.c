/* SPDX-License-Identifier: Apache-2.0 */
#include "net/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"
#include "net/thread.h"

struct queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct job *first, **last;
    size_t num_waiting;
    bool stopping;
};

struct pool {
    struct queue lanes[NUM_LANES];
    unsigned num_threads;
    pthread_t threads[];
};

static struct job *queue_take(struct queue *q)
{
    struct job *job;

    (void)pthread_mutex_lock(&q->mutex);
    while (q->first == NULL && !q->stopping)
        (void)pthread_cond_wait(&q->changed, &q->mutex);
    job = q->first;
    if (job != NULL) {
        q->first = job->next;
        if (q->first == NULL)
            q->last = &q->first;
        q->num_waiting--;
    }
    (void)pthread_mutex_unlock(&q->mutex);
    return job;
}

static void *worker(void *arg)
{
    for (struct job *job; (job = queue_take(arg)) != NULL;) {
        job->work(job);
        job->done(job);
    }
    return NULL;
}

static void queue_init(struct queue *q)
{
    (void)pthread_mutex_init(&q->mutex, NULL);
    (void)pthread_cond_init(&q->changed, NULL);
    q->last = &q->first;
}

static void queue_stop(struct queue *q)
{
    (void)pthread_mutex_lock(&q->mutex);
    q->stopping = true;
    (void)pthread_cond_broadcast(&q->changed);
    (void)pthread_mutex_unlock(&q->mutex);
}

static void queue_wipe(struct queue *q)
{
    (void)pthread_mutex_destroy(&q->mutex);
    (void)pthread_cond_destroy(&q->changed);
}

bool pool_start(unsigned threads_per_lane, struct pool **out, struct err *err)
{
    struct pool *p = calloc(1, sizeof *p + NUM_LANES * threads_per_lane * sizeof p->threads[0]);

    if (p == NULL)
        abort();
    for (unsigned i = 0; i < NUM_LANES; i++)
        queue_init(&p->lanes[i]);
    for (unsigned i = 0; i < NUM_LANES * threads_per_lane; i++) {
        if (!thread_start(&p->threads[i], worker, &p->lanes[i % NUM_LANES], err)) {
            pool_stop(&p);
            return false;
        }
        p->num_threads++;
    }
    *out = p;
    return true;
}

bool pool_submit(struct pool *p, enum lane lane, struct job *job, struct err *err)
{
    struct queue *q = &p->lanes[lane];
    bool is_full;

    job->next = NULL;
    (void)pthread_mutex_lock(&q->mutex);
    is_full = q->num_waiting >= LIMIT_JOBS;
    if (!is_full) {
        *q->last = job;
        q->last = &job->next;
        q->num_waiting++;
        (void)pthread_cond_signal(&q->changed);
    }
    (void)pthread_mutex_unlock(&q->mutex);
    return !is_full || err_set(err, E_BUSY, "%d requests are waiting for a worker already", LIMIT_JOBS);
}

void pool_stop(struct pool **p)
{
    struct pool *mine = *p;

    *p = NULL;
    if (mine == NULL)
        return;
    for (unsigned i = 0; i < NUM_LANES; i++)
        queue_stop(&mine->lanes[i]);
    for (unsigned i = 0; i < mine->num_threads; i++)
        (void)pthread_join(mine->threads[i], NULL);
    for (unsigned i = 0; i < NUM_LANES; i++)
        queue_wipe(&mine->lanes[i]);
    free(mine);
}
