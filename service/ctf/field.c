/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/field.h"

TbusCtfField *
tbus_ctf_field_new (TbusCtfKind kind, const char *name)
{
  TbusCtfField *self = g_new0 (TbusCtfField, 1);

  self->kind = kind;
  self->name = g_strdup (name);
  return self;
}

void
tbus_ctf_field_add (TbusCtfField *self, TbusCtfField *child)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (child != NULL);

  if (self->children == NULL)
    self->children = tbus_ctf_fields_new ();
  g_ptr_array_add (self->children, child);
}

void
tbus_ctf_field_free (TbusCtfField *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self->reference);
  g_clear_pointer (&self->children, g_ptr_array_unref);
  g_free (self);
}

GPtrArray *
tbus_ctf_fields_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_ctf_field_free);
}

static void
clear_entry (gpointer data)
{
  TbusCtfEnumEntry *entry = data;

  g_clear_pointer (&entry->label, g_free);
}

TbusCtfEnum *
tbus_ctf_enum_new (const char *name)
{
  TbusCtfEnum *self = g_new0 (TbusCtfEnum, 1);

  self->name = g_strdup (name);
  self->entries = g_array_new (FALSE, FALSE, sizeof (TbusCtfEnumEntry));
  g_array_set_clear_func (self->entries, clear_entry);
  return self;
}

void
tbus_ctf_enum_add (TbusCtfEnum *self, const TbusCtfEnumEntry *entry)
{
  TbusCtfEnumEntry copy = *entry;

  copy.label = g_strdup (entry->label);
  /* One entry, one representation. */
  copy.automatic = !!entry->automatic;
  copy.is_signed = !entry->automatic && entry->is_signed;
  copy.start = entry->automatic ? 0 : entry->start;
  copy.end = entry->automatic ? 0 : entry->end;
  g_array_append_val (self->entries, copy);
}

void
tbus_ctf_enum_free (TbusCtfEnum *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_array_unref (self->entries);
  g_free (self);
}
