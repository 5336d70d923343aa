/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole metadata, read by the reader that users have. */
#include "ctf/trace.h"

#include "support/trace.h"
#include "unit/ctf/build.h"
#include "unit/ctf/reader.h"

#include <string.h>

/* A metadata text that grows event by event. */
typedef struct {
  GString *text;
  GPtrArray *enums;
  guint32 n_events;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->text = g_string_new (NULL);
  f->enums = tst_enums_new ();
  tbus_ctf_append_preamble (f->text, &tst_trace);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_string_free (f->text, TRUE);
  g_ptr_array_unref (f->enums);
}

/* Takes @context (nullable). */
static void
add_stream (Fixture *f, guint32 id, TbusCtfHeader header, GPtrArray *context)
{
  g_autoptr(GError) error = NULL;

  tbus_ctf_append_stream (f->text, &(TbusCtfStream){ id, header, context }, tst_find_enum, f->enums, &error);
  g_assert_no_error (error);
  if (context != NULL)
    g_ptr_array_unref (context);
}

/* Takes @fields. */
static void
add_event (Fixture *f, const char *name, GPtrArray *fields)
{
  TbusCtfEvent event = { name, f->n_events++, 0, 13, name, fields };
  g_autoptr(GError) error = NULL;

  tbus_ctf_append_event (f->text, &event, tst_find_enum, f->enums, &error);
  g_assert_no_error (error);
  g_ptr_array_unref (fields);
}

static void
assert_readable (Fixture *f)
{
  g_autoptr(GPtrArray) events = tst_read (f->text->str, NULL);

  g_assert_cmpuint (events->len, ==, 0);
}

static void
reads_every_kind (Fixture *f, gconstpointer data)
{
  const char *const entries[] = { "a=0", "b=1..3", "c", "max=18446744073709551615u", "min=-9223372036854775808", NULL };
  guint64 id = tst_enums_add (f->enums, entries);
  GPtrArray *context = tst_list (tst_int ("vpid", 32, TRUE), tst_array ("procname", 17, tst_int (NULL, 8, TRUE)), NULL);
  TbusCtfField *reversed = tst_int ("net", 16, TRUE);

  if (tst_skip_without_reader ())
    {
      g_ptr_array_unref (context);
      tbus_ctf_field_free (reversed);
      return;
    }
  reversed->reverse = TRUE;
  reversed->base = 16;
  tst_add_app_context (context, "_app_prov_type", tst_enums_add_app_tag (f->enums));
  add_stream (f, 0, TBUS_CTF_HEADER_LARGE, context);
  add_stream (f, 1, TBUS_CTF_HEADER_COMPACT, NULL);
  add_event (f, "kinds:plain", tst_list (reversed, tst_int ("u64", 64, FALSE), tst_float ("f"), tst_double ("d"),
                                         tst_string ("s"), NULL));
  add_event (f, "kinds:lists", tst_list (tst_int ("_q_length", 8, FALSE),
                                         tst_aligned (tst_sequence ("q", "_q_length", tst_string (NULL)), 64),
                                         tst_array ("a", 3, tst_array (NULL, 2, tst_float (NULL))), NULL));
  add_event (f, "kinds:enums", tst_list (tst_enum ("u", id, tst_int (NULL, 64, FALSE)),
                                         tst_enum ("i", id, tst_int (NULL, 8, TRUE)),
                                         tst_array ("a", 2, tst_enum (NULL, id, tst_int (NULL, 8, TRUE))), NULL));
  add_event (f, "kinds:structs", tst_list (tst_aligned (tst_struct ("e", TST_LIST_END), 32),
                                           tst_struct ("s", tst_struct ("t", tst_string ("x"), TST_LIST_END),
                                                       TST_LIST_END), NULL));
  add_event (f, "kinds:none", tbus_ctf_fields_new ());
  assert_readable (f);
}

static const char *const hostile[] = {
  "", "_", "__", " ", "a", "a", "a-b", "a_b", "a b", "a.b", "a:b", "a_b_2", "a_padding", "$app.x:y", "int", "struct",
  "event", "stream", "trace", "env", "clock", "_Bool", "unsigned long", "9", "0x10", "\"", "\\", "\\\"", "a\"; };",
  "*/", "/*", "//", "}", "{", "};\n\nevent {", "[3]", "[ _n ]", "%s%n%d", "\n", "\t", "\r", "\x01", "\x7f", "\x1b[2J",
  "\xc3\xa9", "\xe2\x80\xae", "\xff\xfe", "\xc3", "\xed\xa0\x80", "\?\?/", "'", "`", "a;b", ":=", "align(8)", "@", "#",
  "a\x80", "name = 1", NULL
};

static void
reads_hostile_names (Fixture *f, gconstpointer data)
{
  g_autofree char *lengthy = g_strnfill (255, '"');
  GPtrArray *integers = tbus_ctf_fields_new ();
  GPtrArray *padded = tbus_ctf_fields_new ();

  if (tst_skip_without_reader ())
    {
      g_ptr_array_unref (integers);
      g_ptr_array_unref (padded);
      return;
    }
  add_stream (f, 0, TBUS_CTF_HEADER_LARGE, NULL);
  for (guint i = 0; hostile[i] != NULL; i++)
    {
      g_ptr_array_add (integers, tst_int (hostile[i], 8, FALSE));
      g_ptr_array_add (padded, tst_aligned (tst_struct (hostile[i], tst_string (hostile[i]), TST_LIST_END), 16));
      add_event (f, hostile[i], tst_list (tst_int (hostile[i], 8, FALSE),
                                          tst_sequence (hostile[i], hostile[i], tst_int (NULL, 8, TRUE)), NULL));
    }
  g_ptr_array_add (integers, tst_int (lengthy, 8, FALSE));
  add_event (f, lengthy, integers);
  add_event (f, "padded", padded);
  assert_readable (f);
}

static void
reads_hostile_labels (Fixture *f, gconstpointer data)
{
  const char *const ranges[] = {
    "=1", "\"=2", "back=9..2", "after", "x=-5..5", "y=3u..18446744073709551615u", "z", "x=1", "x=1", "\n\\=0..3", NULL
  };
  guint64 id = tst_enums_add (f->enums, ranges);
  TbusCtfEnum *type = tbus_ctf_enum_new ("hostile");
  TbusCtfField *variant = tst_variant ("v", "t-", TST_LIST_END);

  for (guint i = 0; hostile[i] != NULL; i++)
    {
      g_autofree char *label = g_strconcat ("_", hostile[i], NULL);
      TbusCtfEnumEntry entry = { .label = label, .automatic = TRUE };

      tbus_ctf_enum_add (type, &entry);
      if (g_strcmp0 (hostile[i], hostile[i + 1]) != 0)
        tbus_ctf_field_add (variant, tst_string (hostile[i]));
    }
  g_ptr_array_add (f->enums, type);
  add_stream (f, 0, TBUS_CTF_HEADER_LARGE, NULL);
  add_event (f, "unsigned", tst_list (tst_enum ("e", id, tst_int (NULL, 8, FALSE)), NULL));
  add_event (f, "signed", tst_list (tst_enum ("e", id, tst_int (NULL, 8, TRUE)), NULL));
  add_event (f, "tag", tst_list (tst_enum ("t-", id + 1, tst_int (NULL, 8, FALSE)), variant, NULL));
  if (!tst_skip_without_reader ())
    assert_readable (f);
}

static void
reads_values_through_renamed_references (Fixture *f, gconstpointer data)
{
  const char *const entries[] = { "_a-b=0", "_a b=1", "_a.b=2", NULL };
  guint64 id = tst_enums_add (f->enums, entries);
  g_autoptr(GByteArray) packet = g_byte_array_new ();
  g_autoptr(GPtrArray) events = NULL;

  add_stream (f, 0, TBUS_CTF_HEADER_LARGE, NULL);
  add_event (f, "t:e", tst_list (tst_enum ("t-g", id, tst_int (NULL, 8, FALSE)),
                                 tst_variant ("v", "t-g", tst_string ("a.b"), tst_int ("a b", 8, FALSE),
                                              tst_int ("a-b", 16, FALSE), TST_LIST_END),
                                 tst_int ("n!", 8, FALSE), tst_int ("n?", 8, FALSE),
                                 tst_sequence ("s", "n?", tst_int (NULL, 8, FALSE)), NULL));
  tst_packet_add_event (packet, 0);
  tst_packet_add_bytes (packet, "\x01\x2a\x09\x02\x05\x06", 6);
  tst_packet_add_event (packet, 0);
  tst_packet_add_bytes (packet, "\x02hi\0\x09\x01\x07", 7);
  if (tst_skip_without_reader ())
    return;
  events = tst_read (f->text->str, packet);
  g_assert_cmpuint (events->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (events, 0), ==,
                   "t:e: { t_g = ( \"_a_b_2\" : container = 1 ), v = { 42 }, n_ = 9, n__2 = 2, "
                   "s = [ [0] = 5, [1] = 6 ] }");
  g_assert_cmpstr (g_ptr_array_index (events, 1), ==,
                   "t:e: { t_g = ( \"_a_b_3\" : container = 2 ), v = { \"hi\" }, n_ = 9, n__2 = 1, s = [ [0] = 7 ] }");
}

static void
reads_texts_as_the_app_wrote_them (Fixture *f, gconstpointer data)
{
  const char *const entries[] = { "a\"\\\n7\x01" "1=1", NULL };
  guint64 id = tst_enums_add (f->enums, entries);
  g_autoptr(GByteArray) packet = g_byte_array_new ();
  g_autoptr(GPtrArray) events = NULL;

  add_stream (f, 0, TBUS_CTF_HEADER_LARGE, NULL);
  add_event (f, "a\"b\\c\xc3\xa9", tst_list (tst_enum ("e", id, tst_int (NULL, 8, FALSE)), NULL));
  tst_packet_add_event (packet, 0);
  tst_packet_add_bytes (packet, "\x01", 1);
  if (tst_skip_without_reader ())
    return;
  events = tst_read (f->text->str, packet);
  g_assert_cmpuint (events->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (events, 0), ==,
                   "a\"b\\c\xc3\xa9: { e = ( \"a\\\"\\\\\\n7\\x011\" : container = 1 ) }");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/ctf/read/every-kind", Fixture, NULL, set_up, reads_every_kind, tear_down);
  g_test_add ("/ctf/read/hostile-names", Fixture, NULL, set_up, reads_hostile_names, tear_down);
  g_test_add ("/ctf/read/hostile-labels", Fixture, NULL, set_up, reads_hostile_labels, tear_down);
  g_test_add ("/ctf/read/values-through-renamed-references", Fixture, NULL, set_up,
              reads_values_through_renamed_references, tear_down);
  g_test_add ("/ctf/read/texts-as-the-app-wrote-them", Fixture, NULL, set_up, reads_texts_as_the_app_wrote_them,
              tear_down);
  return g_test_run ();
}
