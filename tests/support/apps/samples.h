/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Samples: the values that app-types emits, the same in every run and on every machine.
 *
 * Owner:   none; constant data. libc only.
 * Threads: any.
 */
#include <stdint.h>

enum { SAMPLE_ITEMS = 3, SAMPLE_TEXT = 8, N_SAMPLES = 3 };

/* What a field of each C type gets, alone and in arrays and sequences. */
typedef struct {
  int8_t i8[SAMPLE_ITEMS];
  int16_t i16[SAMPLE_ITEMS];
  int32_t i32[SAMPLE_ITEMS];
  int64_t i64[SAMPLE_ITEMS];
  uint8_t u8[SAMPLE_ITEMS];
  uint16_t u16[SAMPLE_ITEMS];
  uint32_t u32[SAMPLE_ITEMS];
  uint64_t u64[SAMPLE_ITEMS];
  long l[SAMPLE_ITEMS];
  unsigned long ul[SAMPLE_ITEMS];
  float f;
  double d;
  const char *string;
  char text[SAMPLE_TEXT]; /* of a text array; NUL-terminated where it is shorter */
  uint8_t n;    /* of each sequence */
} Sample;

/* The smallest values with empty sequences, common ones, and the largest. */
extern const Sample samples[N_SAMPLES];
