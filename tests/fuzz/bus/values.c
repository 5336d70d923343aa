/* SPDX-License-Identifier: GPL-2.0-only */
#include "values.h"

#include <float.h>
#include <math.h>

enum { MAX_TEXT = 1 << 20, LONG_TEXT = 70000, MANY = 5000, MAX_DEPTH = 6, DEEP = 50, MAX_HANDLE = 4 };

struct TstValues {
  GRand *rand;
  GHashTable *options; /* method to GPtrArray of Option */
  GPtrArray *current;  /* those of the method that is spoken of; NULL: it has none */
  GPtrArray *all_options;
  GHashTable *hints; /* name to GPtrArray of char * */
  GPtrArray *all_hints;
  GPtrArray *paths; /* borrowed; NULL: none */
  gboolean plain;
};

typedef struct {
  char *key;
  GVariantType *type;
} Option;

static GVariant *make (TstValues *self, const GVariantType *type, const char *name, guint depth);

static void
option_free (gpointer data)
{
  Option *option = data;

  g_free (option->key);
  g_variant_type_free (option->type);
  g_free (option);
}

TstValues *
tst_values_new (guint32 seed)
{
  TstValues *self = g_new0 (TstValues, 1);

  self->rand = g_rand_new_with_seed (seed);
  self->options = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->all_options = g_ptr_array_new_with_free_func (option_free);
  self->hints = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->all_hints = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
tst_values_free (TstValues *self)
{
  g_rand_free (self->rand);
  g_hash_table_unref (self->options);
  g_ptr_array_unref (self->all_options);
  g_hash_table_unref (self->hints);
  g_ptr_array_unref (self->all_hints);
  g_free (self);
}

guint
tst_values_below (TstValues *self, guint n)
{
  return g_rand_int (self->rand) % n;
}

gboolean
tst_values_chance (TstValues *self, guint n)
{
  return tst_values_below (self, n) == 0;
}

/* The list of @key in @table, which is made where it is not there. */
static GPtrArray *
find_list (GHashTable *table, const char *key, GDestroyNotify destroy)
{
  GPtrArray *list = g_hash_table_lookup (table, key);

  if (list == NULL)
    {
      list = g_ptr_array_new_with_free_func (destroy);
      g_hash_table_insert (table, g_strdup (key), list);
    }
  return list;
}

void
tst_values_add_option (TstValues *self, const char *method, const char *key, const char *type)
{
  Option *option = g_new (Option, 1);

  option->key = g_strdup (key);
  option->type = g_variant_type_new (type);
  g_ptr_array_add (self->all_options, option);
  g_ptr_array_add (find_list (self->options, method, NULL), option);
}

void
tst_values_speak_of (TstValues *self, const char *method)
{
  self->current = g_hash_table_lookup (self->options, method);
}

void
tst_values_add_hint (TstValues *self, const char *name, const char *text)
{
  g_ptr_array_add (find_list (self->hints, name, g_free), g_strdup (text));
  g_ptr_array_add (self->all_hints, g_strdup (text));
}

void
tst_values_be_plain (TstValues *self, gboolean plain)
{
  self->plain = plain;
}

void
tst_values_use_paths (TstValues *self, GPtrArray *paths)
{
  self->paths = paths;
}

static gpointer
pick (TstValues *self, GPtrArray *from)
{
  return g_ptr_array_index (from, tst_values_below (self, from->len));
}

/* (nullable) */
static const char *
pick_hint (TstValues *self, const char *name)
{
  GPtrArray *texts = name != NULL ? g_hash_table_lookup (self->hints, name) : NULL;

  if (texts == NULL)
    return NULL;
  return self->plain && tst_values_chance (self, 2) ? g_ptr_array_index (texts, 0) : pick (self, texts);
}

/* What costs memory as it says is left to the hints: a test should not take what the machine has. */
static gboolean
is_size_of_buffers (const char *name)
{
  return g_strcmp0 (name, "subbuf-size") == 0 || g_strcmp0 (name, "num-subbuf") == 0;
}

static guint64
make_number (TstValues *self, const char *name)
{
  static const guint64 edges[] = {
    0,      1,           2,          127,          128,           255,        256,         32767,
    32768,  65535,       65536,      G_MAXINT32,   0x80000000,    G_MAXUINT32, 0x100000000, G_MAXINT64,
    1000000, 0xffffff80, G_MAXUINT64, 0x8000000000000000, G_MAXUINT64 - 1,
  };
  const char *hint = pick_hint (self, name);
  guint64 wide = (guint64) g_rand_int (self->rand) << 32 | g_rand_int (self->rand);

  if (hint != NULL && (self->plain || is_size_of_buffers (name) || !tst_values_chance (self, 4)))
    return g_ascii_strtoull (hint, NULL, 10);
  switch (tst_values_below (self, 3))
    {
    case 0:
      return edges[tst_values_below (self, G_N_ELEMENTS (edges))];
    case 1:
      return tst_values_below (self, 64);
    default:
      return wide >> tst_values_below (self, 64);
    }
}

static double
make_double (TstValues *self)
{
  const double edges[] = { 0, -0.0, 1, -1, NAN, INFINITY, -INFINITY, DBL_MAX, DBL_MIN, 1e-310 };

  return edges[tst_values_below (self, G_N_ELEMENTS (edges))];
}

static char *
repeat (TstValues *self, const char *unit)
{
  const gsize longest = tst_values_chance (self, 100) ? MAX_TEXT : tst_values_chance (self, 4) ? LONG_TEXT : 400;
  const gsize length = tst_values_below (self, longest);
  GString *text = g_string_new (NULL);

  while (text->len < length)
    g_string_append (text, unit);
  return g_string_free (text, FALSE);
}

static char *
make_characters (TstValues *self)
{
  static const gunichar ranges[] = { 0x20, 0x7f, 0x100, 0xd800, 0x10ffff };
  GString *text = g_string_new (NULL);

  for (guint n = tst_values_below (self, 40); n > 0; n--)
    {
      gunichar character = 1 + tst_values_below (self, ranges[tst_values_below (self, G_N_ELEMENTS (ranges))]);

      if (g_unichar_validate (character))
        g_string_append_unichar (text, character);
    }
  return g_string_free (text, FALSE);
}

static char *
make_name (TstValues *self)
{
  static const char letters[] = "abcXYZ019_.:@+-";
  GString *text = g_string_new (NULL);

  for (guint n = tst_values_below (self, tst_values_chance (self, 10) ? 300 : 12); n > 0; n--)
    g_string_append_c (text, letters[tst_values_below (self, sizeof letters - 1)]);
  return g_string_free (text, FALSE);
}

static char *
make_text (TstValues *self, const char *name)
{
  static const char *const awkward[] = {
    "", "%s%n%n%s", "..", "../../..", "/", ".", "-", "\\", "\"", "'", "a b", "*", "**", "***?", "{", "\n", "\t\x7f",
    "\\*", "metadata", "tbtest:", ":", "$app.", "$ctx.", "/dev/null/x", "/proc/self/fd/0", "//", "relative/path",
    "\xe2\x80\xae", "\xef\xbf\xbd", "\xf0\x9f\x90\x9b", "-1", "0x", "18446744073709551616", "NaN", "true",
  };
  static const char *const units[] = { "a", "(", "!", "a&&", "a[", "*", "../", "/x", "\xc3\xa9", "\"", "\\", "perf:" };
  const char *hint = pick_hint (self, name);

  if (hint != NULL && (self->plain || !tst_values_chance (self, 3)))
    return g_strdup (hint);
  switch (tst_values_below (self, 5))
    {
    case 0:
      return g_strdup (awkward[tst_values_below (self, G_N_ELEMENTS (awkward))]);
    case 1:
      return repeat (self, units[tst_values_below (self, G_N_ELEMENTS (units))]);
    case 2:
      return make_characters (self);
    case 3:
      return make_name (self);
    default:
      return g_strdup (pick (self, self->all_hints));
    }
}

static const char *
make_path (TstValues *self)
{
  static const char *const others[] = {
    "/", "/org", "/org/tracebus1", "/org/tracebus1/session", "/org/tracebus1/session/0", "/org/tracebus1/app/x",
    "/org/tracebus1/app/18446744073709551616", "/org/tracebus1/session/1/channel/4294967296", "/a/_/0",
    "/org/tracebus1/app/00001",
  };

  if (self->paths != NULL && self->paths->len > 0 && !tst_values_chance (self, 4))
    return pick (self, self->paths);
  return others[tst_values_below (self, G_N_ELEMENTS (others))];
}

static const char *
make_signature (TstValues *self)
{
  static const char *const signatures[] = { "", "s", "a{sv}", "(iii)", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaas", "hv" };

  return signatures[tst_values_below (self, G_N_ELEMENTS (signatures))];
}

static GVariant *
make_basic (TstValues *self, char type, const char *name)
{
  switch (type)
    {
    case 'b':
      return g_variant_new_boolean (tst_values_chance (self, 2));
    case 'y':
      return g_variant_new_byte (make_number (self, name));
    case 'n':
      return g_variant_new_int16 (make_number (self, name));
    case 'q':
      return g_variant_new_uint16 (make_number (self, name));
    case 'i':
      return g_variant_new_int32 (make_number (self, name));
    case 'u':
      return g_variant_new_uint32 (make_number (self, name));
    case 'x':
      return g_variant_new_int64 (make_number (self, name));
    case 't':
      return g_variant_new_uint64 (make_number (self, name));
    case 'h':
      return g_variant_new_handle (tst_values_chance (self, 4) ? make_number (self, NULL)
                                                               : tst_values_below (self, MAX_HANDLE));
    case 'd':
      return g_variant_new_double (make_double (self));
    case 'o':
      return g_variant_new_object_path (make_path (self));
    case 'g':
      return g_variant_new_signature (make_signature (self));
    default:
      return g_variant_new_take_string (make_text (self, name));
    }
}

static const GVariantType *
any_type (TstValues *self, guint depth)
{
  static const char *const types[] = {
    "b", "y", "n", "q", "i", "u", "x", "t", "h", "d", "o", "g", "s", "s", "v", "as", "au", "ay", "av", "ah", "(su)",
    "a{sv}", "aa{sv}", "a{us}", "a(sa{sv})", "((((i))))", "aaaas", "ao",
  };

  return G_VARIANT_TYPE (types[tst_values_below (self, depth < MAX_DEPTH ? G_N_ELEMENTS (types) : 14)]);
}

/* A box in a box in a box. */
static GVariant *
make_deep (TstValues *self)
{
  GVariant *value = g_variant_new_boolean (TRUE);

  for (guint n = tst_values_below (self, DEEP); n > 0; n--)
    value = g_variant_new_variant (value);
  return value;
}

static void
add_option (TstValues *self, GVariantBuilder *dict, guint depth)
{
  const Option *option = pick (self, self->current == NULL || tst_values_chance (self, 20) ? self->all_options
                                                                                           : self->current);
  g_autofree char *unknown = NULL;

  if (tst_values_chance (self, 30))
    unknown = make_text (self, NULL);
  if (tst_values_chance (self, 60))
    g_variant_builder_add (dict, "{sv}", option->key, make_deep (self));
  else if (tst_values_chance (self, 20))
    g_variant_builder_add (dict, "{sv}", option->key, make (self, any_type (self, depth), option->key, depth + 1));
  else
    g_variant_builder_add (dict, "{sv}", unknown != NULL ? unknown : option->key,
                           make (self, option->type, option->key, depth + 1));
}

/* Most methods refuse most options, so there are few of them. */
static GVariant *
make_options (TstValues *self, guint depth)
{
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  if (!self->plain && tst_values_chance (self, self->current != NULL ? 2 : 8))
    for (guint n = tst_values_chance (self, 4) ? tst_values_below (self, 6) : 1; n > 0; n--)
      add_option (self, &dict, depth);
  return g_variant_builder_end (&dict);
}

static GVariant *
make_array (TstValues *self, const GVariantType *type, const char *name, guint depth)
{
  guint n = depth > MAX_DEPTH ? 0 : self->plain ? 1 : tst_values_below (self, 4);
  GVariantBuilder array;

  if (depth <= 2 && g_variant_type_is_basic (g_variant_type_element (type)) && tst_values_chance (self, 100))
    n = tst_values_below (self, MANY);
  g_variant_builder_init (&array, type);
  for (; n > 0; n--)
    g_variant_builder_add_value (&array, make (self, g_variant_type_element (type), name, depth + 1));
  return g_variant_builder_end (&array);
}

static GVariant *
make_tuple (TstValues *self, const GVariantType *type, const char *name, guint depth)
{
  GVariantBuilder tuple;

  g_variant_builder_init (&tuple, type);
  for (const GVariantType *item = g_variant_type_first (type); item != NULL; item = g_variant_type_next (item))
    g_variant_builder_add_value (&tuple, make (self, item, name, depth + 1));
  return g_variant_builder_end (&tuple);
}

static GVariant *
make (TstValues *self, const GVariantType *type, const char *name, guint depth)
{
  if (g_variant_type_is_basic (type))
    return make_basic (self, *g_variant_type_peek_string (type), name);
  if (g_variant_type_equal (type, G_VARIANT_TYPE_VARIANT))
    return g_variant_new_variant (make (self, any_type (self, depth), name, depth + 1));
  if (g_variant_type_equal (type, G_VARIANT_TYPE_VARDICT))
    return make_options (self, depth);
  if (g_variant_type_is_array (type))
    return make_array (self, type, name, depth);
  return make_tuple (self, type, name, depth);
}

GVariant *
tst_values_make (TstValues *self, const GVariantType *type, const char *name)
{
  return make (self, type, name, 0);
}

GVariant *
tst_values_make_any (TstValues *self)
{
  return make (self, any_type (self, 0), NULL, 0);
}
