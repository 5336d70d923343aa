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
  /* One entry, one representation: equality and hash look at every member. */
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

static const TbusCtfEnumEntry *
entry_at (const TbusCtfEnum *self, guint i)
{
  return &g_array_index (self->entries, TbusCtfEnumEntry, i);
}

static gboolean
entry_equal (const TbusCtfEnumEntry *a, const TbusCtfEnumEntry *b)
{
  return a->start == b->start && a->end == b->end && a->automatic == b->automatic
         && a->is_signed == b->is_signed && g_strcmp0 (a->label, b->label) == 0;
}

gboolean
tbus_ctf_enum_equal (const TbusCtfEnum *a, const TbusCtfEnum *b)
{
  if (a == b)
    return TRUE;
  if (a->entries->len != b->entries->len || g_strcmp0 (a->name, b->name) != 0)
    return FALSE;
  for (guint i = 0; i < a->entries->len; i++)
    if (!entry_equal (entry_at (a, i), entry_at (b, i)))
      return FALSE;
  return TRUE;
}

static guint
hash_text (const char *text)
{
  return text != NULL ? g_str_hash (text) : 0;
}

guint
tbus_ctf_enum_hash (const TbusCtfEnum *self)
{
  guint hash = hash_text (self->name);

  for (guint i = 0; i < self->entries->len; i++)
    {
      const TbusCtfEnumEntry *entry = entry_at (self, i);

      hash = hash * 31 + hash_text (entry->label);
      hash = hash * 31 + g_int64_hash (&entry->start);
      hash = hash * 31 + g_int64_hash (&entry->end);
    }
  return hash;
}
