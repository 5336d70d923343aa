/* SPDX-License-Identifier: GPL-2.0-only */
/* A class registry that outlives its process answers as before (B11 to B13), and its log goes on where it was. */
#define _GNU_SOURCE
#include "base/error.h"
#include "base/fd-budget.h"
#include "base/limits.h"
#include "core/class-registry.h"
#include "core/state-codec.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
  TbusCtfClock clock;
  TbusMetadataLog *log;
  TbusClassRegistry *registry;
  guint64 key[2]; /* of hashes, in the former life */
} Fixture;

static guint decoded;

static void
set_up (Fixture *f, gconstpointer data)
{
  static const TbusCtfEnv env[] = { { NULL, NULL, 0 } };
  TbusCtfTrace trace = { .abi = { 64, 8, 16, 32, 64, 64, TRUE }, .clock = &f->clock, .env = env };

  tbus_hash_get_key (f->key);
  tbus_ctf_clock_init (&f->clock);
  f->log = tbus_metadata_log_new (TBUS_MAX_METADATA, NULL);
  f->registry = tbus_class_registry_new (&trace, f->log, NULL);
  tbus_class_registry_add_channel (f->registry, 0);
  tbus_class_registry_add_channel (f->registry, 1);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tbus_class_registry_free (f->registry);
  tbus_metadata_log_free (f->log);
  tbus_ctf_clock_clear (&f->clock);
}

/* "a b": two integers; "#a" is "a" by other bytes. "%n" is the enumeration n. */
static gpointer
decode_fields (gconstpointer raw, gsize length, const char *name, GError **error)
{
  GPtrArray *fields = tbus_ctf_fields_new ();
  g_autofree char *text = g_strndup (raw, length);
  g_auto(GStrv) words = g_strsplit (text, " ", -1);

  decoded++;
  for (guint i = 0; words[i] != NULL; i++)
    {
      gboolean is_enum = words[i][0] == '%';
      TbusCtfField *integer = tbus_ctf_field_new (TBUS_CTF_INTEGER, is_enum ? NULL : words[i] + (words[i][0] == '#'));
      TbusCtfField *field = integer;

      integer->size = 32;
      integer->alignment = 8;
      integer->base = 10;
      if (is_enum)
        {
          field = tbus_ctf_field_new (TBUS_CTF_ENUM, "e");
          field->enum_id = words[i][1] - '0';
          tbus_ctf_field_add (field, integer);
        }
      g_ptr_array_add (fields, field);
    }
  return fields;
}

static gpointer
decode_enum (gconstpointer raw, gsize length, const char *name, GError **error)
{
  TbusCtfEnum *type = tbus_ctf_enum_new (name);
  TbusCtfEnumEntry entry = { .label = (char *) raw, .is_signed = TRUE, .start = -5, .end = 5 };

  decoded++;
  tbus_ctf_enum_add (type, &entry);
  entry = (TbusCtfEnumEntry){ .label = (char *) "caf\xff", .automatic = TRUE };
  tbus_ctf_enum_add (type, &entry);
  return type;
}

static guint32
event (Fixture *f, guint32 channel, const char *name, const char *fields)
{
  TbusEventNotice notice = { channel, name, 6, NULL, { fields, strlen (fields), decode_fields } };
  g_autoptr(GError) error = NULL;
  guint32 id = G_MAXUINT32;

  tbus_class_registry_register_event (f->registry, &notice, &id, &error);
  g_assert_no_error (error);
  return id;
}

static guint64
enumeration (Fixture *f, const char *label)
{
  TbusClassBody body = { label, strlen (label) + 1, decode_enum };
  guint64 id = G_MAXUINT64;

  g_assert_true (tbus_class_registry_register_enum (f->registry, "colours", &body, &id, NULL));
  return id;
}

static gboolean
channel (Fixture *f, guint32 number, const char *context, TbusCtfHeader *header)
{
  TbusClassBody body = { context, strlen (context), decode_fields };
  guint32 id = 99;

  if (!tbus_class_registry_register_channel (f->registry, number, &body, &id, header, NULL))
    return FALSE;
  g_assert_cmpuint (id, ==, number);
  return TRUE;
}

/* What the former life wrote; then another key, as another process has it. */
static GVariant *
save (Fixture *f)
{
  g_autoptr(TbusClassState) state = tbus_class_registry_capture (f->registry);
  GVariant *variant = g_variant_ref_sink (tbus_class_state_encode (state));

  tbus_hash_set_key ((const guint64[]){ 1, 2 });
  return variant;
}

/* The log's descriptor was kept; everything else comes from @variant. */
static void
restore (Fixture *f, GVariant *variant)
{
  int fd = fcntl (tbus_metadata_log_get_fd (f->log), F_DUPFD_CLOEXEC, 3);
  g_autoptr(GError) error = NULL;
  g_autoptr(TbusClassState) state = tbus_class_state_decode (variant, &error);

  g_assert_no_error (error);
  tbus_hash_set_key (f->key);
  tbus_class_registry_free (f->registry);
  tbus_metadata_log_free (f->log);
  f->log = tbus_metadata_log_adopt (fd, TBUS_MAX_METADATA, &error);
  g_assert_no_error (error);
  f->registry = tbus_class_registry_restore (state, f->log);
  decoded = 0;
}

static void
answers_as_before (Fixture *f, gconstpointer data)
{
  g_autoptr(GVariant) saved = NULL;
  TbusCtfHeader header = 0;
  guint64 before;

  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *name = g_strdup_printf ("a:%u", i);

      g_assert_cmpuint (event (f, 0, name, "x y"), ==, i);
    }
  g_assert_true (channel (f, 0, "vpid", &header));
  g_assert_cmpuint (header, ==, TBUS_CTF_HEADER_LARGE);
  enumeration (f, "RED");
  g_assert_cmpuint (enumeration (f, "BLUE"), ==, 1);
  before = tbus_metadata_log_length (f->log);
  saved = save (f);
  restore (f, saved);
  g_assert_cmpuint (event (f, 0, "a:17", "x y"), ==, 17);
  g_assert_cmpuint (enumeration (f, "BLUE"), ==, 1);
  g_assert_true (channel (f, 0, "vpid", &header));
  g_assert_cmpuint (header, ==, TBUS_CTF_HEADER_LARGE); /* also now, with fewer than 31 known in this life */
  g_assert_cmpuint (decoded, ==, 0);
  g_assert_cmpuint (event (f, 0, "a:17", "x #y"), ==, 17); /* known as text, too */
  g_assert_false (channel (f, 0, "vtid", &header));
  g_assert_cmpuint (tbus_metadata_log_length (f->log), ==, before);
}

static void
goes_on_counting (Fixture *f, gconstpointer data)
{
  g_autoptr(GVariant) saved = NULL;
  TbusCtfHeader header;
  g_autofree char *text = NULL;

  g_assert_true (channel (f, 0, "", &header));
  event (f, 0, "a:x", "x");
  enumeration (f, "RED");
  saved = save (f);
  restore (f, saved);
  g_assert_cmpuint (event (f, 0, "a:y", "x"), ==, 1);
  g_assert_cmpuint (enumeration (f, "BLUE"), ==, 1);
  g_assert_cmpuint (event (f, 0, "a:e", "%0"), ==, 2); /* an enumeration of the former life */
  text = g_strndup (tbus_metadata_log_text (f->log), tbus_metadata_log_length (f->log));
  g_assert_nonnull (strstr (text, "a:x"));
  g_assert_nonnull (strstr (text, "a:y"));
  g_assert_nonnull (strstr (text, "RED"));
}

static void
what_waited_waits_on (Fixture *f, gconstpointer data)
{
  g_autoptr(GVariant) saved = NULL;
  TbusCtfHeader header;
  g_autofree char *text = NULL;

  event (f, 1, "a:waits", "x");
  saved = save (f);
  restore (f, saved);
  g_assert_true (channel (f, 1, "", &header));
  text = g_strndup (tbus_metadata_log_text (f->log), tbus_metadata_log_length (f->log));
  g_assert_nonnull (strstr (text, "a:waits"));
}

/* The service was killed before it had saved the last of it: no id is given out twice, and no text is written twice. */
static void
what_was_not_saved_is_caught_up_with (Fixture *f, gconstpointer data)
{
  g_autoptr(GVariant) saved = NULL;
  g_autofree char *text = NULL;
  TbusCtfHeader header = 0;

  event (f, 0, "a:saved", "x");
  event (f, 1, "a:waits", "x");
  saved = save (f);
  tbus_hash_set_key (f->key);
  for (guint i = 1; i < 40; i++)
    {
      g_autofree char *name = g_strdup_printf ("a:%u", i);

      g_assert_cmpuint (event (f, 0, name, "x"), ==, i);
    }
  g_assert_true (channel (f, 0, "vpid", &header));
  g_assert_true (channel (f, 1, "", &header));
  restore (f, saved);
  g_assert_cmpuint (event (f, 0, "a:saved", "x"), ==, 0);
  g_assert_cmpuint (event (f, 0, "a:39", "x"), ==, 40); /* once more: it is not known any more */
  g_assert_cmpuint (event (f, 0, "a:new", "x"), ==, 41);
  g_assert_cmpuint (event (f, 1, "a:new", "x"), ==, 1);
  g_assert_true (channel (f, 0, "vpid", &header));
  g_assert_cmpuint (header, ==, TBUS_CTF_HEADER_LARGE);
  g_assert_false (channel (f, 0, "vtid", &header));
  g_assert_true (channel (f, 1, "", &header));
  text = g_strndup (tbus_metadata_log_text (f->log), tbus_metadata_log_length (f->log));
  g_assert_null (strstr (strstr (text, "a:waits") + 1, "a:waits"));
}

/* Nor is the number of an enumeration: what refers to one that is not known any more has its value, and no label. */
static void
enumerations_that_were_not_saved_keep_their_ids (Fixture *f, gconstpointer data)
{
  g_autoptr(GVariant) saved = NULL;
  g_autofree char *text = NULL;
  TbusCtfHeader header;
  const char *found;

  g_assert_true (channel (f, 0, "", &header));
  enumeration (f, "RED");
  saved = save (f);
  tbus_hash_set_key (f->key);
  g_assert_cmpuint (enumeration (f, "BLUE"), ==, 1);
  g_assert_cmpint (tbus_metadata_log_begin_version (f->log, "", 0, 0, NULL), >=, 0);
  g_assert_cmpuint (enumeration (f, "GREEN"), ==, 2);
  tbus_metadata_log_end_version (f->log, TRUE);
  restore (f, saved);
  g_assert_cmpuint (enumeration (f, "RED"), ==, 0);
  g_assert_cmpuint (enumeration (f, "WHITE"), ==, 3);
  g_assert_cmpuint (enumeration (f, "GREEN"), ==, 4);
  event (f, 0, "a:lost", "%2");
  text = g_strndup (tbus_metadata_log_text (f->log), tbus_metadata_log_length (f->log));
  found = strstr (text, "a:lost");
  g_assert_nonnull (found);
  g_assert_null (strstr (found, "enum"));
  event (f, 0, "a:known", "%4");
  g_clear_pointer (&text, g_free);
  text = g_strndup (tbus_metadata_log_text (f->log), tbus_metadata_log_length (f->log));
  g_assert_nonnull (strstr (strstr (text, "a:known"), "GREEN"));
}

static void
equal_states_are_equal_bytes (Fixture *f, gconstpointer data)
{
  g_autoptr(GVariant) saved = NULL, again = NULL;

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("a:%u", i);

      event (f, 0, name, "x");
      enumeration (f, name);
    }
  saved = save (f);
  restore (f, saved);
  again = save (f);
  g_assert_true (g_variant_equal (saved, again));
  tbus_hash_set_key (f->key);
}

static void
refuses (TbusClassState *state, const char *words)
{
  g_autoptr(GVariant) variant = g_variant_ref_sink (tbus_class_state_encode (state));
  g_autoptr(GError) error = NULL;

  g_assert_null (tbus_class_state_decode (variant, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_cmpstr (error->message, ==, words);
}

static void
nonsense_is_refused (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusClassState) state = NULL;
  TbusChannelClasses *first;

  event (f, 0, "a:x", "x");
  enumeration (f, "RED");
  state = tbus_class_registry_capture (f->registry);
  first = g_ptr_array_index (state->channels, 0);
  first->header = 3;
  refuses (state, "channels[0].header is unknown");
  first->header = 0;
  first->n_events = 0;
  refuses (state, "channels[0].events holds an id that was not given out");
  first->n_events = TBUS_MAX_EVENT_CLASSES + 1;
  refuses (state, "channels[0].n_events is too large");
  first->n_events = 1;
  state->held -= 10;
  refuses (state, "held is not what is held");
  state->held = tbus_limit_most (TBUS_LIMIT_METADATA) + 1;
  refuses (state, "held is not what is held");
  state->held = TBUS_MAX_METADATA;
  g_array_index (state->enum_ids, TbusClassId, 0).id = 1;
  refuses (state, "enum_ids holds an id that was not given out");
}

static void
a_missing_or_other_key_is_named (Fixture *f, gconstpointer data)
{
  GVariantBuilder empty, other;
  g_autoptr(GVariant) nothing = NULL, strange = NULL;
  g_autoptr(GError) missing = NULL, type = NULL;

  g_variant_builder_init (&empty, G_VARIANT_TYPE_VARDICT);
  nothing = g_variant_ref_sink (g_variant_builder_end (&empty));
  g_assert_null (tbus_class_state_decode (nothing, &missing));
  g_assert_cmpstr (missing->message, ==, "held is missing");
  g_variant_builder_init (&other, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&other, "{sv}", "held", g_variant_new_string ("a lot"));
  strange = g_variant_ref_sink (g_variant_builder_end (&other));
  g_assert_null (tbus_class_state_decode (strange, &type));
  g_assert_cmpstr (type->message, ==, "held has another type");
}

static void
only_a_log_is_adopted (Fixture *f, gconstpointer data)
{
  guint before = tbus_fd_budget_used ();
  g_autoptr(GError) error = NULL;
  guint64 claims = 1 << 20;
  int fd = memfd_create ("no-log", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  g_assert_null (tbus_metadata_log_adopt (open ("/dev/null", O_RDWR | O_CLOEXEC), 4096, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_clear_error (&error);
  g_assert_cmpint (ftruncate (fd, 8192), ==, 0);
  g_assert_cmpint (pwrite (fd, &claims, sizeof claims, 0), ==, sizeof claims); /* more than there is */
  g_assert_cmpint (fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL), ==, 0);
  g_assert_null (tbus_metadata_log_adopt (fd, TBUS_MAX_METADATA, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before);
  g_assert_cmpint (fcntl (fd, F_GETFD), <, 0); /* taken all the same */
}

typedef struct {
  guint told, references;
} Watcher;

static gpointer
watcher_ref (gpointer data)
{
  ((Watcher *) data)->references++;
  return data;
}

static void
watcher_unref (gpointer data)
{
  ((Watcher *) data)->references--;
}

static void
on_changed (gpointer data)
{
  Watcher *self = data;

  g_assert_cmpuint (self->references, >, 0);
  self->told++;
}

/* How often main is told of two new events, and one that is known. */
static guint
count_told (Fixture *f, Watcher *watcher, const char *first, const char *second)
{
  watcher->told = 0;
  event (f, 0, first, "a");
  event (f, 0, second, "a");
  event (f, 0, second, "a");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (watcher->references, ==, 0);
  return watcher->told;
}

static void
main_is_told_of_each_change (Fixture *f, gconstpointer data)
{
  Watcher watcher = { 0, 0 };
  const TbusClassWatch watch = { 0, on_changed, watcher_ref, watcher_unref, &watcher, FALSE };

  tbus_class_registry_watch (f->registry, &watch);
  g_assert_cmpuint (count_told (f, &watcher, "one", "two"), ==, 2);
  g_assert_cmpuint (count_told (f, &watcher, "three", "four"), ==, 2);
}

static void
main_is_told_once_until_it_captures (Fixture *f, gconstpointer data)
{
  Watcher watcher = { 0, 0 };
  const TbusClassWatch watch = { 0, on_changed, watcher_ref, watcher_unref, &watcher, TRUE };

  tbus_class_registry_watch (f->registry, &watch);
  g_assert_cmpuint (count_told (f, &watcher, "one", "two"), ==, 1);
  g_assert_cmpuint (count_told (f, &watcher, "three", "four"), ==, 0);
  tbus_class_state_free (tbus_class_registry_capture (f->registry));
  g_assert_cmpuint (count_told (f, &watcher, "five", "six"), ==, 1);
}

#define ADD(name, func) g_test_add ("/core/class-state/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  tbus_thread_init ();
  g_test_init (&argc, &argv, NULL);
  ADD ("answers-as-before", answers_as_before);
  ADD ("goes-on-counting", goes_on_counting);
  ADD ("what-waited-waits-on", what_waited_waits_on);
  ADD ("what-was-not-saved-is-caught-up-with", what_was_not_saved_is_caught_up_with);
  ADD ("enumerations-that-were-not-saved-keep-their-ids", enumerations_that_were_not_saved_keep_their_ids);
  ADD ("equal-states-are-equal-bytes", equal_states_are_equal_bytes);
  ADD ("nonsense-is-refused", nonsense_is_refused);
  ADD ("a-missing-or-other-key-is-named", a_missing_or_other_key_is_named);
  ADD ("only-a-log-is-adopted", only_a_log_is_adopted);
  ADD ("main-is-told-of-each-change", main_is_told_of_each_change);
  ADD ("main-is-told-once-until-it-captures", main_is_told_once_until_it_captures);
  return g_test_run ();
}
