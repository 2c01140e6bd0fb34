/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/vectors.h: a folder of evidence of others, with what is to be said of each, judged.
 *
 * Layout: a folder for each vector with expected.json (verifier, inputs, time, policy, verdict, reason,
 * fields, window, accept_under) and the files it names; index.json lists the vectors, without it each folder
 * with an expected.json is one. What must hold: verdict and reason; of what is genuine all fields and no
 * others, the window, that one second outside of it is refused as too early or too late, what MarbleRun's
 * default policy says; and the same verdict when judged again, with signatures remembered.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

enum vector_result { VECTOR_AS_EXPECTED, VECTOR_MISMATCH, VECTOR_NOT_SUPPORTED };

/* Strings live as long as the call. */
struct vector_seen {
    const char *id, *tee, *verifier;
    const char *expected; /* "ok", or "reject" */
    const char *found;    /* "ok", or the reason of the refusal */
    const char *claims;   /* JSON; "{}" if nothing was read */
    const char *wrong;    /* a line for each mismatch; empty if there is none */
    enum vector_result result;
};

/* Calls `seen` for each vector, in the order of the index. False: the folder cannot be read. */
bool vectors_run(const char *folder, struct arena *a, void (*seen)(void *ctx, const struct vector_seen *v),
                 void *ctx, struct err *err);
