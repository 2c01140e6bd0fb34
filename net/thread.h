/* SPDX-License-Identifier: Apache-2.0 */
/* net/thread.h: threads that no signal interrupts. Signals are for the program's own threads. */
#pragma once
#include <pthread.h>

#include "base/err.h"

bool thread_start(pthread_t *out, void *(*run)(void *), void *arg, struct err *err);
