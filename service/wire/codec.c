/* SPDX-License-Identifier: GPL-2.0-only */
#include "wire/codec.h"

#include <stdlib.h>
#include <string.h>

void
tw_writer_clear (TwWriter *self)
{
  free (self->data);
  memset (self, 0, sizeof *self);
}

static void
put_bytes (TwWriter *self, const void *data, size_t len)
{
  if (self->failed)
    return;
  if (len > self->cap - self->len)
    {
      size_t cap = self->cap > 0 ? self->cap : 64;
      uint8_t *bigger = NULL;

      while (cap - self->len < len && cap <= SIZE_MAX / 2)
        cap *= 2;
      if (cap - self->len >= len)
        bigger = realloc (self->data, cap);
      if (bigger == NULL)
        {
          tw_writer_clear (self);
          self->failed = true;
          return;
        }
      self->data = bigger;
      self->cap = cap;
    }
  if (len > 0)
    memcpy (self->data + self->len, data, len);
  self->len += len;
}

void
tw_put_u32 (TwWriter *self, uint32_t value)
{
  put_bytes (self, &value, sizeof value);
}

void
tw_put_u64 (TwWriter *self, uint64_t value)
{
  put_bytes (self, &value, sizeof value);
}

void
tw_put_i64 (TwWriter *self, int64_t value)
{
  put_bytes (self, &value, sizeof value);
}

void
tw_put_str (TwWriter *self, const char *value)
{
  const char *text = value != NULL ? value : "";

  tw_put_blob (self, text, strlen (text) + 1);
}

void
tw_put_blob (TwWriter *self, const void *data, size_t len)
{
  if (len > UINT32_MAX)
    {
      tw_writer_clear (self);
      self->failed = true;
      return;
    }
  tw_put_u32 (self, (uint32_t) len);
  put_bytes (self, data, len);
}

/* NULL once the reader has failed. */
static const uint8_t *
take (TwReader *self, size_t len)
{
  const uint8_t *at;

  if (self->failed || len > self->len - self->pos)
    {
      self->failed = true;
      return NULL;
    }
  at = self->data + self->pos;
  self->pos += len;
  return at;
}

uint32_t
tw_get_u32 (TwReader *self)
{
  const uint8_t *at = take (self, sizeof (uint32_t));
  uint32_t value = 0;

  if (at != NULL)
    memcpy (&value, at, sizeof value);
  return value;
}

uint64_t
tw_get_u64 (TwReader *self)
{
  const uint8_t *at = take (self, sizeof (uint64_t));
  uint64_t value = 0;

  if (at != NULL)
    memcpy (&value, at, sizeof value);
  return value;
}

int64_t
tw_get_i64 (TwReader *self)
{
  return (int64_t) tw_get_u64 (self);
}

const char *
tw_get_str (TwReader *self)
{
  size_t len;
  const char *text = tw_get_blob (self, &len);

  if (text == NULL || len == 0 || memchr (text, '\0', len) != text + len - 1)
    {
      self->failed = true;
      return "";
    }
  return text;
}

const void *
tw_get_blob (TwReader *self, size_t *len)
{
  uint32_t length = tw_get_u32 (self);
  const uint8_t *at = take (self, length);

  *len = at != NULL ? length : 0;
  return at;
}

bool
tw_reader_done (const TwReader *self)
{
  return !self->failed && self->pos == self->len;
}
