/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/people.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "tests/support/keys.h"
#include "tests/support/peer.h"

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "tests/support/people: %s\n", what);
    abort();
}

static void run(struct arena *a, const char *command)
{
    char *said = "";
    const bool ok = peer_run(a, &said, "%s", command);

    must(ok, said);
}

/* A file of the folder as a JSON string. */
static char *as_json(struct arena *a, const char *file)
{
    scoped(buf_wipe) struct buf b = buf_max(1 << 20);

    json_put_string(&b, peer_read(a, file));
    return arena_strndup(a, buf_bytes(&b));
}

/* ---- users ------------------------------------------------------------------------------------ */

void user_make(const char *name) { keys_make(name, "ec", ""); }

char *user_member(struct arena *a, const char *name, const char *roles)
{
    return arena_printf(a, "\"%s\":{\"Certificate\":%s,\"Roles\":[%s]}", name,
                        as_json(a, arena_printf(a, "%s.pem", name)), roles);
}

const struct user *user_of(const struct mesh *m, const char *name)
{
    scoped(arena_wipe) struct arena a = {0};
    const struct slice der = peer_read(&a, arena_printf(&a, "%s.der", name));
    const struct user *user = NULL;
    struct err err = {0};
    const bool ok = mesh_user(m, &der, 1, &user, &err);

    must(ok, err.text);
    return user;
}

/* ---- owners ----------------------------------------------------------------------------------- */

void owner_make(const char *name)
{
    scoped(arena_wipe) struct arena a = {0};

    run(&a, arena_printf(&a,
                         "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out %s.owner && "
                         "openssl pkey -in %s.owner -pubout -out %s.owner.pub",
                         name, name, name));
}

char *owner_member(struct arena *a, const char *name)
{
    return arena_printf(a, "\"%s\":%s", name, as_json(a, arena_printf(a, "%s.owner.pub", name)));
}

struct slice owner_secret(struct arena *a, const char *name, const struct recovery_secrets *given)
{
    for (size_t i = 0; i < given->num; i++)
        if (strcmp(given->at[i].name, name) == 0) {
            peer_write("encrypted", given->at[i].ciphertext);
            run(a,
                arena_printf(a,
                             "openssl pkeyutl -decrypt -inkey %s.owner -in encrypted -out decrypted -pkeyopt "
                             "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256",
                             name));
            return peer_read(a, "decrypted");
        }
    must(false, "no recovery secret for that owner");
    return (struct slice){0};
}

struct slice owner_sign(struct arena *a, const char *name, struct slice secret)
{
    peer_write("secret", secret);
    run(a, arena_printf(a, "openssl dgst -sha256 -sign %s.owner -out signature secret", name));
    return peer_read(a, "signature");
}
