/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/scope.h"
#include "net/address.h"

struct place {
    struct sockaddr_storage addr;
    socklen_t len;
    const char *shown;
};

static int make_socket(const struct place *at, bool shared)
{
    const int fd = socket(at->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1, off = 0;
    int rc = fd < 0 ? -1 : setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);

    if (rc == 0 && shared)
        rc = setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (rc == 0 && at->addr.ss_family == AF_INET6)
        rc = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (rc == 0)
        rc = bind(fd, (const struct sockaddr *)&at->addr, at->len);
    if (rc == 0)
        return fd;
    if (fd >= 0) {
        const int saved = errno;

        (void)close(fd);
        errno = saved;
    }
    return -1;
}

static unsigned port_of(const struct place *at)
{
    return ntohs(at->addr.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&at->addr)->sin6_port
                                                : ((const struct sockaddr_in *)&at->addr)->sin_port);
}

/* With SO_REUSEPORT a bind succeeds beside another program of the same user, and each would get a share of
 * the connections. Without it, it does not. */
static bool probe(const struct place *at, struct err *err)
{
    int fd;

    if (port_of(at) == 0)
        return true;
    fd = make_socket(at, false);
    if (fd < 0)
        return err_errno(err, E_LISTEN, "listening on %s", at->shown);
    (void)close(fd);
    return true;
}

static void close_all(int *fds, size_t num)
{
    for (size_t i = 0; i < num; i++)
        (void)close(fds[i]);
}

/* The first socket settles the port for all. */
static bool make_all(struct place *at, size_t num, int *fds, struct err *err)
{
    for (size_t i = 0; i < num; i++) {
        fds[i] = make_socket(at, true);
        if (fds[i] >= 0 && getsockname(fds[i], (struct sockaddr *)&at->addr, &at->len) == 0)
            continue;
        (void)err_errno(err, E_LISTEN, "listening on %s", at->shown);
        close_all(fds, fds[i] >= 0 ? i + 1 : i);
        return false;
    }
    return true;
}

static bool try_place(struct place at, size_t num, int *fds, unsigned *port, struct err *err)
{
    if (!probe(&at, err) || !make_all(&at, num, fds, err))
        return false;
    *port = port_of(&at);
    return true;
}

static struct place any_address(int family, unsigned port, const char *shown)
{
    struct place at = {.shown = shown};

    if (family == AF_INET6) {
        *(struct sockaddr_in6 *)&at.addr = (struct sockaddr_in6){
            .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_ANY_INIT};
        at.len = sizeof(struct sockaddr_in6);
    } else {
        *(struct sockaddr_in *)&at.addr =
            (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        at.len = sizeof(struct sockaddr_in);
    }
    return at;
}

/* Where it is switched off, neither sockets nor addresses of the family can be had. */
static bool has_ipv6(void)
{
    const struct place at = any_address(AF_INET6, 0, "");
    const int fd = make_socket(&at, false);

    if (fd >= 0)
        (void)close(fd);
    return fd >= 0;
}

bool listen_sockets(const char *address, size_t num, int *fds, unsigned *port, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    scoped(address_free) struct addrinfo *found = NULL;
    unsigned wanted;
    char *host;

    if (!address_split(address, &a, &host, &wanted, err))
        return false;
    if (host[0] == '\0')
        return try_place(any_address(has_ipv6() ? AF_INET6 : AF_INET, wanted, address), num, fds, port, err);
    if (!address_resolve(host, wanted, true, &found, err))
        return false;
    for (const struct addrinfo *i = found; i != NULL; i = i->ai_next) {
        struct place at = {.len = i->ai_addrlen, .shown = address};

        memcpy(&at.addr, i->ai_addr, i->ai_addrlen);
        if (try_place(at, num, fds, port, err))
            return true;
    }
    return false;
}
