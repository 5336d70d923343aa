/* SPDX-License-Identifier: GPL-2.0-only */
/* Thousands of field trees that mean no good, the same in every run: text that holds together, or an error. */
#include "ctf/trace.h"

#include "base/error.h"
#include "unit/ctf/balance.h"
#include "unit/ctf/build.h"
#include "unit/ctf/reader.h"

enum { TREES = 4000, SEED = 20131, READ_AT_MOST = 700 };

typedef struct {
  GRand *rand;
  GPtrArray *enums;
  char *last_name; /* what references mostly mean */
} Generator;

static guint
below (Generator *self, guint n)
{
  return (guint) g_rand_int_range (self->rand, 0, (gint32) n);
}

static gboolean
one_in (Generator *self, guint n)
{
  return below (self, n) == 0;
}

static char *
nasty_name (Generator *self)
{
  static const char *const names[] = {
    "", "_", "a", "b", "a-b", "a b", "a_b", "a_2", "a_padding", "struct", "event", "\"", "\\", "};", "/*", "\n", "\xff",
    "\xc3\xa9", "%s", "[1]"
  };
  char *name;
  guint length;

  if (!one_in (self, 4))
    return g_strdup (names[below (self, G_N_ELEMENTS (names))]);
  length = below (self, one_in (self, 10) ? 256 : 8);
  name = g_malloc (length + 1);
  for (guint i = 0; i < length; i++)
    name[i] = (char) (1 + below (self, 255));
  name[length] = '\0';
  return name;
}

static void
add_enum (Generator *self)
{
  TbusCtfEnum *type = tbus_ctf_enum_new ("random");
  guint n = below (self, 6);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = nasty_name (self);
      g_autofree char *label = one_in (self, 3) ? g_strdup (name) : g_strconcat ("_", name, NULL);
      TbusCtfEnumEntry entry = { .label = label, .automatic = one_in (self, 3), .is_signed = one_in (self, 2) };

      entry.start = (guint64) g_rand_int (self->rand) << (one_in (self, 2) ? 32 : 0);
      entry.end = one_in (self, 3) ? g_rand_int (self->rand) : entry.start + below (self, 3);
      tbus_ctf_enum_add (type, &entry);
    }
  g_ptr_array_add (self->enums, type);
}

static TbusCtfField *random_field (Generator *self, const char *name, guint depth);

static TbusCtfField *
random_integer (Generator *self, const char *name)
{
  TbusCtfField *field = tst_int (name, one_in (self, 60) ? below (self, 130) : 8u << below (self, 4), one_in (self, 2));

  field->alignment = one_in (self, 60) ? below (self, 70) : 8u << below (self, 3);
  field->base = one_in (self, 60) ? below (self, 20) : 10;
  field->encoding = (TbusCtfEncoding) below (self, 3);
  field->reverse = one_in (self, 3);
  return field;
}

static TbusCtfField *
random_enum (Generator *self, const char *name)
{
  if (one_in (self, 3))
    add_enum (self);
  return tst_enum (name, one_in (self, 40) ? G_MAXUINT64 : below (self, self->enums->len), random_integer (self, NULL));
}

static void
random_children (Generator *self, TbusCtfField *field, guint depth)
{
  guint n = below (self, 4);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = nasty_name (self);

      tbus_ctf_field_add (field, random_field (self, name, depth + 1));
    }
}

static TbusCtfField *
random_compound (Generator *self, const char *name, guint depth)
{
  TbusCtfKind kinds[] = { TBUS_CTF_ARRAY, TBUS_CTF_SEQUENCE, TBUS_CTF_STRUCT, TBUS_CTF_VARIANT };
  TbusCtfField *field = tbus_ctf_field_new (kinds[below (self, G_N_ELEMENTS (kinds))], name);

  field->alignment = one_in (self, 2) ? 0 : 1u << below (self, 8);
  field->length = below (self, 9);
  field->reference = one_in (self, 8) ? nasty_name (self) : g_strdup (self->last_name);
  if (field->kind == TBUS_CTF_STRUCT || field->kind == TBUS_CTF_VARIANT)
    random_children (self, field, depth);
  else if (!one_in (self, 60))
    tbus_ctf_field_add (field, random_field (self, NULL, depth + 1));
  return field;
}

static TbusCtfField *
random_field (Generator *self, const char *name, guint depth)
{
  switch (below (self, depth > 4 ? 4 : 6))
    {
    case 0:
      return random_integer (self, name);
    case 1:
      return one_in (self, 2) ? tst_float (name) : tst_double (name);
    case 2:
      return tst_string (name);
    case 3:
      return random_enum (self, name);
    default:
      return random_compound (self, name, depth);
    }
}

/* A tag with its variant: what chance alone hardly ever makes right. */
static void
add_variant (Generator *self, GPtrArray *fields)
{
  g_autofree char *tag = nasty_name (self);
  g_autofree char *name = nasty_name (self);
  TbusCtfField *variant = tst_variant (name, tag, TST_LIST_END);
  TbusCtfEnum *type = tbus_ctf_enum_new ("tag");
  guint n = 1 + below (self, 4);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *choice = nasty_name (self);
      g_autofree char *label = g_strconcat ("_", choice, NULL);
      TbusCtfEnumEntry entry = { .label = label, .automatic = TRUE };

      tbus_ctf_enum_add (type, &entry);
      tbus_ctf_field_add (variant, random_field (self, choice, 5));
    }
  g_ptr_array_add (self->enums, type);
  g_ptr_array_add (fields, tst_enum (tag, self->enums->len - 1, tst_int (NULL, 8, one_in (self, 2))));
  g_ptr_array_add (fields, variant);
}

static GPtrArray *
random_fields (Generator *self)
{
  GPtrArray *fields = tbus_ctf_fields_new ();
  guint n = 1 + below (self, 5);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = nasty_name (self);

      if (one_in (self, 5))
        add_variant (self, fields);
      else if (one_in (self, 4))
        g_ptr_array_add (fields, tst_int (name, 16, FALSE));
      else
        g_ptr_array_add (fields, random_field (self, name, 1));
      g_free (self->last_name);
      self->last_name = g_strdup (((TbusCtfField *) g_ptr_array_index (fields, fields->len - 1))->name);
    }
  return fields;
}

/* Appends the event, or nothing. Returns: whether it could be. */
static gboolean
append_random_event (Generator *self, GString *out, guint32 id)
{
  g_autoptr(GPtrArray) fields = random_fields (self);
  g_autofree char *name = nasty_name (self);
  g_autofree char *uri = nasty_name (self);
  g_autoptr(GError) error = NULL;
  TbusCtfEvent event = { name, id, 0, (int) below (self, 18) - 3, uri, fields };
  gsize length = out->len;

  event.loglevel = MIN (event.loglevel, 14);
  if (tbus_ctf_append_event (out, &event, tst_find_enum, self->enums, &error))
    {
      tst_assert_balanced (out->str + length);
      return TRUE;
    }
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (out->len, ==, length);
  return FALSE;
}

static void
whatever_comes_is_text_or_an_error (void)
{
  Generator generator = { .rand = g_rand_new_with_seed (SEED), .enums = tst_enums_new (), .last_name = g_strdup ("a") };
  g_autoptr(GString) text = g_string_new (NULL);
  guint32 written = 0;
  gsize sample = 0;

  add_enum (&generator);
  tbus_ctf_append_preamble (text, &tst_trace);
  tbus_ctf_append_stream (text, &(TbusCtfStream){ 0, TBUS_CTF_HEADER_LARGE, NULL }, NULL, NULL, NULL);
  for (guint i = 0; i < TREES; i++)
    {
      written += append_random_event (&generator, text, written);
      if (written <= READ_AT_MOST)
        sample = text->len;
    }
  /* A generator that makes only what is refused, or only what is not, shows nothing. */
  g_assert_cmpuint (written, >, TREES / 5);
  g_assert_cmpuint (written, <, TREES);
  g_ptr_array_unref (generator.enums);
  g_rand_free (generator.rand);
  g_free (generator.last_name);
  if (!tst_skip_without_reader ())
    {
      g_string_truncate (text, sample);
      g_ptr_array_unref (tst_read (text->str, NULL));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctf/random/whatever-comes-is-text-or-an-error", whatever_comes_is_text_or_an_error);
  return g_test_run ();
}
