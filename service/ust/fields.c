/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/fields.h"

#include "base/error.h"
#include "base/limits.h"
#include "ust/protocol.h"

#include <string.h>

typedef struct lttng_ust_ctl_field Record;
typedef struct lttng_ust_ctl_integer_type IntegerRecord;
typedef struct lttng_ust_ctl_float_type FloatRecord;
typedef struct lttng_ust_ctl_basic_type BasicRecord;

typedef struct {
  const Record *next, *end;
  const char *event; /* for messages */
  guint depth;
} Decoder;

static gboolean decode_one (Decoder *self, GPtrArray *siblings, GError **error);

char *
tbus_ust_text (const char *text, gsize size)
{
  return g_strndup (text, strnlen (text, size - 1));
}

static gboolean
refuse (const Decoder *self, const char *field, GError **error, const char *why)
{
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "Field \"%s\" of \"%s\" %s", field != NULL ? field : "",
               self->event != NULL ? self->event : "the context", why);
  return FALSE;
}

/* 0 means none, where @none says that this is allowed. */
static gboolean
is_alignment (guint32 bits, gboolean none)
{
  return bits == 0 ? none : bits <= 4096 && (bits & (bits - 1)) == 0;
}

static gboolean
set_integer (const Decoder *self, TbusCtfField *field, const IntegerRecord *record, GError **error)
{
  if (record->size != 8 && record->size != 16 && record->size != 32 && record->size != 64)
    return refuse (self, field->name, error, "is an integer of another size than 8, 16, 32 or 64 bits");
  if (record->base != 2 && record->base != 8 && record->base != 10 && record->base != 16)
    return refuse (self, field->name, error, "is an integer with another base than 2, 8, 10 or 16");
  if (record->encoding < 0 || record->encoding >= NR_LTTNG_UST_CTL_STRING_ENCODINGS)
    return refuse (self, field->name, error, "has an unknown text encoding");
  if (!is_alignment (record->alignment, FALSE))
    return refuse (self, field->name, error, "has an alignment that is not a power of two");
  field->kind = TBUS_CTF_INTEGER;
  field->size = record->size;
  field->is_signed = record->signedness != 0;
  field->reverse = record->reverse_byte_order != 0;
  field->base = record->base;
  field->encoding = (TbusCtfEncoding) record->encoding;
  field->alignment = record->alignment;
  return TRUE;
}

static gboolean
set_float (const Decoder *self, TbusCtfField *field, const FloatRecord *record, GError **error)
{
  if (record->exp_dig == 0 || record->mant_dig == 0 || record->exp_dig > 64 || record->mant_dig > 128)
    return refuse (self, field->name, error, "is a floating point number of an impossible size");
  if (!is_alignment (record->alignment, FALSE))
    return refuse (self, field->name, error, "has an alignment that is not a power of two");
  field->kind = TBUS_CTF_FLOAT;
  field->exponent_digits = record->exp_dig;
  field->mantissa_digits = record->mant_dig;
  field->reverse = record->reverse_byte_order != 0;
  field->alignment = record->alignment;
  return TRUE;
}

static gboolean
set_string (const Decoder *self, TbusCtfField *field, gint32 encoding, GError **error)
{
  if (encoding < 0 || encoding >= NR_LTTNG_UST_CTL_STRING_ENCODINGS)
    return refuse (self, field->name, error, "has an unknown text encoding");
  field->kind = TBUS_CTF_STRING;
  field->encoding = (TbusCtfEncoding) encoding;
  return TRUE;
}

static gboolean
set_legacy_enum (const Decoder *self, TbusCtfField *field, const union _lttng_ust_ctl_basic_type *record,
                 GError **error)
{
  g_autoptr(TbusCtfField) container = tbus_ctf_field_new (TBUS_CTF_INTEGER, NULL);

  if (!set_integer (self, container, &record->enumeration.container_type, error))
    return FALSE;
  field->kind = TBUS_CTF_ENUM;
  field->enum_id = record->enumeration.id;
  tbus_ctf_field_add (field, g_steal_pointer (&container));
  return TRUE;
}

/* The types without children in records of their own: what a legacy array or sequence may hold. */
static gboolean
set_basic (const Decoder *self, TbusCtfField *field, guint32 atype, const union _lttng_ust_ctl_basic_type *record,
           GError **error)
{
  switch (atype)
    {
    case lttng_ust_ctl_atype_integer:
      return set_integer (self, field, &record->integer, error);
    case lttng_ust_ctl_atype_float:
      return set_float (self, field, &record->_float, error);
    case lttng_ust_ctl_atype_string:
      return set_string (self, field, record->string.encoding, error);
    case lttng_ust_ctl_atype_enum:
      return set_legacy_enum (self, field, record, error);
    default:
      return refuse (self, field->name, error, "holds elements of a type that they cannot have");
    }
}

static gboolean
add_element (const Decoder *self, TbusCtfField *field, const BasicRecord *record, GError **error)
{
  g_autoptr(TbusCtfField) element = tbus_ctf_field_new (TBUS_CTF_INTEGER, NULL);

  if (!set_basic (self, element, record->atype, &record->u.basic, error))
    return FALSE;
  tbus_ctf_field_add (field, g_steal_pointer (&element));
  return TRUE;
}

/* One record stands for two fields: the length, then the elements. */
static gboolean
set_legacy_sequence (const Decoder *self, TbusCtfField *field, const Record *record, GPtrArray *siblings,
                     GError **error)
{
  g_autofree char *length_name = g_strconcat ("_", field->name, "_length", NULL);
  g_autoptr(TbusCtfField) length = tbus_ctf_field_new (TBUS_CTF_INTEGER, length_name);
  const BasicRecord *length_type = &record->type.u.legacy.sequence.length_type;

  if (length_type->atype != lttng_ust_ctl_atype_integer)
    return refuse (self, field->name, error, "has a length that is not an integer");
  if (!set_integer (self, length, &length_type->u.basic.integer, error)
      || !add_element (self, field, &record->type.u.legacy.sequence.elem_type, error))
    return FALSE;
  field->kind = TBUS_CTF_SEQUENCE;
  field->reference = g_steal_pointer (&length_name);
  g_ptr_array_add (siblings, g_steal_pointer (&length));
  return TRUE;
}

/* The next @n records become children of @field. */
static gboolean
add_children (Decoder *self, TbusCtfField *field, guint32 n, GError **error)
{
  if (n > (gsize) (self->end - self->next))
    return refuse (self, field->name, error, "announces more parts than were sent");
  if (self->depth >= tbus_limit (TBUS_LIMIT_NESTING))
    return refuse (self, field->name, error, "is nested too deep");
  field->children = tbus_ctf_fields_new ();
  self->depth++;
  for (guint32 i = 0; i < n; i++)
    {
      if (self->next == self->end)
        return refuse (self, field->name, error, "announces more parts than were sent");
      if (!decode_one (self, field->children, error))
        return FALSE;
    }
  self->depth--;
  return TRUE;
}

/* An element or an integer of an enumeration: one record, without a name. */
static TbusCtfField *
add_only_child (Decoder *self, TbusCtfField *field, GError **error)
{
  TbusCtfField *child;

  if (!add_children (self, field, 1, error))
    return NULL;
  if (field->children->len != 1)
    {
      refuse (self, field->name, error, "holds elements of a type that they cannot have");
      return NULL;
    }
  child = g_ptr_array_index (field->children, 0);
  g_clear_pointer (&child->name, g_free);
  return child;
}

static gboolean
set_enum (Decoder *self, TbusCtfField *field, const Record *record, GError **error)
{
  const TbusCtfField *container = add_only_child (self, field, error);

  if (container == NULL)
    return FALSE;
  if (container->kind != TBUS_CTF_INTEGER)
    return refuse (self, field->name, error, "is an enumeration that no integer holds");
  field->kind = TBUS_CTF_ENUM;
  field->enum_id = record->type.u.enum_nestable.id;
  return TRUE;
}

static gboolean
set_alignment (const Decoder *self, TbusCtfField *field, guint32 alignment, GError **error)
{
  if (!is_alignment (alignment, TRUE))
    return refuse (self, field->name, error, "has an alignment that is not a power of two");
  field->alignment = alignment;
  return TRUE;
}

static gboolean
set_array (Decoder *self, TbusCtfField *field, const Record *record, GError **error)
{
  field->kind = TBUS_CTF_ARRAY;
  field->length = record->type.u.array_nestable.length;
  return set_alignment (self, field, record->type.u.array_nestable.alignment, error)
         && add_only_child (self, field, error) != NULL;
}

/* Without a name of its length field, that is the field before. */
static gboolean
set_sequence (Decoder *self, TbusCtfField *field, const Record *record, const GPtrArray *siblings, GError **error)
{
  const char *name = record->type.u.sequence_nestable.length_name;
  const TbusCtfField *before = siblings->len > 0 ? g_ptr_array_index (siblings, siblings->len - 1) : NULL;

  field->kind = TBUS_CTF_SEQUENCE;
  if (name[0] != '\0')
    field->reference = tbus_ust_text (name, sizeof record->type.u.sequence_nestable.length_name);
  else if (before != NULL && before->kind == TBUS_CTF_INTEGER)
    field->reference = g_strdup (before->name);
  else
    return refuse (self, field->name, error, "is a sequence without a length field");
  return set_alignment (self, field, record->type.u.sequence_nestable.alignment, error)
         && add_only_child (self, field, error) != NULL;
}

/* @tag: (nullable): of a variant, at most 255 bytes. */
static gboolean
set_compound (Decoder *self, TbusCtfField *field, guint32 n, const char *tag, GError **error)
{
  field->kind = tag != NULL ? TBUS_CTF_VARIANT : TBUS_CTF_STRUCT;
  if (tag != NULL)
    field->reference = tbus_ust_text (tag, LTTNG_UST_ABI_SYM_NAME_LEN);
  return add_children (self, field, n, error);
}

static gboolean
set_field (Decoder *self, TbusCtfField *field, const Record *record, GPtrArray *siblings, GError **error)
{
  switch ((guint32) record->type.atype)
    {
    case lttng_ust_ctl_atype_integer:
      return set_integer (self, field, &record->type.u.integer, error);
    case lttng_ust_ctl_atype_float:
      return set_float (self, field, &record->type.u._float, error);
    case lttng_ust_ctl_atype_string:
      return set_string (self, field, record->type.u.string.encoding, error);
    case lttng_ust_ctl_atype_enum:
      return set_legacy_enum (self, field, &record->type.u.legacy.basic, error);
    case lttng_ust_ctl_atype_array:
      field->kind = TBUS_CTF_ARRAY;
      field->length = record->type.u.legacy.array.length;
      return add_element (self, field, &record->type.u.legacy.array.elem_type, error);
    case lttng_ust_ctl_atype_sequence:
      return set_legacy_sequence (self, field, record, siblings, error);
    case lttng_ust_ctl_atype_variant:
      return set_compound (self, field, record->type.u.legacy.variant.nr_choices,
                           record->type.u.legacy.variant.tag_name, error);
    case lttng_ust_ctl_atype_struct:
      return set_compound (self, field, record->type.u.legacy._struct.nr_fields, NULL, error);
    case lttng_ust_ctl_atype_enum_nestable:
      return set_enum (self, field, record, error);
    case lttng_ust_ctl_atype_array_nestable:
      return set_array (self, field, record, error);
    case lttng_ust_ctl_atype_sequence_nestable:
      return set_sequence (self, field, record, siblings, error);
    case lttng_ust_ctl_atype_struct_nestable:
      return set_alignment (self, field, record->type.u.struct_nestable.alignment, error)
             && set_compound (self, field, record->type.u.struct_nestable.nr_fields, NULL, error);
    case lttng_ust_ctl_atype_variant_nestable:
      return set_alignment (self, field, record->type.u.variant_nestable.alignment, error)
             && set_compound (self, field, record->type.u.variant_nestable.nr_choices,
                              record->type.u.variant_nestable.tag_name, error);
    default:
      return refuse (self, field->name, error, "is of an unknown type");
    }
}

/* Takes one record and those that belong to it. */
static gboolean
decode_one (Decoder *self, GPtrArray *siblings, GError **error)
{
  const Record *record = self->next++;
  g_autoptr(TbusCtfField) field = tbus_ctf_field_new (TBUS_CTF_INTEGER, NULL);

  field->name = tbus_ust_text (record->name, sizeof record->name);
  if (!set_field (self, field, record, siblings, error))
    return FALSE;
  g_ptr_array_add (siblings, g_steal_pointer (&field));
  return TRUE;
}

gpointer
tbus_fields_decode (gconstpointer raw, gsize raw_len, const char *name, GError **error)
{
  g_autoptr(GPtrArray) fields = tbus_ctf_fields_new ();
  gsize n = raw_len / sizeof (Record);
  Decoder decoder = { raw, (const Record *) raw + n, name, 0 };

  if (raw_len % sizeof (Record) != 0)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "%" G_GSIZE_FORMAT " bytes are not a whole number of field records", raw_len);
      return NULL;
    }
  if (n > tbus_limit (TBUS_LIMIT_FIELDS))
    {
      tbus_limit_refuse (TBUS_LIMIT_FIELDS, error);
      return NULL;
    }
  while (decoder.next < decoder.end)
    if (!decode_one (&decoder, fields, error))
      return NULL;
  return g_steal_pointer (&fields);
}

/*
 * Start and end each say whether they are signed. Together they are read as signed,
 * unless one is too large for that; then neither may be negative.
 */
static gboolean
set_range (TbusCtfEnumEntry *entry, const struct lttng_ust_ctl_enum_entry *record)
{
  gboolean huge = (!record->start.signedness && record->start.value > G_MAXINT64)
                  || (!record->end.signedness && record->end.value > G_MAXINT64);
  gboolean negative = (record->start.signedness && (gint64) record->start.value < 0)
                      || (record->end.signedness && (gint64) record->end.value < 0);

  entry->start = record->start.value;
  entry->end = record->end.value;
  entry->is_signed = !huge && (record->start.signedness || record->end.signedness);
  if (huge)
    return !negative && entry->start <= entry->end;
  return (gint64) entry->start <= (gint64) entry->end;
}

gpointer
tbus_enum_decode (gconstpointer raw, gsize raw_len, const char *name, GError **error)
{
  const struct lttng_ust_ctl_enum_entry *records = raw;
  g_autoptr(TbusCtfEnum) result = tbus_ctf_enum_new (name != NULL ? name : "");
  gsize n = raw_len / sizeof *records;

  if (raw_len % sizeof *records != 0 || n > TBUS_MAX_ENUM_ENTRIES)
    {
      g_set_error (error, TBUS_ERROR, n > TBUS_MAX_ENUM_ENTRIES ? TBUS_ERROR_EXHAUSTED : TBUS_ERROR_INVALID_ARGS,
                   "Enumeration \"%s\" has %" G_GSIZE_FORMAT " bytes of entries: not whole, or more than %d",
                   result->name, raw_len, TBUS_MAX_ENUM_ENTRIES);
      return NULL;
    }
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *label = tbus_ust_text (records[i].string, sizeof records[i].string);
      TbusCtfEnumEntry entry = { .label = label };

      entry.automatic = (records[i].u.extra.options & LTTNG_UST_CTL_UST_ENUM_ENTRY_OPTION_IS_AUTO) != 0;
      if (!entry.automatic && !set_range (&entry, &records[i]))
        {
          g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                       "Entry \"%s\" of enumeration \"%s\" ends before it starts", label, result->name);
          return NULL;
        }
      tbus_ctf_enum_add (result, &entry);
    }
  return g_steal_pointer (&result);
}
