/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/apps/samples.h"

#include <float.h>
#include <limits.h>

const Sample samples[N_SAMPLES] = {
  {
    .i8 = { INT8_MIN, -1, 0 },
    .i16 = { INT16_MIN, -1, 0 },
    .i32 = { INT32_MIN, -1, 0 },
    .i64 = { INT64_MIN, -1, 0 },
    .l = { LONG_MIN, -1, 0 },
    .f = -FLT_MAX,
    .d = -DBL_MAX,
    .string = "",
    .text = "",
    .n = 0,
  },
  {
    .i8 = { -2, 3, -4 },
    .i16 = { -258, 259, -260 },
    .i32 = { -16909060, 16909061, -16909062 },
    .i64 = { -72623859790382856, 72623859790382857, -72623859790382858 },
    .u8 = { 1, 2, 3 },
    .u16 = { 0x0102, 0x0203, 0x0304 },
    .u32 = { 0x01020304, 0x02030405, 0x03040506 },
    .u64 = { 0x0102030405060708, 0x0203040506070809, 0x030405060708090a },
    .l = { -7, 8, -9 },
    .ul = { 7, 8, 9 },
    .f = 0.5f,
    .d = -1.0 / 1024,
    .string = "quote \" backslash \\ tab \t newline \n percent % \xc3\xa9\xe2\x82\xac",
    .text = "text",
    .n = 2,
  },
  {
    .i8 = { INT8_MAX, INT8_MIN, 1 },
    .i16 = { INT16_MAX, INT16_MIN, 1 },
    .i32 = { INT32_MAX, INT32_MIN, 1 },
    .i64 = { INT64_MAX, INT64_MIN, 1 },
    .u8 = { UINT8_MAX, 0, 1 },
    .u16 = { UINT16_MAX, 0, 1 },
    .u32 = { UINT32_MAX, 0, 1 },
    .u64 = { UINT64_MAX, 0, 1 },
    .l = { LONG_MAX, LONG_MIN, 1 },
    .ul = { ULONG_MAX, 0, 1 },
    .f = FLT_MIN,
    .d = DBL_MAX,
    .string = "end",
    .text = { 'e', 'i', 'g', 'h', 't', 'c', 'h', 'r' },
    .n = SAMPLE_ITEMS,
  },
};
