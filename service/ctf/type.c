/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/type.h"

#include "base/error.h"
#include "base/limits.h"
#include "ctf/labels.h"
#include "ctf/rules.h"
#include "ctf/text.h"

#include <string.h>

#define OTHER_ORDER (G_BYTE_ORDER == G_LITTLE_ENDIAN ? "be" : "le")

/* An identifier that is in the text already. */
typedef struct {
  gsize at, length;
} Span;

/* The fields of one struct. A reader looks for a length or a tag among those before it. */
typedef struct {
  const GPtrArray *fields;
  guint position; /* of the field that is being written */
  Span *written;  /* of each field before it */
  TbusCtfScope *names;
} List;

typedef struct {
  GString *out;
  gsize start; /* of the text */
  guint indent;
  List *list;       /* where references are looked up */
  const char *name; /* of the field that is being written: for errors */
  TbusCtfEnumFunc find_enum;
  gpointer data;
} Writer;

static gboolean append_list (Writer *self, const GPtrArray *fields, GError **error);
static gboolean append_type (Writer *self, const TbusCtfField *field, GError **error);

static const TbusCtfField *
child_at (const TbusCtfField *field, guint i)
{
  return g_ptr_array_index (field->children, i);
}

static gboolean
is_repeated (const TbusCtfField *field)
{
  return field->kind == TBUS_CTF_ARRAY || field->kind == TBUS_CTF_SEQUENCE;
}

/* What an array holds, of however many dimensions it is. */
static const TbusCtfField *
element_of (const TbusCtfField *field)
{
  while (is_repeated (field))
    field = child_at (field, 0);
  return field;
}

/*
 * Arrays and variants cannot say their alignment in this language, so that an empty struct before them does.
 * The structs of an array can, and must: each of them is aligned.
 */
static guint32
padding_of (const TbusCtfField *field)
{
  guint32 alignment = 0;

  for (; is_repeated (field); field = child_at (field, 0))
    alignment = MAX (alignment, field->alignment);
  if (field->kind == TBUS_CTF_VARIANT || (field->kind == TBUS_CTF_STRUCT && field->name != NULL))
    alignment = MAX (alignment, field->alignment);
  return alignment;
}

static const char *
name_of (const TbusCtfField *field)
{
  return field->name != NULL ? field->name : "";
}

/* Returns: the position of the nearest field before that has the name, -1 for none. */
static int
find_reference (const Writer *self, const char *reference)
{
  for (int i = (int) self->list->position - 1; i >= 0; i--)
    if (strcmp (name_of (g_ptr_array_index (self->list->fields, i)), reference) == 0)
      return i;
  return -1;
}

static void
append_written (Writer *self, int position)
{
  Span span = self->list->written[position];

  g_string_append_len (self->out, self->out->str + span.at, span.length);
}

static void
append_member (GString *out, const char *key, guint64 value)
{
  g_string_append (out, key);
  tbus_ctf_append_uint (out, value);
  g_string_append_c (out, ';');
}

static void
append_byte_order (GString *out, const TbusCtfField *field)
{
  if (!field->reverse)
    return;
  g_string_append (out, " byte_order = ");
  g_string_append (out, OTHER_ORDER);
  g_string_append_c (out, ';');
}

static void
append_integer (GString *out, const TbusCtfField *field)
{
  static const char *const encodings[] = {
    [TBUS_CTF_ENCODING_NONE] = " encoding = none;",
    [TBUS_CTF_ENCODING_UTF8] = " encoding = UTF8;",
    [TBUS_CTF_ENCODING_ASCII] = " encoding = ASCII;",
  };

  append_member (out, "integer { size = ", field->size);
  append_member (out, " align = ", field->alignment);
  g_string_append (out, field->is_signed ? " signed = 1;" : " signed = 0;");
  g_string_append (out, encodings[MIN (field->encoding, TBUS_CTF_ENCODING_ASCII)]);
  append_member (out, " base = ", field->base);
  append_byte_order (out, field);
  g_string_append (out, " }");
}

static void
append_float (GString *out, const TbusCtfField *field)
{
  append_member (out, "floating_point { exp_dig = ", field->exponent_digits);
  append_member (out, " mant_dig = ", field->mantissa_digits);
  append_member (out, " align = ", field->alignment);
  append_byte_order (out, field);
  g_string_append (out, " }");
}

static void
append_string_type (GString *out, const TbusCtfField *field)
{
  g_string_append (out, field->encoding == TBUS_CTF_ENCODING_ASCII ? "string { encoding = ASCII; }" : "string");
}

/* Whether a variant of the list selects by @field: then its labels have to be names as well. */
static gboolean
is_tag (const Writer *self, const TbusCtfField *field)
{
  const GPtrArray *fields = self->list->fields;
  guint i = self->list->position;

  if (fields == NULL || g_ptr_array_index (fields, i) != field)
    return FALSE;
  while (++i < fields->len)
    {
      const TbusCtfField *after = g_ptr_array_index (fields, i);
      const TbusCtfField *element = element_of (after);

      if (element->kind == TBUS_CTF_VARIANT && g_strcmp0 (element->reference, name_of (field)) == 0)
        return TRUE;
      if (strcmp (name_of (after), name_of (field)) == 0)
        return FALSE;
    }
  return FALSE;
}

static const TbusCtfEnum *
lookup_enum (Writer *self, const TbusCtfField *field, GError **error)
{
  const TbusCtfEnum *type = self->find_enum != NULL ? self->find_enum (field->enum_id, self->data) : NULL;

  if (type == NULL)
    tbus_ctf_set_field_error (error, self->name, "refers to enumeration %" G_GUINT64_FORMAT ", which is unknown",
                              field->enum_id);
  return type;
}

static gboolean
append_enum (Writer *self, const TbusCtfField *field, GError **error)
{
  const TbusCtfEnum *type = lookup_enum (self, field, error);
  const TbusCtfField *integer = child_at (field, 0);
  g_autoptr(GHashTable) labels = NULL;
  gsize at = self->out->len;

  if (type == NULL)
    return FALSE;
  if (is_tag (self, field))
    {
      if (type->entries->len > TBUS_MAX_FIELDS)
        {
          tbus_ctf_set_field_error (error, self->name, "is a tag with %u labels, more than %u", type->entries->len,
                                    TBUS_MAX_FIELDS);
          return FALSE;
        }
      labels = tbus_ctf_labels_new (type, integer->is_signed);
    }
  g_string_append (self->out, "enum : ");
  append_integer (self->out, integer);
  g_string_append (self->out, " {\n");
  if (!tbus_ctf_append_labels (self->out, self->indent + 1, type, integer->is_signed, labels))
    {
      /* The grammar has no enumeration without labels. */
      g_string_truncate (self->out, at);
      append_integer (self->out, integer);
      return TRUE;
    }
  tbus_ctf_append_tabs (self->out, self->indent);
  g_string_append_c (self->out, '}');
  return TRUE;
}

static gboolean
append_struct (Writer *self, const TbusCtfField *field, GError **error)
{
  if (field->children == NULL || field->children->len == 0)
    {
      g_string_append (self->out, "struct {}");
    }
  else
    {
      g_string_append (self->out, "struct {\n");
      self->indent++;
      if (!append_list (self, field->children, error))
        return FALSE;
      self->indent--;
      tbus_ctf_append_tabs (self->out, self->indent);
      g_string_append_c (self->out, '}');
    }
  if (field->name == NULL && field->alignment != 0)
    {
      g_string_append (self->out, " align(");
      tbus_ctf_append_uint (self->out, field->alignment);
      g_string_append_c (self->out, ')');
    }
  return TRUE;
}

/* "[4][ _n ]" of an array of sequences, outermost first. */
static gboolean
append_dimensions (Writer *self, const TbusCtfField *field, GError **error)
{
  const char *name = field->name;
  const TbusCtfField *length;
  int position;

  for (; is_repeated (field); field = child_at (field, 0))
    {
      g_string_append_c (self->out, '[');
      if (field->kind == TBUS_CTF_ARRAY)
        {
          tbus_ctf_append_uint (self->out, field->length);
        }
      else
        {
          position = field->reference == NULL || field->reference[0] == '\0'
                         ? (int) self->list->position - 1 : find_reference (self, field->reference);
          length = position >= 0 ? g_ptr_array_index (self->list->fields, position) : NULL;
          if (length == NULL || length->kind != TBUS_CTF_INTEGER || length->is_signed)
            {
              tbus_ctf_set_field_error (error, name, "has no unsigned integer before it that is its length");
              return FALSE;
            }
          g_string_append_c (self->out, ' ');
          append_written (self, position);
          g_string_append_c (self->out, ' ');
        }
      g_string_append_c (self->out, ']');
    }
  return TRUE;
}

/* Appends the choice under the name that its label is written as. Each label is taken out: it selects one choice. */
static gboolean
append_choice (Writer *self, const TbusCtfField *choice, TbusCtfLabels *labels, GError **error)
{
  g_autofree char *label = g_strconcat ("_", name_of (choice), NULL);
  g_autofree char *identifier = NULL;
  g_autofree char *key = NULL;

  if (!g_hash_table_steal_extended (labels, label, (gpointer *) &key, (gpointer *) &identifier))
    {
      tbus_ctf_set_field_error (error, choice->name, "is a choice that no label of its tag selects, or another too");
      return FALSE;
    }
  if (padding_of (choice) != 0)
    {
      tbus_ctf_set_field_error (error, choice->name, "is a choice, which cannot be aligned as a whole");
      return FALSE;
    }
  self->name = name_of (choice);
  tbus_ctf_append_tabs (self->out, self->indent);
  if (!append_type (self, element_of (choice), error))
    return FALSE;
  g_string_append_c (self->out, ' ');
  g_string_append (self->out, identifier);
  if (!append_dimensions (self, choice, error))
    return FALSE;
  g_string_append (self->out, ";\n");
  return TRUE;
}

/* Returns: (transfer full): how the labels of the tag were written, NULL with @error if it can be none. */
static TbusCtfLabels *
tag_labels (Writer *self, int position, GError **error)
{
  const TbusCtfField *tag = position >= 0 ? g_ptr_array_index (self->list->fields, position) : NULL;
  const TbusCtfEnum *type;

  if (tag == NULL || tag->kind != TBUS_CTF_ENUM)
    {
      tbus_ctf_set_field_error (error, self->name, "has no enumeration before it that is its tag");
      return NULL;
    }
  type = lookup_enum (self, tag, error);
  if (type == NULL)
    return NULL;
  if (tbus_ctf_labels_overlap (type, child_at (tag, 0)->is_signed))
    {
      tbus_ctf_set_field_error (error, self->name, "has a tag with two labels for one value");
      return NULL;
    }
  return tbus_ctf_labels_new (type, child_at (tag, 0)->is_signed);
}

static gboolean
append_variant (Writer *self, const TbusCtfField *field, GError **error)
{
  int position = field->reference != NULL ? find_reference (self, field->reference) : -1;
  g_autoptr(GHashTable) labels = tag_labels (self, position, error);
  List *list = self->list;
  List none = { 0 };

  if (labels == NULL)
    return FALSE;
  g_string_append (self->out, "variant <");
  append_written (self, position);
  g_string_append (self->out, "> {\n");
  /* A choice refers to nothing outside of it: readers differ in what it would find. */
  self->list = &none;
  self->indent++;
  for (guint i = 0; i < field->children->len; i++)
    if (!append_choice (self, child_at (field, i), labels, error))
      return FALSE;
  self->indent--;
  self->list = list;
  tbus_ctf_append_tabs (self->out, self->indent);
  g_string_append_c (self->out, '}');
  return TRUE;
}

static gboolean
append_type (Writer *self, const TbusCtfField *field, GError **error)
{
  switch (field->kind)
    {
    case TBUS_CTF_INTEGER:
      append_integer (self->out, field);
      return TRUE;
    case TBUS_CTF_FLOAT:
      append_float (self->out, field);
      return TRUE;
    case TBUS_CTF_STRING:
      append_string_type (self->out, field);
      return TRUE;
    case TBUS_CTF_ENUM:
      return append_enum (self, field, error);
    case TBUS_CTF_STRUCT:
      return append_struct (self, field, error);
    case TBUS_CTF_VARIANT:
      return append_variant (self, field, error);
    case TBUS_CTF_ARRAY:
    case TBUS_CTF_SEQUENCE:
      break;
    }
  g_return_val_if_reached (FALSE);
}

static void
append_padding (Writer *self, const TbusCtfField *field, guint32 alignment)
{
  g_autofree char *name = g_strconcat (name_of (field), "_padding", NULL);

  tbus_ctf_append_tabs (self->out, self->indent);
  g_string_append (self->out, "struct { } align(");
  tbus_ctf_append_uint (self->out, alignment);
  g_string_append (self->out, ") ");
  tbus_ctf_scope_append (self->list->names, self->out, name);
  g_string_append (self->out, ";\n");
}

static gboolean
append_field (Writer *self, const TbusCtfField *field, GError **error)
{
  guint32 padding = padding_of (field);
  Span *span = &self->list->written[self->list->position];

  self->name = name_of (field);
  if (padding != 0)
    append_padding (self, field, padding);
  tbus_ctf_append_tabs (self->out, self->indent);
  if (!append_type (self, element_of (field), error))
    return FALSE;
  g_string_append_c (self->out, ' ');
  span->at = self->out->len;
  tbus_ctf_scope_append (self->list->names, self->out, name_of (field));
  span->length = self->out->len - span->at;
  if (!append_dimensions (self, field, error))
    return FALSE;
  g_string_append (self->out, ";\n");
  return TRUE;
}

/* A thousand fields may share one enumeration of many thousand labels: what is short to say may be long to write. */
static gboolean
check_length (const Writer *self, GError **error)
{
  if (self->out->len - self->start <= TBUS_MAX_CLASS_TEXT)
    return TRUE;
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "The fields take more than %u bytes of metadata",
               TBUS_MAX_CLASS_TEXT);
  return FALSE;
}

static gboolean
append_list (Writer *self, const GPtrArray *fields, GError **error)
{
  g_autoptr(GHashTable) names = tbus_ctf_scope_new ();
  g_autofree Span *written = g_new (Span, fields->len);
  List list = { .fields = fields, .written = written, .names = names };
  List *outer = self->list;
  gboolean ok = TRUE;

  self->list = &list;
  for (; ok && list.position < fields->len; list.position++)
    ok = append_field (self, g_ptr_array_index (fields, list.position), error) && check_length (self, error);
  self->list = outer;
  return ok;
}

gboolean
tbus_ctf_append_fields (GString *out, guint indent, const GPtrArray *fields, TbusCtfEnumFunc find_enum,
                        gpointer data, GError **error)
{
  Writer writer = { .out = out, .start = out->len, .indent = indent, .find_enum = find_enum, .data = data };

  for (guint i = 0; i < fields->len; i++)
    if (!tbus_ctf_check_field (g_ptr_array_index (fields, i), error))
      return FALSE;
  if (append_list (&writer, fields, error))
    return TRUE;
  g_string_truncate (out, writer.start);
  return FALSE;
}
