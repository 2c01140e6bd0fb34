/* SPDX-License-Identifier: Apache-2.0 */
/* coordinator/pending.h: a full update that waits for acknowledgments.
 *
 * Who may acknowledge is settled when it is submitted: the users of the manifest then in force who may update
 * it. A value, never changed: an acknowledgment makes another one.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "manifest/user.h"

struct pending_user {
    const char *name;
    bool acknowledged;
};

struct pending_update {
    struct slice raw;           /* the manifest */
    struct pending_user *users; /* sorted by name */
    size_t num_users;
    size_t missing; /* acknowledgments before it is applied */
};

/* Nobody has acknowledged yet. `users` are sorted; everything is copied. */
struct pending_update *pending_new(struct slice raw, const struct user *const *users, size_t num,
                                   size_t needed, struct arena *a);

struct pending_update *pending_copy(const struct pending_update *p, struct arena *a); /* whole */

/* With the acknowledgment of this user; one who did so already changes nothing. E_USER_DENIED: not one of
 * those who may. A copy. */
bool pending_acknowledge(const struct pending_update *p, const char *user, struct arena *a,
                         struct pending_update **out, struct err *err);
bool pending_has(const struct pending_update *p, const char *user); /* has he acknowledged? */

/* The names of those who have not. */
const char **pending_missing_users(const struct pending_update *p, struct arena *a, size_t *num);

/* As MarbleRun's store keeps it: {"manifestRaw","requiredUsers","missingAcknowledgments"}; and back: if the
 * last is missing, all who have not acknowledged have to. E_STATE_CORRUPT. */
struct slice pending_encode(const struct pending_update *p, struct arena *a);
bool pending_decode(struct slice text, struct arena *a, struct pending_update **out, struct err *err);
