/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/mesh_identity.h: a marble's identity as a coordinator delivers it, with certificates made
 * here. */
#pragma once
#include "manifest/activation.h"
#include "tests/support/x509.h"

#define MESH_IDENTITY_UUID "0d5c3f4e-1111-4222-8333-444455556666"

struct mesh_identity {
    struct made root, leaf;
};

/* A root of this name, and a marble of this type. */
struct mesh_identity mesh_identity(struct arena *a, const char *type, const char *root);
struct made mesh_leaf(struct arena *a, const char *type, const struct made *root);

/* Its four variables: chain, key, root, coordinator's root. */
struct parameters mesh_parameters(struct arena *a, const struct mesh_identity *m);
