/* SPDX-License-Identifier: Apache-2.0 */
/* The sections Packages and Infrastructures. */
#include "base/limits.h"
#include "manifest/decode.h"

bool decode_package(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct fields f = decode_struct(d, value, path, policy_known_fields);
    struct package *p = element;

    if (!fields_done(&f) || !policy_parse(&f, &p->policy))
        return false;
    if (p->policy.debug)
        decode_warn(d, "%s.Debug: programs in debug mode can be looked into; for development only", path);
    return true;
}

bool decode_infrastructure(struct decoder *d, const json_t *value, const char *path, void *element)
{
    struct fields f = decode_struct(d, value, path, platform_known_fields);
    struct infrastructure *i = element;

    i->cpusvn = field_bytes(&f, "CPUSVN", LIMIT_MANIFEST);
    i->has_qesvn = field_present(&f, "QESVN");
    i->qesvn = (uint16_t)field_uint(&f, "QESVN", UINT16_MAX);
    i->has_pcesvn = field_present(&f, "PCESVN");
    i->pcesvn = (uint16_t)field_uint(&f, "PCESVN", UINT16_MAX);
    i->root_ca = field_bytes(&f, "RootCA", LIMIT_MANIFEST);
    if (!fields_done(&f) || !platform_rule_parse(&f, i->name, &i->platforms))
        return false;
    if (!platform_rule_has_effect(&i->platforms))
        decode_warn(d, "%s: without effect, as in MarbleRun: it names no platforms", path);
    return true;
}

const struct package *package_find(const struct package *packages, size_t num, const char *name)
{
    return find_named(name, packages, num, sizeof *packages);
}
