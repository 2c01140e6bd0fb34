/* SPDX-License-Identifier: Apache-2.0 */
/* net/conn.h: one client connection; all calls on its loop's thread. */
#pragma once
#include "net/loop.h"

void conn_accept(struct loop *loop, const struct door *door, uv_stream_t *from);
void conn_take_back(struct job *job); /* a job is done: its answer goes out */

void conn_shut_all(struct conn *first); /* finish what is under way, then close */
void conn_kill_all(struct conn *first); /* close at once */
