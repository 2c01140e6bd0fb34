/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/collect_device.h: asking a TEE's device, for the collectors. Private to attestation/. */
#pragma once
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/scope.h"

void device_close(int *fd); /* for scoped(): accepts -1 */

/* Is it there, and may this process use it? E_NO_TEE; `what` says what it would be the device of. */
bool device_probe(const char *path, const char *what, struct err *err);

/* E_EVIDENCE_UNAVAILABLE. */
bool device_open(const char *path, int *fd, struct err *err);

/* ioctl() that is not interrupted; false with errno set. */
bool device_ask(int fd, unsigned long request, void *argument);

/* Does the evidence show the report data that were asked for? E_EVIDENCE_UNAVAILABLE: what shared the device was
 * answered instead, or the format is another. */
bool evidence_is_about(struct slice evidence, size_t report_data_at, const uint8_t report_data[64],
                       const char *device, struct err *err);
