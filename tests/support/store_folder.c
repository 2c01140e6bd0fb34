/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/store_folder.h"

#include <criterion/criterion.h>
#include <stdarg.h>

#include "pki/hash.h"

struct arena in_test;
struct err err, why;
struct store *store;
enum store_condition condition;

void store_folder_begin(void)
{
    pki_init();
    peer_begin();
}

void store_folder_end(void)
{
    store_close(&store);
    arena_wipe(&in_test);
    peer_end();
}

struct sealer in_tee(void)
{
    struct sealer s = {0};

    cr_assert(tee_here(&s.tee, &err), "%s", err.text);
    return s;
}

static bool other_key(enum seal_policy policy, struct secret *out, struct err *e)
{
    (void)e;
    secret_new(out, 32);
    out->ptr[0] = policy == SEAL_UNIQUE;
    return true;
}

struct sealer other_machine(void)
{
    static const struct tee machine = {.name = "other", .seal_key = other_key};

    return (struct sealer){&machine};
}

bool open_with(struct sealer s)
{
    err = why = (struct err){0};
    return store_open(peer_path(&in_test, "state"), &s, &store, &condition, &why, &err);
}

void must_open(struct sealer s, enum store_condition expected)
{
    cr_assert(open_with(s), "%s", err.text);
    cr_assert_eq(condition, expected, "%d: %s", condition, why.text);
}

bool begin_with(enum store_mode mode, struct data_key *key, struct slice recovery_data)
{
    static const struct entry first[] = {
        {"state", {(const uint8_t *)"3", 1}},
        {"manifest", {(const uint8_t *)"{}", 2}},
    };
    scoped(data_key_wipe) struct data_key own = {0};

    if (key == NULL)
        key = &own;
    if (key->key.len == 0)
        data_key_new(key);
    return store_begin(store, &(struct store_beginning){{mode, key, recovery_data}, first, 2}, &err);
}

void must_begin(enum store_mode mode)
{
    cr_assert(begin_with(mode, NULL, (struct slice){0}), "%s", err.text);
}

static bool one_change(void *ctx, const struct store_view *v, struct arena *a, struct store_changes *out,
                       struct err *e)
{
    (void)v;
    (void)a;
    (void)e;
    *out = (struct store_changes){ctx, 1};
    return true;
}

bool put(const char *key, const char *value)
{
    struct entry change = {key, value == NULL ? (struct slice){0} : slice_str(value)};

    return store_update(store, one_change, &change, &err);
}

void must_put(const char *key, const char *value) { cr_assert(put(key, value), "%s", err.text); }

void make_state(struct sealer s, enum store_mode mode)
{
    must_open(s, STORE_EMPTY);
    must_begin(mode);
    must_put("activations:x", "1");
    store_close(&store);
}

void expect_value(const char *key, const char *value)
{
    const struct entries e = store_entries(store, &in_test);
    const struct slice *found = entries_find(&e, key);

    cr_expect_eq(found == NULL, value == NULL, "%s", key);
    if (found != NULL && value != NULL)
        cr_expect(slice_equal(*found, slice_str(value)), "%s", key);
}

char *sh(const char *fmt, ...)
{
    va_list args;
    char command[2048], *said;

    va_start(args, fmt);
    (void)vsnprintf(command, sizeof command, fmt, args);
    va_end(args);
    cr_assert(peer_run(&in_test, &said, "%s", command), "%s: %s", command, said);
    return said;
}

void expect_text(const char *text, const char *part) { cr_expect_not_null(strstr(text, part), "%s", text); }
