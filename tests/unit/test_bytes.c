/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <criterion/criterion.h>

Test(bytes, reads_numbers_of_both_orders)
{
    static const uint8_t b[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
    const struct slice s = slice_of(b, sizeof b);
    struct cursor c;

    c = cursor_over(s);
    cr_expect_eq(cursor_u8(&c), 0x01);
    c = cursor_over(s);
    cr_expect_eq(cursor_u16le(&c), 0x0201);
    c = cursor_over(s);
    cr_expect_eq(cursor_u16be(&c), 0x0102);
    c = cursor_over(s);
    cr_expect_eq(cursor_u32le(&c), 0x04030201U);
    c = cursor_over(s);
    cr_expect_eq(cursor_u32be(&c), 0x01020304U);
    c = cursor_over(s);
    cr_expect_eq(cursor_u64le(&c), 0x0807060504030201ULL);
    c = cursor_over(s);
    cr_expect_eq(cursor_u64be(&c), 0x0102030405060708ULL);
    cr_expect(cursor_done(&c));
}

Test(bytes, the_first_read_past_the_end_poisons_all_later_ones)
{
    static const uint8_t b[] = {1, 2, 3};
    struct cursor c = cursor_over(slice_of(b, sizeof b));

    cr_expect_eq(cursor_u16le(&c), 0x0201);
    cr_expect_eq(cursor_u32le(&c), 0);
    cr_expect_not(cursor_ok(&c));
    cr_expect_eq(cursor_u8(&c), 0, "the third byte is not given after a failed read");
    cr_expect_eq(cursor_take(&c, 0).ptr, NULL);
    cr_expect_not(cursor_done(&c));
}

Test(bytes, a_block_is_a_cursor_of_its_own)
{
    static const uint8_t b[] = {1, 2, 3, 4};
    struct cursor c = cursor_over(slice_of(b, sizeof b)), block = cursor_block(&c, 2), beyond;

    cr_expect_eq(cursor_u32le(&block), 0, "a block does not see what follows it");
    cr_expect_not(cursor_ok(&block));
    cr_expect_eq(cursor_u16le(&c), 0x0403);
    beyond = cursor_block(&c, 1);
    cr_expect_not(cursor_ok(&beyond));
}

Test(bytes, a_huge_length_does_not_wrap)
{
    static const uint8_t b[] = {1, 2};
    struct cursor c = cursor_over(slice_of(b, sizeof b));

    (void)cursor_u8(&c);
    cr_expect_eq(cursor_take(&c, SIZE_MAX).len, 0);
    cr_expect_not(cursor_ok(&c));
}

Test(bytes, equality_and_zero)
{
    static const uint8_t zero[4] = {0}, one[4] = {0, 0, 0, 1};

    cr_expect(slice_equal((struct slice){0}, slice_of(zero, 0)));
    cr_expect_not(slice_equal(slice_of(zero, 4), slice_of(zero, 3)));
    cr_expect_not(slice_equal(slice_of(zero, 4), slice_of(one, 4)));
    cr_expect(slice_is_zero(slice_of(zero, 4)));
    cr_expect_not(slice_is_zero(slice_of(one, 4)));
}
