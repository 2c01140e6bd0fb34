/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/user.h: who may do what: people, by certificate, and their roles. */
#pragma once
#include "base/arena.h"

struct user {
    const char *name;
    const char *certificate; /* PEM, as in the manifest; the first block counts */
    char **roles;
    size_t num_roles;
};

struct role {
    const char *name;
    const char *resource_type; /* "Packages", "Secrets" or "Manifest" */
    char **resources, **actions;
    size_t num_resources, num_actions;
};
