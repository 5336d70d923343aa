/* SPDX-License-Identifier: GPL-2.0-only */
/* Classes: what apps register of channels, events and enumerations, and what they are answered. */
#include "base/error.h"
#include "base/hash.h"
#include "base/limits.h"
#include "core/class-cache.h"
#include "core/class-registry.h"

#include <string.h>
#include <urcu.h>

typedef struct {
  TbusCtfClock clock;
  TbusMetadataLog *log;
  TbusClassRegistry *registry;
} Fixture;

static guint decoded; /* how often something had to be decoded */

static void
make_registry (Fixture *f, gsize limit)
{
  static const TbusCtfEnv env[] = { { NULL, NULL, 0 } };
  TbusCtfTrace trace = { .abi = { 64, 8, 16, 32, 64, 64, TRUE }, .clock = &f->clock, .env = env };
  g_autoptr(GError) error = NULL;

  tbus_ctf_clock_init (&f->clock);
  f->log = tbus_metadata_log_new (limit, &error);
  g_assert_no_error (error);
  f->registry = tbus_class_registry_new (&trace, f->log, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tbus_class_registry_add_channel (f->registry, 0), ==, 0);
  g_assert_cmpuint (tbus_class_registry_add_channel (f->registry, 7), ==, 1);
  decoded = 0;
}

static void
set_up_with_limit (Fixture *f, gsize limit)
{
  tbus_class_cache_clear ();
  make_registry (f, limit);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  set_up_with_limit (f, TBUS_MAX_METADATA);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tbus_class_registry_free (f->registry);
  tbus_metadata_log_free (f->log);
  tbus_ctf_clock_clear (&f->clock);
}

/*
 * Fields as the tests' apps send them: "a b c" are three integers; a capital letter makes one signed, "!" cannot be
 * decoded, "#" in front of a name is a comment byte that changes the bytes and not the meaning.
 */
static gpointer
decode_fields (gconstpointer raw, gsize length, const char *name, GError **error)
{
  g_autoptr(GPtrArray) fields = tbus_ctf_fields_new ();
  g_autofree char *text = g_strndup (raw, length);
  g_auto(GStrv) words = g_strsplit (text, " ", -1);

  decoded++;
  for (guint i = 0; words[i] != NULL && words[0][0] != '\0'; i++)
    {
      TbusCtfField *field;

      if (words[i][0] == '!')
        {
          g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "not a field");
          return NULL;
        }
      field = tbus_ctf_field_new (TBUS_CTF_INTEGER, words[i] + (words[i][0] == '#'));
      field->size = 32;
      field->alignment = 8;
      field->base = 10;
      field->is_signed = g_ascii_isupper (words[i][0]);
      g_ptr_array_add (fields, field);
    }
  return g_steal_pointer (&fields);
}

/* "A B": two labels. */
static gpointer
decode_enum (gconstpointer raw, gsize length, const char *name, GError **error)
{
  TbusCtfEnum *type = tbus_ctf_enum_new (name);
  g_autofree char *text = g_strndup (raw, length);
  g_auto(GStrv) words = g_strsplit (text, " ", -1);

  decoded++;
  for (guint i = 0; words[i] != NULL; i++)
    {
      TbusCtfEnumEntry entry = { .label = words[i], .start = i, .end = i };

      tbus_ctf_enum_add (type, &entry);
    }
  return type;
}

/* A field that is the enumeration with the id in @raw. */
static gpointer
decode_enum_field (gconstpointer raw, gsize length, const char *name, GError **error)
{
  g_autoptr(GPtrArray) fields = tbus_ctf_fields_new ();
  TbusCtfField *field = tbus_ctf_field_new (TBUS_CTF_ENUM, "e");
  TbusCtfField *integer = tbus_ctf_field_new (TBUS_CTF_INTEGER, NULL);

  integer->size = 32;
  integer->alignment = 8;
  integer->base = 10;
  field->enum_id = *(const char *) raw - '0';
  tbus_ctf_field_add (field, integer);
  g_ptr_array_add (fields, field);
  return g_steal_pointer (&fields);
}

static gboolean
register_channel (Fixture *f, guint32 channel, const char *context, TbusCtfHeader *header, GError **error)
{
  TbusClassBody body = { context, strlen (context), decode_fields };
  guint32 id = 99;
  gboolean good = tbus_class_registry_register_channel (f->registry, channel, &body, &id, header, error);

  if (good)
    g_assert_cmpuint (id, ==, channel == 0 ? 0 : 7);
  else
    g_assert_cmpuint (id, ==, 99);
  return good;
}

static TbusCtfHeader
expect_channel (Fixture *f, guint32 channel, const char *context)
{
  g_autoptr(GError) error = NULL;
  TbusCtfHeader header = 0;

  g_assert_true (register_channel (f, channel, context, &header, &error));
  return header;
}

static TbusEventNotice
notice (const char *name, const char *fields)
{
  return (TbusEventNotice){ 0, name, 6, NULL, { fields, strlen (fields), decode_fields } };
}

static guint32
expect_event (Fixture *f, TbusEventNotice event)
{
  g_autoptr(GError) error = NULL;
  guint32 id = G_MAXUINT32;

  tbus_class_registry_register_event (f->registry, &event, &id, &error);
  g_assert_no_error (error);
  return id;
}

static guint64
expect_enum (Fixture *f, const char *name, const char *labels)
{
  g_autoptr(GError) error = NULL;
  TbusClassBody body = { labels, strlen (labels), decode_enum };
  guint64 id = G_MAXUINT64;

  tbus_class_registry_register_enum (f->registry, name, &body, &id, &error);
  g_assert_no_error (error);
  return id;
}

static char *
metadata (Fixture *f)
{
  return g_strndup (tbus_metadata_log_text (f->log), tbus_metadata_log_length (f->log));
}

static guint
count (Fixture *f, const char *needle)
{
  g_autofree char *text = metadata (f);
  guint found = 0;

  for (const char *at = text; (at = strstr (at, needle)) != NULL; at++)
    found++;
  return found;
}

static void
the_preamble_is_there_from_the_start (Fixture *f, gconstpointer data) /* B4 */
{
  g_autofree char *text = metadata (f);

  g_assert_true (g_str_has_prefix (text, "/* CTF 1.8 */"));
  g_assert_null (strstr (text, "stream {"));
}

static void
up_to_30_known_events_make_a_compact_header (Fixture *f, gconstpointer data) /* B11 */
{
  for (guint i = 0; i < 30; i++)
    {
      g_autofree char *name = g_strdup_printf ("a:%u", i);

      expect_event (f, notice (name, "x"));
    }
  g_assert_cmpuint (expect_channel (f, 0, ""), ==, TBUS_CTF_HEADER_COMPACT);
}

static void
from_31_known_events_on_the_header_is_large (Fixture *f, gconstpointer data) /* B11 */
{
  for (guint i = 0; i < 31; i++)
    {
      g_autofree char *name = g_strdup_printf ("a:%u", i);

      expect_event (f, notice (name, "x"));
    }
  g_assert_cmpuint (expect_channel (f, 0, ""), ==, TBUS_CTF_HEADER_LARGE);
}

static void
the_header_is_decided_once (Fixture *f, gconstpointer data) /* B11 */
{
  TbusCtfHeader header;
  guint events;

  tbus_class_registry_get_channel (f->registry, 0, &header, &events);
  g_assert_cmpuint (header, ==, 0);
  g_assert_cmpuint (expect_channel (f, 0, ""), ==, TBUS_CTF_HEADER_COMPACT);
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *name = g_strdup_printf ("a:%u", i);

      expect_event (f, notice (name, "x"));
    }
  g_assert_cmpuint (expect_channel (f, 0, ""), ==, TBUS_CTF_HEADER_COMPACT);
  g_assert_cmpuint (count (f, "stream {"), ==, 1);
  tbus_class_registry_get_channel (f->registry, 0, &header, &events);
  g_assert_cmpuint (header, ==, TBUS_CTF_HEADER_COMPACT);
  g_assert_cmpuint (events, ==, 40);
}

static void
channels_are_counted_each_for_itself (Fixture *f, gconstpointer data) /* B2, B11 */
{
  TbusEventNotice other = notice ("b:x", "x");

  other.channel = 1;
  g_assert_cmpuint (expect_event (f, notice ("a:x", "x")), ==, 0);
  g_assert_cmpuint (expect_event (f, other), ==, 0);
  expect_channel (f, 1, "");
  g_assert_cmpuint (count (f, "stream_id = 7;"), ==, 1);
  g_assert_cmpuint (count (f, "stream_id = 0;"), ==, 0); /* its channel is not registered */
}

static void
equal_context_fields_are_written_once (Fixture *f, gconstpointer data) /* B11 */
{
  expect_channel (f, 0, "vpid vtid");
  g_assert_cmpuint (decoded, ==, 1);
  expect_channel (f, 0, "vpid vtid");
  g_assert_cmpuint (decoded, ==, 1); /* equal bytes need no decoding */
  expect_channel (f, 0, "vpid #vtid");
  g_assert_cmpuint (decoded, ==, 2); /* other bytes that mean the same */
  g_assert_cmpuint (count (f, "_vpid;"), ==, 1);
}

static void
other_context_fields_are_that_apps_error (Fixture *f, gconstpointer data) /* B11 */
{
  g_autoptr(GError) error = NULL;
  TbusCtfHeader header = 0;
  guint64 before;

  expect_channel (f, 0, "vpid");
  before = tbus_metadata_log_length (f->log);
  g_assert_false (register_channel (f, 0, "vpid vtid", &header, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_cmpuint (header, ==, 0);
  g_assert_cmpuint (tbus_metadata_log_length (f->log), ==, before);
  expect_channel (f, 0, "vpid");
}

static void
a_channel_that_could_not_be_registered_can_be_later (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  TbusCtfHeader header = 0;

  expect_event (f, notice ("a:x", "x"));
  g_assert_false (register_channel (f, 0, "!", &header, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_cmpuint (count (f, "event {"), ==, 0);
  expect_channel (f, 0, "vpid");
  g_assert_cmpuint (count (f, "event {"), ==, 1);
}

static void
an_unknown_channel_is_not_found (Fixture *f, gconstpointer data) /* B14 */
{
  g_autoptr(GError) error = NULL, event_error = NULL;
  TbusCtfHeader header;
  TbusEventNotice event = notice ("a:x", "x");
  guint32 id;

  g_assert_false (register_channel (f, 2, "", &header, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND);
  event.channel = G_MAXUINT32;
  g_assert_false (tbus_class_registry_register_event (f->registry, &event, &id, &event_error));
  g_assert_error (event_error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND);
}

static void
the_same_event_has_the_same_id_and_one_description (Fixture *f, gconstpointer data) /* B12 */
{
  expect_channel (f, 0, "");
  g_assert_cmpuint (expect_event (f, notice ("a:x", "one two")), ==, 0);
  g_assert_cmpuint (expect_event (f, notice ("a:y", "one two")), ==, 1);
  g_assert_cmpuint (decoded, ==, 2);
  g_assert_cmpuint (expect_event (f, notice ("a:x", "one two")), ==, 0);
  g_assert_cmpuint (decoded, ==, 2);
  g_assert_cmpuint (expect_event (f, notice ("a:x", "one #two")), ==, 0); /* another build of the same provider */
  g_assert_cmpuint (decoded, ==, 3);
  g_assert_cmpuint (expect_event (f, notice ("a:x", "one #two")), ==, 0);
  g_assert_cmpuint (decoded, ==, 3); /* remembered */
  g_assert_cmpuint (count (f, "event {"), ==, 2);
}

static void
whatever_differs_makes_another_event (Fixture *f, gconstpointer data) /* B12 */
{
  TbusEventNotice event = notice ("a:x", "one");

  expect_channel (f, 0, "");
  g_assert_cmpuint (expect_event (f, event), ==, 0);
  g_assert_cmpuint (expect_event (f, notice ("a:x", "One")), ==, 1);
  g_assert_cmpuint (expect_event (f, notice ("a:x", "")), ==, 2);
  event.loglevel = 7;
  g_assert_cmpuint (expect_event (f, event), ==, 3);
  event.model_emf_uri = "http://example.org/a";
  g_assert_cmpuint (expect_event (f, event), ==, 4);
  g_assert_cmpuint (expect_event (f, notice ("a:y", "one")), ==, 5);
  g_assert_cmpuint (count (f, "event {"), ==, 6);
}

static void
an_event_that_cannot_be_decoded_takes_no_id (Fixture *f, gconstpointer data) /* B12 */
{
  TbusEventNotice event = notice ("a:x", "!");
  g_autoptr(GError) error = NULL;
  guint32 id = 99;

  expect_channel (f, 0, "");
  g_assert_false (tbus_class_registry_register_event (f->registry, &event, &id, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_cmpuint (id, ==, 99);
  g_assert_cmpuint (expect_event (f, notice ("a:y", "x")), ==, 0);
}

static void
events_wait_for_the_stream_they_belong_to (Fixture *f, gconstpointer data) /* B11, B18 */
{
  g_autofree char *text = NULL;

  expect_event (f, notice ("a:x", "one"));
  g_assert_cmpuint (count (f, "event {"), ==, 0);
  expect_channel (f, 0, "");
  text = metadata (f);
  g_assert_nonnull (strstr (text, "event {"));
  g_assert_true (strstr (text, "stream {") < strstr (text, "event {"));
}

static void
ids_are_exhausted_for_the_next_event_only (Fixture *f, gconstpointer data) /* B12 */
{
  TbusEventNotice event = notice ("a:one-more", "x");
  g_autoptr(GError) error = NULL;
  char name[16];
  guint32 id = 99;

  expect_channel (f, 0, "");
  for (guint i = 0; i < TBUS_MAX_EVENT_CLASSES; i++)
    {
      g_snprintf (name, sizeof name, "a:%u", i);
      g_assert_cmpuint (expect_event (f, notice (name, "")), ==, i);
    }
  g_assert_false (tbus_class_registry_register_event (f->registry, &event, &id, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_cmpuint (id, ==, 99);
  g_assert_cmpuint (expect_event (f, notice ("a:5", "")), ==, 5);
}

static void
equal_enumerations_share_an_id (Fixture *f, gconstpointer data) /* B13 */
{
  TbusEventNotice event = { 0, "a:e", 6, NULL, { "1", 1, decode_enum_field } };

  g_assert_cmpuint (expect_enum (f, "colours", "RED GREEN"), ==, 0);
  g_assert_cmpuint (expect_enum (f, "colours", "RED GREEN"), ==, 0);
  g_assert_cmpuint (decoded, ==, 1);
  g_assert_cmpuint (expect_enum (f, "colours", "RED BLUE"), ==, 1);
  g_assert_cmpuint (expect_enum (f, "other", "RED GREEN"), ==, 2);
  expect_channel (f, 0, "");
  expect_event (f, event);
  g_assert_cmpuint (count (f, "BLUE"), ==, 1);
  g_assert_cmpuint (count (f, "GREEN"), ==, 0);
}

static void
an_event_with_an_unknown_enumeration_is_refused (Fixture *f, gconstpointer data) /* B13 */
{
  TbusEventNotice event = { 0, "a:e", 6, NULL, { "1", 1, decode_enum_field } };
  g_autoptr(GError) error = NULL;
  guint32 id;

  expect_enum (f, "colours", "RED");
  g_assert_false (tbus_class_registry_register_event (f->registry, &event, &id, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
}

/* Another process with buffers of its own, which runs the same program. */
static void
the_next_set_gets_the_same_words (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL, *again = NULL;
  Fixture next;

  for (Fixture *set = f; set != NULL; set = set == f ? &next : NULL)
    {
      if (set == &next)
        make_registry (&next, TBUS_MAX_METADATA);
      g_assert_cmpuint (expect_event (set, notice ("a:before", "one two")), ==, 0);
      expect_channel (set, 0, "");
      g_assert_cmpuint (expect_event (set, notice ("a:x", "one two")), ==, 1);
      g_assert_cmpuint (expect_event (set, notice ("a:x", "one #two")), ==, 1);
      g_assert_cmpuint (expect_event (set, notice ("a:y", "One")), ==, 2);
      g_assert_cmpuint (decoded, ==, set == f ? 4 : 1); /* what had no words of its own has none that were kept */
    }
  text = metadata (f);
  again = metadata (&next);
  g_assert_cmpstr (text, ==, again);
  tear_down (&next, NULL);
}

static void
words_that_were_kept_are_of_the_same_ids (Fixture *f, gconstpointer data)
{
  TbusEventNotice elsewhere = notice ("a:x", "one");
  Fixture next;

  g_assert_cmpuint (expect_event (f, notice ("a:x", "one")), ==, 0);
  make_registry (&next, TBUS_MAX_METADATA);
  expect_channel (&next, 0, "");
  expect_channel (&next, 1, "");
  elsewhere.channel = 1;
  g_assert_cmpuint (expect_event (&next, elsewhere), ==, 0);
  g_assert_cmpuint (expect_event (&next, notice ("a:y", "one")), ==, 0);
  g_assert_cmpuint (expect_event (&next, notice ("a:x", "one")), ==, 1);
  g_assert_cmpuint (decoded, ==, 3);
  g_assert_cmpuint (count (&next, "name = \"a:x\";\n\tid = 0;\n\tstream_id = 7;"), ==, 1);
  g_assert_cmpuint (count (&next, "name = \"a:x\";\n\tid = 1;\n\tstream_id = 0;"), ==, 1);
  tear_down (&next, NULL);
}

static void
no_words_of_other_enumerations_are_kept (Fixture *f, gconstpointer data) /* B13 */
{
  TbusEventNotice event = { 0, "a:e", 6, NULL, { "0", 1, decode_enum_field } };
  Fixture next;

  expect_channel (f, 0, "");
  expect_enum (f, "colours", "RED GREEN");
  expect_event (f, event);
  make_registry (&next, TBUS_MAX_METADATA);
  expect_channel (&next, 0, "");
  expect_enum (&next, "sizes", "SMALL LARGE");
  expect_event (&next, event);
  g_assert_cmpuint (count (f, "GREEN"), ==, 1);
  g_assert_cmpuint (count (&next, "GREEN"), ==, 0);
  g_assert_cmpuint (count (&next, "LARGE"), ==, 1);
  tear_down (&next, NULL);
}

static void
a_full_log_refuses_and_stays_readable (Fixture *f, gconstpointer data)
{
  TbusEventNotice event;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  char name[16];
  guint32 id = 0;
  guint n = 0;

  tear_down (f, data);
  set_up_with_limit (f, 8192);
  expect_channel (f, 0, "");
  do
    {
      g_snprintf (name, sizeof name, "a:%u", n++);
      event = notice (name, "x");
    }
  while (tbus_class_registry_register_event (f->registry, &event, &id, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_cmpuint (id, ==, n - 2);
  text = metadata (f);
  g_assert_true (g_str_has_suffix (text, "};\n"));
}

/* No text shows them yet, and still they are held. */
static void
enumerations_are_bounded (Fixture *f, gconstpointer data)
{
  g_autofree char *big = g_strnfill (1 << 20, 'e');
  TbusClassBody body = { big, 1 << 20, decode_enum };
  g_autoptr(GError) error = NULL;
  guint64 id;
  guint n = 0;

  do
    memcpy (big, &n, sizeof n);
  while (n++ < 2 * (TBUS_MAX_METADATA >> 20)
         && tbus_class_registry_register_enum (f->registry, "big", &body, &id, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
}

static void
events_that_wait_are_bounded_for_all_channels_together (Fixture *f, gconstpointer data)
{
  g_autofree char *uri = g_strnfill (1 << 20, 'u');
  g_autoptr(GError) error = NULL;
  TbusEventNotice event = notice ("a:x", "x");
  TbusCtfHeader header;
  guint32 id;
  guint n = 0;

  event.model_emf_uri = uri;
  do
    {
      memcpy (uri, "0123", 4);
      uri[n % 100] = '0' + n / 100;
      event.channel = n % 2;
    }
  while (n++ < 2 * (TBUS_MAX_METADATA >> 20) && tbus_class_registry_register_event (f->registry, &event, &id, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_cmpuint (n, ==, TBUS_MAX_METADATA >> 20);
  g_clear_error (&error);
  g_assert_true (register_channel (f, 0, "", &header, &error)); /* what waited is in the log now */
  event.channel = 1;
  event.name = "a:y";
  g_assert_true (tbus_class_registry_register_event (f->registry, &event, &id, &error));
}

#define ADD(name, func) g_test_add ("/core/classes/" name, Fixture, NULL, set_up, func, tear_down)

static void
add_channel_tests (void)
{
  ADD ("the-preamble-is-there-from-the-start", the_preamble_is_there_from_the_start);
  ADD ("up-to-30-known-events-make-a-compact-header", up_to_30_known_events_make_a_compact_header);
  ADD ("from-31-known-events-on-the-header-is-large", from_31_known_events_on_the_header_is_large);
  ADD ("the-header-is-decided-once", the_header_is_decided_once);
  ADD ("channels-are-counted-each-for-itself", channels_are_counted_each_for_itself);
  ADD ("equal-context-fields-are-written-once", equal_context_fields_are_written_once);
  ADD ("other-context-fields-are-that-apps-error", other_context_fields_are_that_apps_error);
  ADD ("a-channel-that-could-not-be-registered-can-be-later", a_channel_that_could_not_be_registered_can_be_later);
  ADD ("an-unknown-channel-is-not-found", an_unknown_channel_is_not_found);
}

int
main (int argc, char **argv)
{
  static const guint64 key[2] = { 1, 2 };

  g_test_init (&argc, &argv, NULL);
  tbus_hash_set_key (key); /* which words take others' places is the same each time */
  add_channel_tests ();
  ADD ("the-same-event-has-the-same-id-and-one-description", the_same_event_has_the_same_id_and_one_description);
  ADD ("whatever-differs-makes-another-event", whatever_differs_makes_another_event);
  ADD ("an-event-that-cannot-be-decoded-takes-no-id", an_event_that_cannot_be_decoded_takes_no_id);
  ADD ("events-wait-for-the-stream-they-belong-to", events_wait_for_the_stream_they_belong_to);
  ADD ("ids-are-exhausted-for-the-next-event-only", ids_are_exhausted_for_the_next_event_only);
  ADD ("equal-enumerations-share-an-id", equal_enumerations_share_an_id);
  ADD ("an-event-with-an-unknown-enumeration-is-refused", an_event_with_an_unknown_enumeration_is_refused);
  ADD ("the-next-set-gets-the-same-words", the_next_set_gets_the_same_words);
  ADD ("words-that-were-kept-are-of-the-same-ids", words_that_were_kept_are_of_the_same_ids);
  ADD ("no-words-of-other-enumerations-are-kept", no_words_of_other_enumerations_are_kept);
  ADD ("a-full-log-refuses-and-stays-readable", a_full_log_refuses_and_stays_readable);
  ADD ("enumerations-are-bounded", enumerations_are_bounded);
  ADD ("events-that-wait-are-bounded-for-all-channels-together",
       events_that_wait_are_bounded_for_all_channels_together);
  return g_test_run ();
}
