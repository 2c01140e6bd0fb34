/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "net/address.h"
#include "net/http.h"

static struct arena a;

static void end(void) { arena_wipe(&a); }

Test(http, queries_are_decoded_by_name, .fini = end)
{
    static const struct {
        const char *query, *name;
        size_t nth;
        const char *value; /* NULL: not there */
    } cases[] = {
        {"", "s", 0, NULL},
        {"s", "s", 0, ""},
        {"s=", "s", 0, ""},
        {"s=a", "s", 0, "a"},
        {"s=a&s=b", "s", 1, "b"},
        {"s=a&s=b", "s", 2, NULL},
        {"t=1&s=a%2Fb", "s", 0, "a/b"},
        {"s=a+b", "s", 0, "a b"},
        {"s=a=b", "s", 0, "a=b"},
        {"%73=x", "s", 0, "x"},
        {"S=x", "s", 0, NULL},
        {"&&s=x&", "s", 0, "x"},
        {"s=%C3%a4", "s", 0, "\xc3\xa4"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice value;
        struct err err = {0};
        bool found;

        cr_assert(
            http_query(slice_str(cases[i].query), cases[i].name, cases[i].nth, &a, &value, &found, &err));
        cr_expect_eq(found, cases[i].value != NULL, "%s", cases[i].query);
        cr_expect(!found || slice_equal(value, slice_str(cases[i].value)), "%s", cases[i].query);
    }
}

Test(http, a_query_that_is_not_well_encoded_is_refused, .fini = end)
{
    static const char *const cases[] = {"s=%", "s=%1", "s=%1g", "s=%g1", "%zz=a"};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice value;
        struct err err = {0};
        bool found;

        cr_expect(!http_query(slice_str(cases[i]), "s", 0, &a, &value, &found, &err), "%s", cases[i]);
        cr_expect_eq(err.code, E_HTTP_FORMAT);
        cr_expect_str_eq(err.text, arena_printf(&a, "query: \"%s\" is not well percent-encoded", cases[i]));
    }
}

Test(http, headers_grow_as_they_are_added, .fini = end)
{
    struct http_response r = {0};

    for (int i = 0; i < 100; i++)
        http_add_header(&r, &a, arena_printf(&a, "X-%d", i), arena_printf(&a, "%d", i));
    cr_assert_eq(r.num_headers, 100);
    for (size_t i = 0; i < 100; i++) {
        const char *name = arena_printf(&a, "x-%zu", i);

        cr_expect(slice_equal(r.headers[i].name, slice_str(name)));
        cr_expect(slice_equal(http_header(r.headers, r.num_headers, name), slice_str(name + 2)));
    }
    http_add_trailer(&r, &a, "t", "a\r\nb");
    cr_expect(slice_equal(r.trailers[0].value, slice_str("a  b")));
}

Test(address, is_split_into_host_and_port, .fini = end)
{
    static const struct {
        const char *address, *host;
        unsigned port;
    } cases[] = {
        {"mesh:2001", "mesh", 2001},
        {":4433", "", 4433},
        {"[::1]:0", "::1", 0},
        {"127.0.0.1:65535", "127.0.0.1", 65535},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err err = {0};
        unsigned port;
        char *host;

        cr_assert(address_split(cases[i].address, &a, &host, &port, &err), "%s", cases[i].address);
        cr_expect_str_eq(host, cases[i].host);
        cr_expect_eq(port, cases[i].port);
    }
}

Test(address, that_is_not_host_and_port_is_refused, .fini = end)
{
    static const char *const cases[] = {"",       "mesh",  "mesh:",   "mesh:65536", "mesh:-1", "mesh:http",
                                        "::1:80", "[::1]", "[::1]80", "[::1:80",    "m]:1",    "mesh:01"};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct err err = {0};
        unsigned port;
        char *host;

        cr_expect(!address_split(cases[i], &a, &host, &port, &err), "%s", cases[i]);
        cr_expect_eq(err.code, E_ADDRESS);
        cr_expect_str_eq(
            err.text,
            arena_printf(&a, "address \"%s\", expected host:port with a port of 0 to 65535", cases[i]));
    }
}

Test(http, all_values_of_a_name_come_in_order, .fini = end)
{
    struct slice *values;
    size_t num;
    struct err err = {0};

    cr_assert(http_query_all(slice_str("s=a&x=1&s=&s=b%20c&t&s"), "s", &a, &values, &num, &err), "%s", err.text);
    cr_assert_eq(num, 4);
    cr_expect(slice_equal(values[0], slice_str("a")));
    cr_expect_eq(values[1].len, 0);
    cr_expect(slice_equal(values[2], slice_str("b c")));
    cr_expect_eq(values[3].len, 0);
    cr_assert(http_query_all(slice_str(""), "s", &a, &values, &num, &err));
    cr_expect_eq(num, 0);
    cr_expect_not(http_query_all(slice_str("s=a&s=%zz"), "s", &a, &values, &num, &err));
    cr_expect_eq(err.code, E_HTTP_FORMAT);
}
