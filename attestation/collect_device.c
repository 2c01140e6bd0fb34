/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collect_device.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

void device_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

bool device_probe(const char *path, const char *what, struct err *err)
{
    scoped(device_close) int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd >= 0)
        return true;
    if (errno == ENOENT)
        return err_set(err, E_NO_TEE, "no %s, so this is no %s", path, what);
    return err_errno(err, E_NO_TEE, "opening %s", path);
}

bool device_open(const char *path, int *fd, struct err *err)
{
    *fd = open(path, O_RDWR | O_CLOEXEC);
    return *fd >= 0 || err_errno(err, E_EVIDENCE_UNAVAILABLE, "opening %s", path);
}

bool device_ask(int fd, unsigned long request, void *argument)
{
    int n;

    do
        n = ioctl(fd, request, argument);
    while (n != 0 && errno == EINTR);
    return n == 0;
}

bool evidence_is_about(struct slice evidence, size_t report_data_at, const uint8_t report_data[64],
                       const char *device, struct err *err)
{
    struct cursor c = cursor_over(evidence);

    (void)cursor_take(&c, report_data_at);
    return slice_equal(cursor_take(&c, 64), slice_of(report_data, 64)) ||
           err_set(err, E_EVIDENCE_UNAVAILABLE, "%s: %zu bytes that are not about the report data asked for",
                   device, evidence.len);
}
