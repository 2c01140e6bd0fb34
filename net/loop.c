/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/conn.h"
#include "net/thread.h"

enum { BACKLOG = 512 };

static void on_post_closed(uv_handle_t *h) { free(h->data); }

static void close_handle(uv_handle_t *h, uv_close_cb done)
{
    if (!uv_is_closing(h))
        uv_close(h, done);
}

/* With no connection left, the last handles go and uv_run() returns. */
void loop_forget(struct loop *loop)
{
    if (!loop->is_stopping || loop->conns != NULL)
        return;
    close_handle((uv_handle_t *)&loop->wake, NULL);
    close_handle((uv_handle_t *)&loop->drain, NULL);
}

static void on_connection(uv_stream_t *s, int status)
{
    struct post *post = s->data;

    if (status == 0)
        conn_accept(post->loop, post->door, s);
}

static bool run_listen(struct loop *loop, struct errand *e)
{
    struct post *post = calloc(1, sizeof *post);
    int rc;

    if (post == NULL)
        abort();
    *post = (struct post){.loop = loop, .door = e->door};
    rc = uv_tcp_init(&loop->uv, &post->tcp);
    post->tcp.data = post;
    if (rc == 0)
        rc = uv_tcp_open(&post->tcp, e->fd);
    if (rc != 0)
        (void)close(e->fd);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&post->tcp, BACKLOG, on_connection);
    if (rc != 0) {
        uv_close((uv_handle_t *)&post->tcp, on_post_closed);
        return err_set(&e->err, E_LISTEN, "listening on %s: %s", e->door->settings.address, uv_strerror(rc));
    }
    post->next = loop->posts;
    loop->posts = post;
    return true;
}

static void on_drained(uv_timer_t *t)
{
    struct loop *loop = t->data;

    conn_kill_all(loop->conns);
}

static bool run_stop(struct loop *loop, struct errand *e)
{
    (void)e;
    loop->is_stopping = true;
    for (struct post *p = loop->posts, *next; p != NULL; p = next) {
        next = p->next;
        uv_close((uv_handle_t *)&p->tcp, on_post_closed);
    }
    loop->posts = NULL;
    (void)uv_timer_start(&loop->drain, on_drained, loop->limits.drain_ms, 0);
    conn_shut_all(loop->conns);
    loop_forget(loop);
    return true;
}

static void on_wake(uv_async_t *async)
{
    struct loop *loop = async->data;
    struct errand *errands;
    struct job *done;

    (void)pthread_mutex_lock(&loop->mutex);
    done = loop->done;
    errands = loop->errands;
    loop->done = NULL;
    loop->errands = NULL;
    (void)pthread_mutex_unlock(&loop->mutex);

    for (struct job *next; done != NULL; done = next) {
        next = done->next;
        conn_take_back(done);
    }
    for (struct errand *next; errands != NULL; errands = next) {
        next = errands->next; /* whoever waits may be gone right after the post */
        errands->ok = errands->run(loop, errands);
        uv_sem_post(&errands->finished);
    }
}

/* The wake-up is sent under the mutex: who takes the job out may end the loop, and must find us done with it.
 */
void loop_give_back(struct loop *loop, struct job *job)
{
    (void)pthread_mutex_lock(&loop->mutex);
    job->next = loop->done;
    loop->done = job;
    (void)uv_async_send(&loop->wake);
    (void)pthread_mutex_unlock(&loop->mutex);
}

static bool run_errand(struct loop *loop, struct errand *e, struct err *err)
{
    if (uv_sem_init(&e->finished, 0) != 0)
        abort();
    (void)pthread_mutex_lock(&loop->mutex);
    e->next = loop->errands;
    loop->errands = e;
    (void)uv_async_send(&loop->wake);
    (void)pthread_mutex_unlock(&loop->mutex);
    uv_sem_wait(&e->finished);
    uv_sem_destroy(&e->finished);
    if (!e->ok)
        *err = e->err;
    return e->ok;
}

bool loop_listen(struct loop *loop, const struct door *door, int fd, struct err *err)
{
    struct errand e = {.run = run_listen, .door = door, .fd = fd};

    return run_errand(loop, &e, err);
}

void loop_stop(struct loop *loop)
{
    struct errand e = {.run = run_stop};
    struct err err;

    if (loop->is_running)
        (void)run_errand(loop, &e, &err);
}

static void *run(void *arg)
{
    struct loop *loop = arg;

    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    return NULL;
}

bool loop_start(struct loop *loop, struct err *err)
{
    const int rc = uv_loop_init(&loop->uv);

    if (rc != 0)
        return err_set(err, E_INTERNAL, "event loop: %s", uv_strerror(rc));
    (void)pthread_mutex_init(&loop->mutex, NULL);
    if (uv_async_init(&loop->uv, &loop->wake, on_wake) != 0 || uv_timer_init(&loop->uv, &loop->drain) != 0)
        abort(); /* no descriptors left to begin with */
    loop->wake.data = loop->drain.data = loop;
    loop->is_running = thread_start(&loop->thread, run, loop, err);
    return loop->is_running;
}

void loop_join(struct loop *loop)
{
    if (!loop->is_running)
        return;
    (void)pthread_join(loop->thread, NULL);
    (void)uv_loop_close(&loop->uv);
    (void)pthread_mutex_destroy(&loop->mutex);
    loop->is_running = false;
}
