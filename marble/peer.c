/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/peer.h"

#include "base/limits.h"
#include "base/scope.h"
#include "base/text.h"
#include "base/uuid.h"

static const struct slice oid_marble_type = {(const uint8_t *)"\x2b\xcd\x2f\x02\x01", 5};

static bool copy_name(char *out, size_t cap, struct slice name)
{
    if (name.len == 0 || name.len >= cap || memchr(name.ptr, '\0', name.len) != NULL)
        return false;
    memcpy(out, name.ptr, name.len);
    out[name.len] = '\0';
    return true;
}

static bool names_of(const struct cert *c, struct marble_peer *out, struct err *err)
{
    const struct extension *type = cert_extension(c, oid_marble_type);
    struct marble_peer peer = {0};

    if (type == NULL || !copy_name(peer.type, sizeof peer.type, type->value))
        return err_set(err, E_MARBLE_PEER,
                       "the certificate names no type of marble (extension 1.3.9903.2.1)");
    if (!copy_name(peer.uuid, sizeof peer.uuid, cert_common_name(c)) || strlen(peer.uuid) != UUID_LEN)
        return err_set(err, E_MARBLE_PEER, "the certificate's common name is not a marble's UUID");
    *out = peer;
    return true;
}

bool peer_read(struct slice der, struct marble_peer *out, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct cert c;

    return cert_parse(der, &a, &c, err) && names_of(&c, out, err);
}

bool peer_verify(const struct slice *chain, size_t num, const struct identity *us, const char *type,
                 int64_t now, struct marble_peer *out, struct err *err)
{
    scoped(arena_wipe) struct arena a = {0};
    struct cert certs[LIMIT_CHAIN];
    struct marble_peer peer;

    if (num == 0 || num > LIMIT_CHAIN)
        return err_set(err, E_CERT_CHAIN, "expected 1 to %d certificates, found %zu", LIMIT_CHAIN, num);
    for (size_t i = 0; i < num; i++)
        if (!cert_parse(chain[i], &a, &certs[i], err))
            return false;
    if (!chain_verify(&certs[0], certs + 1, num - 1, us->roots, us->num_roots, now, err) ||
        !names_of(&certs[0], &peer, err))
        return false;
    if (type != NULL && strcmp(peer.type, type) != 0)
        return err_set(err, E_MARBLE_PEER, "expected a marble of the type %s, found one of the type %s",
                       text_shown(&a, slice_str(type)), text_shown(&a, slice_str(peer.type)));
    *out = peer;
    return true;
}
