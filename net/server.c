/* SPDX-License-Identifier: Apache-2.0 */
#include "net/server.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/listen.h"
#include "net/loop.h"

enum { MAX_LOOPS = 64 };

struct net_server {
    struct net_limits limits;
    struct pool *pool;
    struct peers *peers;
    struct budget budget;
    struct door *doors;
    unsigned num_loops;
    struct loop loops[];
};

static unsigned or_default(unsigned value, unsigned otherwise) { return value != 0 ? value : otherwise; }

static struct net_limits with_defaults(struct net_limits l)
{
    return (struct net_limits){
        .max_body = l.max_body != 0 ? l.max_body : LIMIT_HTTP_BODY,
        .max_connections = l.max_connections != 0 ? l.max_connections : LIMIT_CONNECTIONS,
        .max_connections_per_peer =
            l.max_connections_per_peer != 0 ? l.max_connections_per_peer : LIMIT_CONNECTIONS_PER_PEER,
        .handshake_ms = or_default(l.handshake_ms, PATIENCE_HANDSHAKE_MS),
        .request_ms = or_default(l.request_ms, PATIENCE_REQUEST_MS),
        .idle_ms = or_default(l.idle_ms, PATIENCE_IDLE_MS),
        .write_ms = or_default(l.write_ms, PATIENCE_WRITE_MS),
        .drain_ms = or_default(l.drain_ms, PATIENCE_DRAIN_MS),
    };
}

static unsigned num_processors(void)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 2 ? 2 : n > MAX_LOOPS ? MAX_LOOPS : (unsigned)n;
}

static struct net_server *server_alloc(const struct net_server_options *options)
{
    const unsigned wanted = or_default(options->num_loops, num_processors());
    const unsigned num_loops = wanted < MAX_LOOPS ? wanted : MAX_LOOPS;
    struct net_server *s = calloc(1, sizeof *s + num_loops * sizeof s->loops[0]);

    if (s == NULL)
        abort();
    s->limits = with_defaults(options->limits);
    s->num_loops = num_loops;
    atomic_init(&s->budget.used, 0);
    s->budget.max = LIMIT_HTTP_BODIES > s->limits.max_body ? LIMIT_HTTP_BODIES : s->limits.max_body;
    s->peers = peers_new(s->limits.max_connections, s->limits.max_connections_per_peer);
    return s;
}

static bool start_loops(struct net_server *s, struct err *err)
{
    for (unsigned i = 0; i < s->num_loops; i++) {
        struct loop *loop = &s->loops[i];

        loop->limits = s->limits;
        loop->pool = s->pool;
        loop->peers = s->peers;
        loop->budget = &s->budget;
        if (!loop_start(loop, err))
            return false;
    }
    return true;
}

bool net_server_start(const struct net_server_options *options, struct net_server **out, struct err *err)
{
    struct net_server *s;

    net_init();
    s = server_alloc(options);
    if (pool_start(or_default(options->num_workers, num_processors()), &s->pool, err) &&
        start_loops(s, err)) {
        *out = s;
        return true;
    }
    net_server_stop(&s);
    return false;
}

static struct door *door_new(const struct net_listener *listener)
{
    struct door *d = calloc(1, sizeof *d);
    size_t n = 0;

    if (d == NULL)
        abort();
    d->settings = *listener;
    d->settings.address = strdup(listener->address);
    if (d->settings.address == NULL)
        abort();
    if (listener->http2)
        d->alpn[n++] = "h2";
    if (listener->http1)
        d->alpn[n++] = "http/1.1";
    return d;
}

static void doors_free(struct door *first)
{
    for (struct door *d = first, *next; d != NULL; d = next) {
        next = d->next;
        free((char *)(uintptr_t)d->settings.address);
        free(d);
    }
}

bool net_server_listen(struct net_server *s, const struct net_listener *listener, unsigned *port,
                       struct err *err)
{
    int fds[MAX_LOOPS];
    unsigned got, i;

    if (!listener->http1 && !listener->http2)
        return err_set(err, E_CONFIG, "listener %s speaks neither HTTP/1.1 nor HTTP/2", listener->address);
    if (!listen_sockets(listener->address, s->num_loops, fds, &got, err))
        return false;
    struct door *door = door_new(listener);
    door->next = s->doors;
    s->doors = door;
    for (i = 0; i < s->num_loops && loop_listen(&s->loops[i], door, fds[i], err);)
        i++;
    for (unsigned left = i + 1; left < s->num_loops; left++)
        (void)close(fds[left]); /* a loop refused; what already listens goes with the server */
    if (i < s->num_loops)
        return false;
    if (port != NULL)
        *port = got;
    return true;
}

void net_server_stop(struct net_server **s)
{
    struct net_server *mine = *s;

    *s = NULL;
    if (mine == NULL)
        return;
    for (unsigned i = 0; i < mine->num_loops; i++)
        loop_stop(&mine->loops[i]);
    for (unsigned i = 0; i < mine->num_loops; i++)
        loop_join(&mine->loops[i]); /* each waits for its jobs, so the pool is empty then */
    pool_stop(&mine->pool);
    peers_free(&mine->peers);
    doors_free(mine->doors);
    free(mine);
}
