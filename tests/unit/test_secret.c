/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "base/arena.h"

Test(secret, is_zero_random_copied_compared)
{
    scoped(secret_wipe) struct secret a = {0}, b = {0}, c = {0};

    secret_init();
    secret_new(&a, 32);
    cr_expect(slice_is_zero(secret_bytes(&a)));
    secret_random(&b, 32);
    cr_expect_not(secret_equal(secret_bytes(&a), secret_bytes(&b)));
    secret_copy(&c, secret_bytes(&b));
    cr_expect(secret_equal(secret_bytes(&c), secret_bytes(&b)));
    cr_expect_not(secret_equal(slice_of(c.ptr, 31), secret_bytes(&b)));
}

Test(secret, wiping_twice_and_wiping_nothing_is_fine)
{
    struct secret s = {0};

    secret_init();
    secret_wipe(&s);
    secret_random(&s, 16);
    secret_wipe(&s);
    secret_wipe(&s);
    cr_expect_null(s.ptr);
}

Test(secret, may_have_any_size)
{
    static const size_t sizes[] = {0, 1, 33, 4095, 4096, 4097, 70000};

    secret_init();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct secret s = {0};

        secret_new(&s, sizes[i]);
        cr_assert_eq(s.len, sizes[i]);
        cr_expect(slice_is_zero(secret_bytes(&s)));
        memset(s.ptr, 0xff, s.len);
        secret_wipe(&s);
        cr_expect_null(s.ptr);
    }
}

/* A guard page stands behind a secret; under AddressSanitizer the fault has another signal. */
#ifndef __SANITIZE_ADDRESS__
Test(secret, reading_past_a_secret_ends_the_program, .signal = SIGSEGV)
{
    struct secret s = {0};
    volatile uint8_t *p;

    secret_init();
    secret_random(&s, 32);
    p = s.ptr;
    (void)p[32];
}
#endif

Test(arena, memory_is_zero_aligned_and_lives_until_the_end)
{
    scoped(arena_wipe) struct arena a = {0};
    uint8_t *first = arena_alloc(&a, 3);

    for (size_t n = 1; n < 40000; n = n * 3 + 1) {
        uint8_t *p = arena_alloc(&a, n);

        cr_assert_eq((uintptr_t)p % 16, 0);
        cr_assert(slice_is_zero(slice_of(p, n)));
        memset(p, 0xff, n);
    }
    memset(first, 1, 3);
    cr_expect_str_eq(arena_printf(&a, "%d %s", 5, "x"), "5 x");
    cr_expect_str_eq(arena_strndup(&a, slice_of("abc", 2)), "ab");
}

Test(arena, a_product_that_overflows_ends_the_program, .signal = SIGABRT)
{
    struct arena a = {0};

    (void)arena_array(&a, SIZE_MAX / 2, 4);
}
