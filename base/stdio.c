/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

unsigned stdio_hold(void)
{
    unsigned held = 0;

    /* In this order: open() takes the lowest number that is free. */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR | O_CLOEXEC) == fd)
            held |= 1U << fd;
    return held;
}

void stdio_release(unsigned held)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if ((held & 1U << fd) != 0)
            (void)close(fd);
}
