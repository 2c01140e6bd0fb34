/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/claims_out.h"

#include "base/clock.h"
#include "base/json.h"

enum { NAME_WIDTH = 28, INDENT = 2 };

static void put_string(struct claims_out *o, struct slice s)
{
    if (o->json) {
        json_put_string(o->b, s);
        return;
    }
    for (size_t i = 0; i < s.len; i++) /* a terminal is not to be told what to do */
        buf_u8(o->b, s.ptr[i] < ' ' || s.ptr[i] == 0x7f ? '?' : s.ptr[i]);
}

/* What stands in front of a value. */
static void put_name(struct claims_out *o, const char *name)
{
    const int indent = (int)o->depth * INDENT, written = indent + (int)strlen(name);

    if (o->json)
        buf_str(o->b, o->first ? "" : ",");
    else
        buf_printf(o->b, "%*s", indent, "");
    put_string(o, slice_str(name));
    if (o->json)
        buf_str(o->b, ":");
    else
        buf_printf(o->b, "%*s  ", written < NAME_WIDTH ? NAME_WIDTH - written : 0, "");
    o->first = false;
}

static void end_value(struct claims_out *o)
{
    if (!o->json)
        buf_str(o->b, "\n");
}

void claim_hex(struct claims_out *o, const char *name, struct slice s)
{
    if (s.len == 0)
        return;
    put_name(o, name);
    buf_str(o->b, o->json ? "\"" : "");
    for (size_t i = 0; i < s.len; i++)
        buf_printf(o->b, "%02x", s.ptr[i]);
    buf_str(o->b, o->json ? "\"" : "");
    end_value(o);
}

void claim_uint(struct claims_out *o, const char *name, uint64_t n)
{
    put_name(o, name);
    buf_printf(o->b, "%llu", (unsigned long long)n);
    end_value(o);
}

void claim_bool(struct claims_out *o, const char *name, bool yes)
{
    put_name(o, name);
    buf_str(o->b, yes ? "true" : "false");
    end_value(o);
}

void claim_str(struct claims_out *o, const char *name, const char *s)
{
    if (s == NULL) {
        claim_null(o, name);
        return;
    }
    put_name(o, name);
    put_string(o, slice_str(s));
    end_value(o);
}

void claim_null(struct claims_out *o, const char *name)
{
    put_name(o, name);
    buf_str(o->b, o->json ? "null" : "none");
    end_value(o);
}

void claim_time(struct claims_out *o, const char *name, int64_t t)
{
    char text[RFC3339_LEN + 1];

    rfc3339_format(text, t);
    claim_str(o, name, text);
}

void claim_json(struct claims_out *o, const char *name, const char *text)
{
    if (text == NULL)
        return;
    put_name(o, name);
    if (o->json)
        buf_str(o->b, text);
    else
        put_string(o, slice_str(text));
    end_value(o);
}

void claim_strs(struct claims_out *o, const char *name, char *const *list, size_t num)
{
    put_name(o, name);
    buf_str(o->b, o->json ? "[" : num == 0 ? "none" : "");
    for (size_t i = 0; i < num; i++) {
        buf_str(o->b, i == 0 ? "" : o->json ? "," : " ");
        put_string(o, slice_str(list[i]));
    }
    buf_str(o->b, o->json ? "]" : "");
    end_value(o);
}

void claim_bits(struct claims_out *o, const char *name, uint32_t bits)
{
    const char *between = "";

    put_name(o, name);
    buf_str(o->b, o->json ? "[" : "");
    for (unsigned i = 0; i < 32; i++)
        if ((bits >> i & 1) != 0) {
            buf_printf(o->b, "%s%u", between, i);
            between = o->json ? "," : " ";
        }
    buf_str(o->b, o->json ? "]" : "");
    end_value(o);
}

void claim_object(struct claims_out *o, const char *name)
{
    put_name(o, name);
    buf_str(o->b, o->json ? "{" : "\n");
    o->depth++;
    o->first = true;
}

void claim_end(struct claims_out *o)
{
    buf_str(o->b, o->json ? "}" : "");
    o->depth--;
    o->first = false;
}
