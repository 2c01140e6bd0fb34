/* SPDX-License-Identifier: Apache-2.0 */
/* attestation/steps.h: an appraisal is a list of steps; how they are taken and noted.
 *
 * Private to attestation/. A kind's verifier has a struct of its own that begins with struct appraising, and
 * one or more tables of steps. The first refusal ends the appraisal; the steps after it are noted as skipped.
 *
 *     struct snp x = {.x = appraising_begin(what, a, v)};
 *
 *     (void)steps_take(&x.x, steps, NUM_STEPS);
 *     appraising_end(&x.x);
 *
 * Verifiers can be taken one after the other on one verdict: a certificate's steps, those of the evidence in
 * it, then the binding between the two. Checks are appended, the window only gets narrower.
 */
#pragma once
#include "attestation/attestation.h"

/* The time in which everything used so far is valid, both ends included. */
struct window {
    int64_t from, to;
};
static inline struct window window_all(void) { return (struct window){INT64_MIN, INT64_MAX}; }
void window_narrow(struct window *w, int64_t from, int64_t to);

struct appraising {
    const struct appraisal *in;
    struct arena *arena;
    struct verdict *v;
    struct window window;
    /* of the step at hand, where it has more to say than the table or the error */
    const char *expected, *found;
};

/* Takes the window over from the verdict, and gives it back. */
struct appraising appraising_begin(const struct appraisal *in, struct arena *a, struct verdict *v);
void appraising_end(struct appraising *x);

/* `holds` gets the kind's struct, whose first member is struct appraising. What it refuses is noted under the
 * step's name with the error's code and text. */
struct step {
    const char *name;
    bool (*holds)(void *x, struct err *err);
    const char *expected;
};

/* Takes the steps in order and appends a check for each to the verdict (after those of earlier calls); once
 * the verdict has a reason all further ones are skipped. True: all held. */
bool steps_take(struct appraising *x, const struct step *steps, size_t num);

/* For messages and for what is found: RFC 3339, in the arena. */
const char *time_text(struct arena *a, int64_t t);

/* E_CERT_EXPIRED; the window is narrowed to the certificate's dates either way. */
struct cert;
bool step_cert_in_time(struct appraising *x, const struct cert *c, struct err *err);
