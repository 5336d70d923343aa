/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Codec: typed values in and out of byte buffers, native byte order (both ends are this machine).
 *
 * A reader never trusts: past the end, over a bound or without a NUL it turns "failed", and every
 * later get answers zero or "". Check tw_reader_done() once, at the end.
 * Threads: any; pure. libc only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t *data; /* owned; NULL after failure */
  size_t len, cap;
  bool failed; /* no memory */
} TwWriter;

void tw_writer_clear (TwWriter *self);
void tw_put_u32 (TwWriter *self, uint32_t value);
void tw_put_u64 (TwWriter *self, uint64_t value);
void tw_put_i64 (TwWriter *self, int64_t value);
/* NULL is written as "". */
void tw_put_str (TwWriter *self, const char *value);
void tw_put_blob (TwWriter *self, const void *data, size_t len);

typedef struct {
  const uint8_t *data; /* borrowed */
  size_t len, pos;
  bool failed;
} TwReader;

uint32_t tw_get_u32 (TwReader *self);
uint64_t tw_get_u64 (TwReader *self);
int64_t tw_get_i64 (TwReader *self);
/* Borrowed from the buffer, NUL-terminated, without a NUL inside. */
const char *tw_get_str (TwReader *self);
const void *tw_get_blob (TwReader *self, size_t *len);
/* Everything was read and nothing failed. */
bool tw_reader_done (const TwReader *self);
