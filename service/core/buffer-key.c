/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/buffer-key.h"

guint32
tbus_buffer_key_hash (const TbusBufferKey *self)
{
  guint64 mixed = self->session * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) ^ self->owner;

  mixed = (mixed ^ (mixed >> 32)) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return (guint32) (mixed >> 32) ^ (self->bits << 1) ^ self->ownership;
}

gboolean
tbus_buffer_key_equal (const TbusBufferKey *a, const TbusBufferKey *b)
{
  return a->session == b->session && a->ownership == b->ownership && a->owner == b->owner && a->bits == b->bits;
}

const char *
tbus_buffer_ownership_to_string (TbusBufferOwnership ownership)
{
  return ownership == TBUS_BUFFER_PROCESS ? "process" : "user";
}
