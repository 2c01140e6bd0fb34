/* SPDX-License-Identifier: Apache-2.0 */
/* manifest/user.h: who may do what: people, by certificate, and their roles. */
#pragma once
#include "base/arena.h"

enum user_action {
    ACTION_READ_SECRET,
    ACTION_WRITE_SECRET,
    ACTION_UPDATE_SECURITY_VERSION,
    ACTION_UPDATE_MANIFEST,
    NUM_ACTIONS
};
const char *user_action_id(enum user_action a); /* "readsecret", ...: as the store has it */

struct role {
    const char *name;
    const char *resource_type; /* "Packages", "Secrets" or "Manifest" */
    char **resources;          /* as in the manifest */
    char **actions;
    size_t num_resources, num_actions;
    char **sorted;    /* the resources by strcmp */
    unsigned granted; /* bits 1 << enum user_action; what is no action on the resource type is left out */
};

struct user {
    const char *name;
    const char *certificate; /* PEM, as in the manifest; the first block counts */
    struct slice der;        /* that block; empty if there is none */
    char **role_names;
    size_t num_roles;
    const struct role **roles; /* num_roles of them; NULL: not defined, which manifest_check() refuses */
};
