/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes as the fields of an event and its enumerations: text that balances, or an error and no text. */
#include "bytes.h"

#include "ctf/trace.h"

#include "unit/ctf/balance.h"

#include <stddef.h>

enum { MAX_DEPTH = 20, MAX_CHILDREN = 8, N_ENUMS = 4 };

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

static TbusCtfEnum *
take_enum (Bytes *self)
{
  TbusCtfEnum *type = tbus_ctf_enum_new (NULL);

  for (guint n = bytes_take (self) % MAX_CHILDREN; n > 0; n--)
    {
      g_autofree char *label = bytes_take_text (self, 7);
      guint8 flags = bytes_take (self);
      TbusCtfEnumEntry entry = { .label = label, .automatic = flags & 1, .is_signed = !!(flags & 2) };

      entry.start = bytes_take_number (self);
      entry.end = bytes_take_number (self);
      tbus_ctf_enum_add (type, &entry);
    }
  return type;
}

static TbusCtfField *
take_field (Bytes *self, guint depth)
{
  g_autofree char *name = bytes_take_text (self, 7);
  guint8 flags = bytes_take (self);
  TbusCtfField *field = tbus_ctf_field_new ((TbusCtfKind) (bytes_take (self) % 9), flags & 1 ? NULL : name);

  field->reverse = !!(flags & 2);
  field->is_signed = !!(flags & 4);
  field->alignment = flags & 8 ? 8 : bytes_take (self);
  field->size = flags & 16 ? 8 : bytes_take (self);
  field->base = flags & 32 ? 10 : bytes_take (self);
  field->exponent_digits = flags & 64 ? 8 : 11;
  field->mantissa_digits = flags & 64 ? 24 : bytes_take (self);
  field->encoding = (TbusCtfEncoding) (bytes_take (self) % 3);
  field->enum_id = bytes_take (self) % (N_ENUMS + 1);
  field->length = bytes_take (self);
  field->reference = flags & 128 ? NULL : bytes_take_text (self, 7);
  if (depth < MAX_DEPTH && self->next < self->end)
    for (guint n = bytes_take (self) % MAX_CHILDREN; n > 0; n--)
      tbus_ctf_field_add (field, take_field (self, depth + 1));
  return field;
}

static const TbusCtfEnum *
find_enum (guint64 id, gpointer data)
{
  TbusCtfEnum **enums = data;

  return id < N_ENUMS ? enums[id] : NULL;
}

static void
write_event (Bytes *self, TbusCtfEnum **enums)
{
  g_autoptr(GPtrArray) fields = tbus_ctf_fields_new ();
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  g_autofree char *name = bytes_take_text (self, 7);
  TbusCtfEvent event = { .name = name, .model_emf_uri = name, .fields = fields };

  event.loglevel = (gint8) bytes_take (self);
  while (self->next < self->end)
    g_ptr_array_add (fields, take_field (self, 1));
  if (tbus_ctf_append_event (out, &event, find_enum, enums, &error))
    tst_assert_balanced (out->str);
  else
    g_assert_true (out->len == 0 && error != NULL && g_utf8_validate (error->message, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  Bytes bytes = { data, data + size };
  TbusCtfEnum *enums[N_ENUMS];

  for (guint i = 0; i < N_ENUMS; i++)
    enums[i] = take_enum (&bytes);
  write_event (&bytes, enums);
  for (guint i = 0; i < N_ENUMS; i++)
    tbus_ctf_enum_free (enums[i]);
  return 0;
}
