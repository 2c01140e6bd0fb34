/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http.h"

#include "base/text.h"
#include "net/field.h"

struct slice http_header(const struct header *headers, size_t num, const char *name)
{
    for (size_t i = 0; i < num; i++)
        if (text_equal_fold(headers[i].name, slice_str(name)))
            return headers[i].value;
    return (struct slice){0};
}

/* Queries. */

/* application/x-www-form-urlencoded, as query strings are read everywhere: '+' is a space. */
static bool percent_decode(struct slice text, struct arena *a, struct slice *out)
{
    uint8_t *to = arena_alloc(a, text.len);
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        const int escaped = field_escape(text, i);

        if (text.ptr[i] == '%' && escaped < 0)
            return false;
        to[n++] = escaped >= 0 ? (uint8_t)escaped : text.ptr[i] == '+' ? ' ' : text.ptr[i];
        i += escaped >= 0 ? 2 : 0;
    }
    *out = slice_of(to, n);
    return true;
}

static bool split_pair(struct slice pair, struct arena *a, struct slice *name, struct slice *value,
                       struct err *err)
{
    const uint8_t *equals = pair.len > 0 ? memchr(pair.ptr, '=', pair.len) : NULL;
    const size_t at = equals != NULL ? (size_t)(equals - pair.ptr) : pair.len;
    const struct slice raw = equals != NULL ? slice_of(equals + 1, pair.len - at - 1) : (struct slice){0};

    if (!percent_decode(slice_of(pair.ptr, at), a, name) || !percent_decode(raw, a, value))
        return err_set(err, E_HTTP_FORMAT, "query: \"%s\" is not well percent-encoded", text_shown(a, pair));
    return true;
}

bool http_query_all(struct slice query, const char *name, struct arena *a, struct slice **values, size_t *num,
                    struct err *err)
{
    struct slice *pairs, *found, key, got;
    const size_t num_pairs = text_split(a, query, '&', &pairs);
    size_t n = 0;

    found = arena_array(a, num_pairs, sizeof *found);
    for (size_t i = 0; i < num_pairs; i++) {
        if (!split_pair(pairs[i], a, &key, &got, err))
            return false;
        if (pairs[i].len > 0 && slice_equal(key, slice_str(name)))
            found[n++] = got;
    }
    *values = found;
    *num = n;
    return true;
}

bool http_query(struct slice query, const char *name, size_t nth, struct arena *a, struct slice *value,
                bool *found, struct err *err)
{
    struct slice *values;
    size_t num;

    if (!http_query_all(query, name, a, &values, &num, err))
        return false;
    *found = nth < num;
    *value = *found ? values[nth] : (struct slice){0};
    return true;
}

/* Responses. */

/* A value never ends its line: what would is a space, whoever put it there (RFC 9110 section 5.5). */
static struct slice clean_value(struct arena *a, const char *value)
{
    char *copy = arena_strdup(a, value);

    for (char *p = copy; *p != '\0'; p++)
        if ((uint8_t)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    return slice_str(copy);
}

static struct slice lower_name(struct arena *a, const char *name)
{
    char *copy = arena_strdup(a, name);

    for (char *p = copy; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return slice_str(copy);
}

/* Room is doubled whenever the number is a power of two, so no capacity needs to be remembered. */
static void append(struct header **list, size_t *num, struct arena *a, struct header h)
{
    if ((*num & (*num - 1)) == 0) {
        struct header *bigger = arena_array(a, *num == 0 ? 1 : 2 * *num, sizeof *bigger);

        for (size_t i = 0; i < *num; i++)
            bigger[i] = (*list)[i];
        *list = bigger;
    }
    (*list)[(*num)++] = h;
}

void http_add_header(struct http_response *r, struct arena *a, const char *name, const char *value)
{
    append(&r->headers, &r->num_headers, a, (struct header){lower_name(a, name), clean_value(a, value)});
}

void http_add_trailer(struct http_response *r, struct arena *a, const char *name, const char *value)
{
    append(&r->trailers, &r->num_trailers, a, (struct header){lower_name(a, name), clean_value(a, value)});
}
