/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/people.h: users and owners of recovery keys, who have OpenSSL and nothing of ours; in
 * peer.h's folder. Faults abort. */
#pragma once
#include "coordinator/core.h"

/* Makes the key and certificate of a user; and as a member of "Users", with these roles (JSON, as in
 * "r1","r2"). */
void user_make(const char *name);
char *user_member(struct arena *a, const char *name, const char *roles);

/* The user as the mesh knows who presents that certificate. */
const struct user *user_of(const struct mesh *m, const char *name);

/* Makes an RSA key (2048 bits); and as a member of "RecoveryKeys". */
void owner_make(const char *name);
char *owner_member(struct arena *a, const char *name);

/* What the owner decrypts of what the mesh gave him; and his signature over it. */
struct slice owner_secret(struct arena *a, const char *name, const struct recovery_secrets *given);
struct slice owner_sign(struct arena *a, const char *name, struct slice secret);
