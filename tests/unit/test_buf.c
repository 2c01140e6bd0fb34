/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <criterion/criterion.h>

Test(buf, writes_numbers_of_both_orders)
{
    static const uint8_t want[] = {1, 2, 1, 1, 2, 4, 3, 2, 1, 1, 2, 3, 4, 8, 7,
                                   6, 5, 4, 3, 2, 1, 1, 2, 3, 4, 5, 6, 7, 8};
    scoped(buf_wipe) struct buf b = buf_max(100);

    buf_u8(&b, 1);
    buf_u16le(&b, 0x0102);
    buf_u16be(&b, 0x0102);
    buf_u32le(&b, 0x01020304);
    buf_u32be(&b, 0x01020304);
    buf_u64le(&b, 0x0102030405060708);
    buf_u64be(&b, 0x0102030405060708);
    cr_assert(buf_ok(&b));
    cr_expect(slice_equal(buf_bytes(&b), slice_of(want, sizeof want)));
}

Test(buf, never_exceeds_its_maximum_and_stays_bad)
{
    scoped(buf_wipe) struct buf b = buf_max(5);

    buf_str(&b, "abc");
    buf_str(&b, "def");
    cr_expect_not(buf_ok(&b));
    cr_expect_eq(b.len, 3, "a write that does not fit writes nothing");
    buf_u8(&b, 'x');
    cr_expect_eq(b.len, 3, "and all later ones neither");
}

Test(buf, grows_inserts_and_drops)
{
    scoped(buf_wipe) struct buf b = buf_max(100000);

    for (int i = 0; i < 20000; i++)
        buf_u8(&b, (uint8_t)i);
    buf_insert(&b, 1, slice_str("xy"));
    cr_expect_eq(b.len, 20002);
    cr_expect(b.ptr[0] == 0 && b.ptr[1] == 'x' && b.ptr[2] == 'y' && b.ptr[3] == 1);
    buf_drop(&b, 3);
    cr_expect_eq(b.len, 19999);
    cr_expect_eq(b.ptr[0], 1);
    cr_expect_eq(b.ptr[b.len - 1], (uint8_t)19999);
}

Test(buf, prints)
{
    scoped(buf_wipe) struct buf b = buf_max(20);

    buf_printf(&b, "%d-%s", 42, "x");
    buf_zero(&b, 2);
    cr_expect(slice_equal(buf_bytes(&b), slice_of("42-x\0\0", 6)));
    buf_printf(&b, "%s", "0123456789012345678901234567890");
    cr_expect_not(buf_ok(&b));
}
