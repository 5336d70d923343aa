/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Bytes: a fuzzer's input, taken from the front. What is not there any more is 0 or "".
 *
 * Owner: the entry. Threads: any.
 */
#include <glib.h>

typedef struct {
  const guint8 *next, *end;
} Bytes;

static inline gsize
bytes_left (const Bytes *self)
{
  return (gsize) (self->end - self->next);
}

static inline guint8
bytes_take (Bytes *self)
{
  return self->next < self->end ? *self->next++ : 0;
}

/* Of 0 to 8 bytes, as the first says: small numbers come easily. */
static inline guint64
bytes_take_number (Bytes *self)
{
  guint64 number = 0;

  for (guint n = bytes_take (self) % 9; n > 0; n--)
    number = number << 8 | bytes_take (self);
  return number;
}

/* At most @n bytes. */
static inline const guint8 *
bytes_take_block (Bytes *self, gsize *n)
{
  const guint8 *block = self->next;

  *n = MIN (*n, bytes_left (self));
  self->next += *n;
  return block;
}

/* At most @longest bytes, without a NUL inside. (transfer full) */
static inline char *
bytes_take_text (Bytes *self, gsize longest)
{
  gsize n = bytes_take (self) % (longest + 1);
  const guint8 *block = bytes_take_block (self, &n);

  return g_strndup ((const char *) block, n);
}
