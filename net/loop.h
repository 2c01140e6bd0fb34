/* SPDX-License-Identifier: Apache-2.0 */
/* net/loop.h: one event loop on a thread of its own, and the server's parts that loops share.
 *
 * All of a loop belongs to its thread but what stands behind `mutex`: by that others hand things in.
 */
#pragma once
#include <pthread.h>
#include <uv.h>

#include "base/limits.h"
#include "net/exchange.h"
#include "net/peers.h"

enum { READ_LEN = 32 * KIB };

struct conn;

/* A listener as the server keeps it, for all loops. */
struct door {
    struct net_listener settings;
    const char *alpn[3];
    struct door *next;
};

/* A door's socket at one loop. */
struct post {
    uv_tcp_t tcp;
    struct loop *loop;
    const struct door *door;
    struct post *next;
};

/* Something to be done on the loop's thread while the caller waits. */
struct errand {
    bool (*run)(struct loop *loop, struct errand *e);
    const struct door *door;
    int fd;
    struct err err;
    bool ok;
    uv_sem_t finished;
    struct errand *next;
};

struct loop {
    struct net_limits limits;
    struct pool *pool;
    struct peers *peers;
    struct budget *budget;

    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t drain;
    pthread_t thread;
    bool is_running;
    struct post *posts;
    struct conn *conns;
    bool is_stopping;
    uint8_t read[READ_LEN]; /* what a socket gave; looked at before the next one is read */

    pthread_mutex_t mutex;
    struct job *done;
    struct errand *errands;
};

/* Fields up to `budget` are the caller's to set before. */
bool loop_start(struct loop *loop, struct err *err);
bool loop_listen(struct loop *loop, const struct door *door, int fd, struct err *err); /* takes the socket */
void loop_stop(struct loop *loop);                                                     /* begins the end */
void loop_join(struct loop *loop);                                                     /* waits for it */

/* From a worker thread: the job's exchange goes back to its connection. */
void loop_give_back(struct loop *loop, struct job *job);

/* The connection is gone; the last one of a stopping loop ends it. */
void loop_forget(struct loop *loop);
