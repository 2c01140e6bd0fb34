/* SPDX-License-Identifier: Apache-2.0 */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/text.h"

static bool split(const char *address, struct slice *host, struct slice *port)
{
    const char *colon = strrchr(address, ':');
    const size_t len = colon != NULL ? (size_t)(colon - address) : 0;

    if (colon == NULL)
        return false;
    *host = slice_of(address, len);
    *port = slice_str(colon + 1);
    if (len >= 2 && address[0] == '[' && address[len - 1] == ']')
        *host = slice_of(address + 1, len - 2);
    else if (memchr(address, ':', len) != NULL)
        return false; /* an IPv6 address without brackets: where does it end? */
    return memchr(host->ptr, '[', host->len) == NULL && memchr(host->ptr, ']', host->len) == NULL;
}

bool address_split(const char *address, struct arena *a, char **host, unsigned *port, struct err *err)
{
    struct slice h, p;
    uint64_t number;

    if (!split(address, &h, &p) || !decimal_decode(p, 65535, &number))
        return err_set(err, E_ADDRESS, "address \"%s\", expected host:port with a port of 0 to 65535",
                       text_shown(a, slice_str(address)));
    *host = arena_strndup(a, h);
    *port = (unsigned)number;
    return true;
}

bool address_resolve(const char *host, unsigned port, bool passive, struct addrinfo **out, struct err *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)};
    char service[12];
    int rc;

    (void)snprintf(service, sizeof service, "%u", port);
    rc = getaddrinfo(host[0] != '\0' ? host : NULL, service, &hints, out);
    return rc == 0 || err_set(err, E_ADDRESS, "host \"%s\": %s", host, gai_strerror(rc));
}

void address_free(struct addrinfo **list)
{
    if (*list != NULL)
        freeaddrinfo(*list);
    *list = NULL;
}

void address_text(const struct sockaddr_storage *addr, char out[ADDRESS_LEN])
{
    const struct sockaddr_in *v4 = (const void *)addr;
    const struct sockaddr_in6 *v6 = (const void *)addr;
    const char *text = NULL;

    if (addr->ss_family == AF_INET)
        text = inet_ntop(AF_INET, &v4->sin_addr, out, ADDRESS_LEN);
    else if (addr->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        text = inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], out, ADDRESS_LEN);
    else if (addr->ss_family == AF_INET6)
        text = inet_ntop(AF_INET6, &v6->sin6_addr, out, ADDRESS_LEN);
    if (text == NULL)
        (void)snprintf(out, ADDRESS_LEN, "?");
}
