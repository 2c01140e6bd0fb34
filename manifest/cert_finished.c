/* SPDX-License-Identifier: Apache-2.0 */
/* A finished certificate in the place of a template: what it says is said again, for another key. */
#include <arpa/inet.h>

#include "manifest/cert_template.h"

/* Key usage, basic constraints and names have members of their own; the ids of keys are those of other keys.
 */
static bool is_told_otherwise(struct slice oid)
{
    return slice_equal(oid, OID_KEY_USAGE) || slice_equal(oid, OID_BASIC_CONSTRAINTS) ||
           slice_equal(oid, OID_SUBJECT_ALT_NAME) || slice_equal(oid, OID_SUBJECT_KEY_ID) ||
           slice_equal(oid, OID_AUTHORITY_KEY_ID);
}

static void take_extensions(const struct cert *c, struct arena *a, struct cert_template *t)
{
    t->extra = arena_array(a, c->num_extensions, sizeof *t->extra);
    for (size_t i = 0; i < c->num_extensions; i++)
        if (!is_told_otherwise(c->extensions[i].oid))
            t->extra[t->num_extra++] = c->extensions[i];
}

static void take_names(const struct san *san, struct arena *a, struct cert_template *t)
{
    t->dns_names = (struct texts){san->dns, san->num_dns};
    t->emails = (struct texts){san->emails, san->num_emails};
    t->uris = (struct texts){san->uris, san->num_uris};
    t->ip_addresses.at = arena_array(a, san->num_ips, sizeof *t->ip_addresses.at);
    for (; t->ip_addresses.num < san->num_ips; t->ip_addresses.num++) {
        const struct slice ip = san->ips[t->ip_addresses.num];
        char text[INET6_ADDRSTRLEN] = "";

        (void)inet_ntop(ip.len == 4 ? AF_INET : AF_INET6, ip.ptr, text, sizeof text);
        t->ip_addresses.at[t->ip_addresses.num] = arena_strdup(a, text);
    }
}

bool template_of_cert(struct slice der, struct arena *a, struct cert_template *out, struct err *err)
{
    struct cert_template t = {.has_not_after = true};
    struct san san;
    struct cert c;

    if (!cert_parse(der, a, &c, err) || !cert_san(&c, a, &san, err))
        return false;
    t.raw_subject = c.subject;
    t.not_after = c.not_after;
    t.key_usage = c.key_usage;
    t.is_ca = c.is_ca;
    t.max_path_len = c.has_path_len ? (int)c.path_len : -1;
    take_names(&san, a, &t);
    take_extensions(&c, a, &t);
    *out = t;
    return true;
}
