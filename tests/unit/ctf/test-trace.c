/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/trace.h"

#include "base/error.h"
#include "unit/ctf/build.h"

#include <string.h>
#include <time.h>

static void
assert_has (const char *text, const char *words)
{
  if (strstr (text, words) == NULL)
    g_error ("This is not in it: %s\n%s", words, text);
}

static char *
preamble (const TbusCtfTrace *trace)
{
  GString *out = g_string_new (NULL);

  tbus_ctf_append_preamble (out, trace);
  return g_string_free (out, FALSE);
}

static void
begins_with_the_marker (void)
{
  g_autofree char *text = preamble (&tst_trace);

  g_assert_true (g_str_has_prefix (text, "/* CTF 1.8 */\n\n"));
}

static void
aliases_have_the_alignments_of_the_app (void)
{
  TbusCtfTrace trace = tst_trace;
  g_autofree char *text = NULL;

  trace.abi = (TbusAbi) { .bits_per_long = 32, .align_u8 = 8, .align_u16 = 16, .align_u32 = 32, .align_u64 = 64,
                          .align_long = 32, .little_endian = FALSE };
  text = preamble (&trace);
  assert_has (text, "{ size = 8; align = 8; signed = false; } := uint8_t;");
  assert_has (text, "{ size = 16; align = 16; signed = false; } := uint16_t;");
  assert_has (text, "{ size = 32; align = 32; signed = false; } := uint32_t;");
  assert_has (text, "{ size = 64; align = 64; signed = false; } := uint64_t;");
  assert_has (text, "{ size = 32; align = 32; signed = false; } := unsigned long;");
  assert_has (text, "{ size = 5; align = 1; signed = false; } := uint5_t;");
  assert_has (text, "\tsize = 27; align = 1; signed = false;\n\tmap = clock.monotonic.value;\n}"
                    " := uint27_clock_monotonic_t;");
  assert_has (text, "\tsize = 64; align = 64; signed = false;\n\tmap = clock.monotonic.value;\n}"
                    " := uint64_clock_monotonic_t;");
  assert_has (text, "} align(32);\n\nstruct event_header_large");
  g_assert_true (g_str_has_suffix (text, "} align(16);\n"));
  assert_has (text, "byte_order = be;");
}

static void
env_keeps_its_order_and_escapes (void)
{
  g_autofree char *text = preamble (&tst_trace);

  assert_has (text, "\nenv {\n\tdomain = \"ust\";\n\ttracer_major = 2;\n"
                    "\ttrace_name = \"a \\\"quoted\\\\\\nname\";\n};\n");
}

static void
uuids_are_those_of_trace_and_clock (void)
{
  g_autofree char *text = preamble (&tst_trace);

  assert_has (text, "trace {\n\tmajor = 1;\n\tminor = 8;\n\tuuid = \"70f10203-0405-0607-0809-0a0b0c0d0e0f\";");
  assert_has (text, "clock {\n\tname = \"monotonic\";\n\tuuid = \"c0010203-0405-0607-0809-0a0b0c0d0e0f\";\n"
                    "\tdescription = \"Monotonic Clock\";\n\tfreq = 1000000000;\n\toffset = 1700000000123456789;\n");
}

static void
headers_count_to_where_they_extend (void)
{
  g_autofree char *text = preamble (&tst_trace);

  assert_has (text, "struct event_header_compact {\n\tenum : uint5_t { compact = 0 ... 30, extended = 31 } id;\n"
                    "\tvariant <id> {\n\t\tstruct {\n\t\t\tuint27_clock_monotonic_t timestamp;\n\t\t} compact;\n");
  assert_has (text, "struct event_header_large {\n\tenum : uint16_t { compact = 0 ... 65534, extended = 65535 } id;\n"
                    "\tvariant <id> {\n\t\tstruct {\n\t\t\tuint32_clock_monotonic_t timestamp;\n\t\t} compact;\n");
}

static void
assert_clock (const char *name, const char *written)
{
  TbusCtfClock clock = *tst_trace.clock;
  TbusCtfTrace trace = tst_trace;
  g_autofree char *map = g_strdup_printf ("map = clock.%s.value;", written);
  g_autofree char *line = g_strdup_printf ("\tname = \"%s\";", written);
  g_autofree char *text = NULL;

  clock.name = (char *) name;
  trace.clock = &clock;
  text = preamble (&trace);
  assert_has (text, map);
  assert_has (text, line);
}

static void
clocks_keep_names_that_are_identifiers (void)
{
  assert_clock ("boottime_2", "boottime_2");
  assert_clock ("my-clock", "_my_clock");
  assert_clock ("2nd", "_2nd");
  assert_clock ("clock", "_clock");
  assert_clock ("", "_");
}

static void
assert_offset (guint64 frequency, gint64 offset, const char *words)
{
  TbusCtfClock clock = *tst_trace.clock;
  TbusCtfTrace trace = tst_trace;
  g_autofree char *text = NULL;

  clock.frequency = frequency;
  clock.offset = offset;
  trace.clock = &clock;
  text = preamble (&trace);
  assert_has (text, words);
}

static void
offsets_are_in_cycles (void)
{
  assert_offset (1000, G_GINT64_CONSTANT (1700000000123456789), "\tfreq = 1000;\n\toffset = 1700000000123;\n");
  assert_offset (G_GUINT64_CONSTANT (3000000000), G_GINT64_CONSTANT (1700000000000000001),
                 "\toffset = 5100000000000000003;\n");
  assert_offset (1000000000, -5, "\toffset = -5;\n");
}

static void
a_clock_of_no_known_machine_has_no_uuid (void)
{
  TbusCtfClock clock = *tst_trace.clock;
  TbusCtfTrace trace = tst_trace;
  g_autofree char *text = NULL;

  memset (clock.uuid, 0, sizeof clock.uuid);
  trace.clock = &clock;
  text = preamble (&trace);
  assert_has (text, "clock {\n\tname = \"monotonic\";\n\tdescription = ");
}

static void
streams_name_their_header (void)
{
  g_autoptr(GString) large = g_string_new (NULL);
  g_autoptr(GString) compact = g_string_new (NULL);
  g_autoptr(GPtrArray) none = tbus_ctf_fields_new ();

  g_assert_true (tbus_ctf_append_stream (large, &(TbusCtfStream){ 3, TBUS_CTF_HEADER_LARGE, NULL }, NULL, NULL, NULL));
  g_assert_true (tbus_ctf_append_stream (compact, &(TbusCtfStream){ 4294967295u, TBUS_CTF_HEADER_COMPACT, none },
                                         NULL, NULL, NULL));
  g_assert_cmpstr (large->str, ==, "\nstream {\n\tid = 3;\n\tevent.header := struct event_header_large;\n"
                                   "\tpacket.context := struct packet_context;\n};\n");
  g_assert_cmpstr (compact->str, ==, "\nstream {\n\tid = 4294967295;\n"
                                     "\tevent.header := struct event_header_compact;\n"
                                     "\tpacket.context := struct packet_context;\n};\n");
}

static void
streams_have_their_context (void)
{
  g_autoptr(GPtrArray) context = tst_list (tst_string ("procname"), NULL);
  g_autoptr(GString) out = g_string_new (NULL);

  g_assert_true (tbus_ctf_append_stream (out, &(TbusCtfStream){ 0, TBUS_CTF_HEADER_LARGE, context }, NULL, NULL, NULL));
  g_assert_true (g_str_has_suffix (out->str, "\tevent.context := struct {\n\t\tstring _procname;\n\t};\n};\n"));
}

static char *
event_text (const TbusCtfEvent *event)
{
  GString *out = g_string_new (NULL);

  g_assert_true (tbus_ctf_append_event (out, event, NULL, NULL, NULL));
  return g_string_free (out, FALSE);
}

static void
events_say_what_the_app_said (void)
{
  g_autoptr(GPtrArray) fields = tst_list (tst_string ("x"), NULL);
  TbusCtfEvent event = { "prov:e\"v", 70000, 2, 13, "http://a/\"b\"", fields };
  g_autofree char *text = event_text (&event);

  g_assert_cmpstr (text, ==, "\nevent {\n\tname = \"prov:e\\\"v\";\n\tid = 70000;\n\tstream_id = 2;\n\tloglevel = 13;\n"
                             "\tmodel.emf.uri = \"http://a/\\\"b\\\"\";\n"
                             "\tfields := struct {\n\t\tstring _x;\n\t};\n};\n");
}

static void
events_leave_out_what_readers_refuse (void)
{
  g_autoptr(GPtrArray) fields = tbus_ctf_fields_new ();
  TbusCtfEvent event = { "e", 0, 0, -1, "", fields };
  g_autofree char *text = event_text (&event);

  g_assert_cmpstr (text, ==, "\nevent {\n\tname = \"e\";\n\tid = 0;\n\tstream_id = 0;\n"
                             "\tfields := struct {\n\t};\n};\n");
}

static void
what_is_refused_leaves_no_trace (void)
{
  g_autoptr(GPtrArray) fields = tst_list (tst_string ("fine"), tst_enum ("bad", 9, tst_int (NULL, 8, TRUE)), NULL);
  TbusCtfEvent event = { "e", 0, 0, 0, NULL, fields };
  g_autoptr(GString) out = g_string_new ("before");
  g_autoptr(GError) of_event = NULL;
  g_autoptr(GError) of_stream = NULL;

  g_assert_false (tbus_ctf_append_event (out, &event, tst_find_enum, NULL, &of_event));
  g_assert_error (of_event, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_cmpstr (out->str, ==, "before");
  g_assert_false (tbus_ctf_append_stream (out, &(TbusCtfStream){ 0, TBUS_CTF_HEADER_LARGE, fields }, tst_find_enum,
                                          NULL, &of_stream));
  g_assert_error (of_stream, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_cmpstr (out->str, ==, "before");
}

static void
a_clock_can_be_said_anew (void)
{
  g_autoptr(GString) before = g_string_new (NULL), after = g_string_new (NULL), expected = g_string_new (NULL);
  TbusCtfClock clock;
  TbusCtfTrace trace = tst_trace;
  gsize replaced;

  tbus_ctf_clock_init (&clock);
  trace.clock = &clock;
  tbus_ctf_append_preamble (before, &trace);
  g_string_append (before, "\nevent {\n};\n\nclock {\n\tname = \"not mine\";\n};\n");
  clock.offset = 1234567890;
  tbus_ctf_append_preamble (expected, &trace);
  replaced = tbus_ctf_append_with_clock (after, before->str, before->len, &clock);
  g_assert_cmpuint (replaced, >, 0);
  g_string_append (after, before->str + replaced);
  g_string_append (expected, "\nevent {\n};\n\nclock {\n\tname = \"not mine\";\n};\n");
  g_assert_cmpstr (after->str, ==, expected->str);
  tbus_ctf_clock_clear (&clock);
}

static void
a_text_without_a_clock_stays (void)
{
  g_autoptr(GString) out = g_string_new ("x");
  TbusCtfClock clock;

  tbus_ctf_clock_init (&clock);
  g_assert_cmpuint (tbus_ctf_append_with_clock (out, "/* CTF 1.8 */", 13, &clock), ==, 0);
  g_assert_cmpuint (tbus_ctf_append_with_clock (out, "\nclock {\n\tname = ", 17, &clock), ==, 0);
  g_assert_cmpstr (out->str, ==, "x");
  tbus_ctf_clock_clear (&clock);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctf/trace/begins-with-the-marker", begins_with_the_marker);
  g_test_add_func ("/ctf/trace/aliases-have-the-alignments-of-the-app", aliases_have_the_alignments_of_the_app);
  g_test_add_func ("/ctf/trace/env-keeps-its-order-and-escapes", env_keeps_its_order_and_escapes);
  g_test_add_func ("/ctf/trace/uuids-are-those-of-trace-and-clock", uuids_are_those_of_trace_and_clock);
  g_test_add_func ("/ctf/trace/headers-count-to-where-they-extend", headers_count_to_where_they_extend);
  g_test_add_func ("/ctf/trace/clocks-keep-names-that-are-identifiers", clocks_keep_names_that_are_identifiers);
  g_test_add_func ("/ctf/trace/offsets-are-in-cycles", offsets_are_in_cycles);
  g_test_add_func ("/ctf/trace/a-clock-of-no-known-machine-has-no-uuid", a_clock_of_no_known_machine_has_no_uuid);
  g_test_add_func ("/ctf/trace/streams-name-their-header", streams_name_their_header);
  g_test_add_func ("/ctf/trace/streams-have-their-context", streams_have_their_context);
  g_test_add_func ("/ctf/trace/events-say-what-the-app-said", events_say_what_the_app_said);
  g_test_add_func ("/ctf/trace/events-leave-out-what-readers-refuse", events_leave_out_what_readers_refuse);
  g_test_add_func ("/ctf/trace/what-is-refused-leaves-no-trace", what_is_refused_leaves_no_trace);
  g_test_add_func ("/ctf/trace/a-clock-can-be-said-anew", a_clock_can_be_said_anew);
  g_test_add_func ("/ctf/trace/a-text-without-a-clock-stays", a_text_without_a_clock_stays);
  return g_test_run ();
}
