/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/mesh_identity.h"

#include "marble/marble.h"
#include "pki/pem.h"

struct made mesh_leaf(struct arena *a, const char *type, const struct made *root)
{
    const struct extension extra = {slice_of("\x2b\xcd\x2f\x02\x01", 5), slice_str(type), false};
    struct cert_spec spec = SPEC_LEAF;

    spec.extra = &extra;
    spec.num_extra = 1;
    return make_cert(a, MESH_IDENTITY_UUID, &spec, root);
}

struct mesh_identity mesh_identity(struct arena *a, const char *type, const char *root)
{
    struct mesh_identity m;

    m.root = make_cert(a, root, &SPEC_CA, NULL);
    m.leaf = mesh_leaf(a, type, &m.root);
    return m;
}

struct parameters mesh_parameters(struct arena *a, const struct mesh_identity *m)
{
    scoped(secret_wipe) struct secret pkcs8 = {0};
    struct parameter *env = arena_array(a, 4, sizeof *env);

    key_to_pkcs8(&m->leaf.key, &pkcs8);
    env[0] = (struct parameter){MARBLE_CERTIFICATE_CHAIN, slice_str(cert_pem(a, &m->leaf.cert))};
    env[1] =
        (struct parameter){MARBLE_PRIVATE_KEY, slice_str(pem_text(a, "PRIVATE KEY", secret_bytes(&pkcs8)))};
    env[2] = (struct parameter){MARBLE_ROOT_CA, slice_str(cert_pem(a, &m->root.cert))};
    env[3] = (struct parameter){MARBLE_COORDINATOR_ROOT_CA, slice_str(cert_pem(a, &m->root.cert))};
    return (struct parameters){.env = env, .num_env = 4};
}
