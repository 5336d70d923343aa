/* SPDX-License-Identifier: GPL-2.0-only */
/* The state as a file: replaced as a whole, its owner's alone, and never believed when it is read. */
#include "base/error.h"
#include "base/thread.h"
#include "core/app-private.h"
#include "core/state-home.h"
#include "core/state-keeper.h"
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLIPS = 4000 };

typedef struct {
  Fixture f;
  char *directory;
  char *path;
} FileFixture;

static void
set_up (FileFixture *self, gconstpointer data)
{
  fixture_set_up (&self->f, data);
  self->directory = g_dir_make_tmp ("tracebus-state-XXXXXX", NULL);
  g_assert_nonnull (self->directory);
  self->path = g_build_filename (self->directory, "state", NULL);
}

static void
tear_down (FileFixture *self, gconstpointer data)
{
  g_unlink (self->path);
  g_assert_cmpint (g_rmdir (self->directory), ==, 0);
  g_free (self->directory);
  g_free (self->path);
  fixture_tear_down (&self->f, data);
}

/* A session with an app, read back from its words: whoever has it may change it. */
static TbusState *
make_state (Fixture *f)
{
  g_autoptr(TbusState) captured = NULL;
  g_autoptr(GVariant) variant = NULL;
  g_autoptr(GError) error = NULL;
  TbusState *state;

  fixture_app (f, 100);
  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  captured = tbus_core_capture (f->core, TBUS_STATE_ALL);
  tbus_state_capture_classes (captured);
  variant = g_variant_ref_sink (tbus_state_encode (captured));
  state = tbus_state_decode (variant, &error);
  g_assert_no_error (error);
  return state;
}

static gboolean
equal (const TbusState *a, const TbusState *b)
{
  g_autoptr(GVariant) x = g_variant_ref_sink (tbus_state_encode (a)), y = g_variant_ref_sink (tbus_state_encode (b));

  return g_variant_equal (x, y);
}

static void
a_file_is_read_as_it_was_written (FileFixture *t, gconstpointer data)
{
  g_autoptr(TbusState) state = make_state (&t->f), read = NULL;
  g_autoptr(GError) error = NULL;
  struct stat info;

  g_assert_true (tbus_state_write (state, t->path, &error));
  read = tbus_state_read (t->path, &error);
  g_assert_no_error (error);
  g_assert_true (equal (state, read));
  g_assert_cmpint (stat (t->path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0600); /* the hash key is in it */
}

static void
a_file_is_replaced_as_a_whole (FileFixture *t, gconstpointer data)
{
  g_autoptr(TbusState) state = make_state (&t->f), empty = tbus_state_new (), read = NULL;
  g_autoptr(GDir) directory = NULL;

  g_assert_true (tbus_state_write (state, t->path, NULL));
  g_assert_true (tbus_state_write (empty, t->path, NULL));
  read = tbus_state_read (t->path, NULL);
  g_assert_cmpuint (read->sessions->len, ==, 0);
  directory = g_dir_open (t->directory, 0, NULL);
  g_assert_cmpstr (g_dir_read_name (directory), ==, "state");
  g_assert_null (g_dir_read_name (directory)); /* nothing half done lies about */
}

static void
what_cannot_be_written_or_read_is_said (FileFixture *t, gconstpointer data)
{
  g_autoptr(TbusState) empty = tbus_state_new ();
  g_autofree char *nowhere = g_build_filename (t->directory, "nowhere", "state", NULL);
  g_autoptr(GError) write = NULL, read = NULL, folder = NULL;

  g_assert_false (tbus_state_write (empty, nowhere, &write));
  g_assert_error (write, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_null (tbus_state_read (t->path, &read));
  g_assert_error (read, TBUS_ERROR, TBUS_ERROR_NOT_FOUND);
  g_assert_null (tbus_state_read (t->directory, &folder));
  g_assert_error (folder, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
}

static TbusState *
read_bytes (FileFixture *t, const char *bytes, gsize length, GError **error)
{
  g_assert_true (g_file_set_contents_full (t->path, bytes, length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  return tbus_state_read (t->path, error);
}

static void
a_file_that_is_cut_is_refused_wherever_it_is_cut (FileFixture *t, gconstpointer data)
{
  g_autoptr(TbusState) state = make_state (&t->f);
  g_autofree char *bytes = NULL;
  gsize length;

  g_assert_true (tbus_state_write (state, t->path, NULL));
  g_assert_true (g_file_get_contents (t->path, &bytes, &length, NULL));
  for (gsize cut = 0; cut < length; cut += 1 + cut / 50)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (read_bytes (t, bytes, cut, &error));
      g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
    }
}

/* Whatever is read, is refused or holds together: what it gives can be written again. */
static void
flipped_bits_do_no_harm (FileFixture *t, gconstpointer data)
{
  g_autoptr(TbusState) state = make_state (&t->f);
  g_autoptr(GVariant) variant = g_variant_ref_sink (tbus_state_encode (state));
  gsize length = g_variant_get_size (variant);
  guint refused = 0;

  for (guint i = 0; i < FLIPS; i++)
    {
      char *bytes = g_memdup2 (g_variant_get_data (variant), length);
      g_autoptr(GBytes) owned = g_bytes_new_take (bytes, length);
      g_autoptr(GVariant) damaged = NULL, again = NULL;
      g_autoptr(TbusState) read = NULL;
      g_autoptr(GError) error = NULL;

      bytes[g_test_rand_int_range (0, length)] ^= 1 << g_test_rand_int_range (0, 8);
      damaged = g_variant_ref_sink (g_variant_new_from_bytes (g_variant_get_type (variant), owned, FALSE));
      read = tbus_state_decode (damaged, &error);
      g_assert_true ((read == NULL) == (error != NULL));
      refused += read == NULL;
      if (read != NULL)
        again = g_variant_ref_sink (tbus_state_encode (read));
    }
  g_assert_cmpuint (refused, >, 0);
}

static void
another_version_is_not_supported (FileFixture *t, gconstpointer data)
{
  g_autoptr(GVariant) later = NULL, other = NULL, type = NULL;
  g_autoptr(GError) version = NULL, magic = NULL, damaged = NULL;

  later = g_variant_ref_sink (g_variant_new_parsed ("('tracebus', uint32 3, @a{sv} {})"));
  g_assert_null (tbus_state_decode (later, &version));
  g_assert_error (version, TBUS_ERROR, TBUS_ERROR_UNSUPPORTED);
  g_assert_cmpstr (version->message, ==, "The state has version 3, this service reads 2");
  g_clear_error (&version);
  g_variant_unref (later);
  later = g_variant_ref_sink (g_variant_new_parsed ("('tracebus', uint32 0, @a{sv} {})"));
  g_assert_null (tbus_state_decode (later, &version));
  g_assert_error (version, TBUS_ERROR, TBUS_ERROR_UNSUPPORTED);
  other = g_variant_ref_sink (g_variant_new_parsed ("('something', uint32 1, @a{sv} {})"));
  g_assert_null (tbus_state_decode (other, &magic));
  g_assert_cmpstr (magic->message, ==, "The state is something else");
  type = g_variant_ref_sink (g_variant_new_uint32 (1));
  g_assert_null (tbus_state_decode (type, &damaged));
  g_assert_cmpstr (damaged->message, ==, "The state is damaged");
}

static void
refuses (const TbusState *state, const char *words)
{
  g_autoptr(GVariant) variant = g_variant_ref_sink (tbus_state_encode (state));
  g_autoptr(GError) error = NULL;
  g_autoptr(TbusState) read = tbus_state_decode (variant, &error);

  g_assert_null (read);
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_cmpstr (error->message, ==, words);
}

/* Sets @member to @value for one try. */
#define TRY(state, member, value, words)                                                                              \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    __typeof__ (member) before = member;                                                                              \
    member = value;                                                                                                   \
    refuses (state, words);                                                                                           \
    member = before;                                                                                                  \
  }                                                                                                                   \
  G_STMT_END

static void
nonsense_is_refused_with_its_place (FileFixture *t, gconstpointer data)
{
  g_autoptr(TbusState) state = make_state (&t->f);
  TbusSavedSession *session = g_ptr_array_index (state->sessions, 0);
  TbusSavedChannel *channel = g_ptr_array_index (session->channels, 0);
  TbusSavedRule *rule = g_ptr_array_index (channel->rules, 0);
  TbusSavedSet *set = g_ptr_array_index (session->sets, 0);
  TbusSavedSetChannel *made = g_ptr_array_index (set->channels, 0);
  TbusSavedApp *app = g_ptr_array_index (state->apps, 0);

  TRY (state, session->id, 0, "sessions[0].id is none");
  TRY (state, session->state, 7, "sessions[0].state is none");
  TRY (state, session->ownership, 2, "sessions[0].ownership is none");
  TRY (state, session->output, (char *) "relative", "sessions[0].output is no absolute path");
  TRY (state, session->output, (char *) "/\xff", "sessions[0].output is no absolute path");
  TRY (state, session->clock.frequency, 0, "sessions[0].clock.frequency is 0");
  TRY (state, channel->id, 0, "sessions[0].channels[0].id is none");
  TRY (state, channel->config.num_subbuf, 3,
       "sessions[0].channels[0].num-subbuf takes a power of two, 16 GiB in all at most, not 3");
  TRY (state, rule->rule->match, 9, "sessions[0].channels[0].rules[0].match is none");
  TRY (state, rule->rule->pattern, (char *) "tick:\xff", "sessions[0].channels[0].rules[0].pattern is no text");
  TRY (state, set->directory, (char *) "ust/../../x", "sessions[0].sets[0].directory leads out of the output");
  TRY (state, rule->problem, (char *) "\xff", "sessions[0].channels[0].rules[0].problem is no text");
  TRY (state, set->metadata_sent, set->metadata_length + 1, "sessions[0].sets[0].metadata_sent is more than there is");
  TRY (state, set->key.bits, 16, "sessions[0].sets[0].bits are neither 32 nor 64");
  TRY (state, made->key, 0, "sessions[0].sets[0].channels[0].key is none");
  g_clear_pointer (&app->words, g_variant_unref); /* as they were */
  TRY (state, app->pid, 0, "apps[0].pid is none");
}

static void
what_does_not_hold_together_is_refused (FileFixture *t, gconstpointer data)
{
  g_autoptr(TbusState) state = make_state (&t->f);
  TbusSavedSession *session = g_ptr_array_index (state->sessions, 0);
  TbusSavedSet *set = g_ptr_array_index (session->sets, 0);
  TbusSavedSetChannel *made = g_ptr_array_index (set->channels, 0);

  TRY (state, state->ids[TBUS_ID_SESSION], session->id - 1, "A session's id was never given out");
  TRY (state, state->ids[TBUS_ID_APP], 0, "An app's id was never given out");
  TRY (state, set->key.session, session->id + 1, "A set's session is another");
  TRY (state, made->key, set->id, "A channel's key is there twice");
  TRY (state, made->channel_id, 12345, "The channel of a set is not the session's");
  g_ptr_array_add (state->apps, g_ptr_array_index (state->apps, 0));
  refuses (state, "An app's id is there twice");
  g_ptr_array_steal_index (state->apps, 1);
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(GError) error = NULL;

  tbus_core_save_finish (TBUS_CORE (source), result, &error);
  g_assert_no_error (error);
  *(gboolean *) data = TRUE;
}

static void
on_not_saved (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (tbus_core_save_finish (TBUS_CORE (source), result, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  *(gboolean *) data = TRUE;
}

/* Main captures, the notify thread adds its classes, a worker writes. The core may change and go meanwhile. */
static void
saving_waits_for_nobody (FileFixture *t, gconstpointer data)
{
  g_autofree char *nowhere = g_build_filename (t->directory, "nowhere", "state", NULL);
  g_autoptr(TbusState) state = NULL, read = NULL;
  g_autoptr(GError) error = NULL;
  gboolean saved = FALSE, not_saved = FALSE;

  state = make_state (&t->f);
  tbus_core_save_async (t->f.core, TBUS_STATE_ALL, t->path, on_saved, &saved);
  tbus_core_save_async (t->f.core, TBUS_STATE_ALL, nowhere, on_not_saved, &not_saved);
  fixture_destroy (tbus_session_set_find_name (t->f.sessions, "a", ALICE));
  fixture_run_until (&saved);
  fixture_run_until (&not_saved);
  read = tbus_state_read (t->path, &error);
  g_assert_no_error (error);
  g_assert_true (equal (state, read));
}

static void
forget_words (Fixture *f)
{
  g_autoptr(GPtrArray) apps = tbus_app_set_list (f->apps);

  for (guint i = 0; i < apps->len; i++)
    g_clear_pointer (&((TbusApp *) g_ptr_array_index (apps, i))->words, g_variant_unref);
}

/* Words that were written are used again for as long as they are true. */
static void
an_app_is_written_as_it_is (FileFixture *t, gconstpointer data)
{
  TbusSession *session = fixture_start_simple (&t->f, "a", TBUS_BUFFER_USER);
  static const char *const steps[] = { NULL, NULL, "stop", "start", NULL, "destroy", NULL };

  fixture_app (&t->f, 100);
  fixture_app (&t->f, 101);
  fixture_settle ();
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr(TbusState) fresh = NULL, read = NULL;
      gboolean saved = FALSE;

      if (g_strcmp0 (steps[i], "stop") == 0)
        fixture_stop (session);
      else if (g_strcmp0 (steps[i], "start") == 0)
        fixture_start (session);
      else if (steps[i] != NULL)
        fixture_destroy (session);
      tbus_core_save_async (t->f.core, TBUS_STATE_ALL, t->path, on_saved, &saved);
      fixture_run_until (&saved);
      read = tbus_state_read (t->path, NULL);
      forget_words (&t->f); /* none is used again */
      fresh = tbus_core_capture (t->f.core, TBUS_STATE_ALL);
      tbus_state_capture_classes (fresh);
      g_assert_true (equal (fresh, read));
    }
}

#define ADD(name, func) g_test_add ("/core/state-file/" name, FileFixture, NULL, set_up, func, tear_down)

static void
on_served (gpointer data)
{
  ++*(guint *) data;
}

static guint
count_saved_sessions (FileFixture *t)
{
  g_autoptr(TbusState) state = tbus_state_read (t->path, NULL);

  return state != NULL ? state->sessions->len : 0;
}

static void
who_waits_is_served_by_what_is_written_after (FileFixture *t, gconstpointer data)
{
  g_autoptr(TbusStateKeeper) keeper = tbus_state_keeper_new (t->f.core, TBUS_STATE_SESSIONS, t->path);
  guint first = 0, later = 0;

  tbus_state_keeper_await (keeper, on_served, &first);
  fixture_create (&t->f, "a"); /* while that is under way */
  fixture_create (&t->f, "b");
  for (guint i = 0; i < 10; i++)
    tbus_state_keeper_await (keeper, on_served, &later);
  while (later < 10)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (first, ==, 1);
  g_assert_cmpuint (count_saved_sessions (t), ==, 2);
}

static void
a_change_is_written_though_nobody_waits (FileFixture *t, gconstpointer data)
{
  g_autoptr(TbusStateKeeper) keeper = tbus_state_keeper_new (t->f.core, TBUS_STATE_SESSIONS, t->path);

  fixture_create (&t->f, "a");
  g_assert_cmpuint (count_saved_sessions (t), ==, 0);
  tbus_state_keeper_touch (keeper);
  while (count_saved_sessions (t) == 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
a_closed_state_stays_as_it_was (FileFixture *t, gconstpointer data)
{
  g_autoptr(TbusStateKeeper) keeper = tbus_state_keeper_new (t->f.core, TBUS_STATE_SESSIONS, t->path);
  TbusSession *session = fixture_create (&t->f, "a");
  guint closed = 0, later = 0;

  tbus_state_keeper_close (keeper, on_served, &closed);
  while (closed == 0)
    g_main_context_iteration (NULL, TRUE);
  fixture_destroy (session);
  tbus_state_keeper_touch (keeper);
  tbus_state_keeper_await (keeper, on_served, &later);
  while (later == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (count_saved_sessions (t), ==, 1);
}

/* The disk is full, say: nobody hangs, and it is said once, and again when it is over. */
static void
who_waits_goes_on_where_nothing_can_be_written (FileFixture *t, gconstpointer data)
{
  g_autofree char *path = g_build_filename (t->directory, "sub", "state", NULL);
  g_autofree char *sub = g_path_get_dirname (path);
  g_autoptr(TbusStateKeeper) keeper = tbus_state_keeper_new (t->f.core, TBUS_STATE_SESSIONS, path);
  guint served = 0;

  fixture_expect_warning ("*Cannot write the state*");
  for (guint i = 0; i < 2; i++)
    {
      tbus_state_keeper_await (keeper, on_served, &served);
      while (served <= i)
        g_main_context_iteration (NULL, TRUE);
    }
  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  tbus_state_keeper_await (keeper, on_served, &served);
  while (served < 3)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (sub), ==, 0);
}

static void
what_cannot_be_read_is_put_aside (FileFixture *t, gconstpointer data)
{
  g_autoptr(GDir) directory = NULL;
  g_autofree char *aside = NULL;

  g_assert_null (tbus_state_home_read (t->path)); /* nothing is there: that is no complaint */
  g_assert_true (g_file_set_contents (t->path, "garbage", -1, NULL));
  fixture_expect_warning ("*the service starts without sessions*");
  g_assert_null (tbus_state_home_read (t->path));
  directory = g_dir_open (t->directory, 0, NULL);
  aside = g_build_filename (t->directory, g_dir_read_name (directory), NULL);
  g_assert_nonnull (strstr (aside, "/state.unreadable-"));
  g_assert_null (g_dir_read_name (directory));
  g_assert_cmpint (g_unlink (aside), ==, 0);
}

/* A write that a kill cut short leaves its half behind; what was put aside is no such thing. */
static void
halves_are_swept_away (FileFixture *t, gconstpointer data)
{
  g_autofree char *half = g_strconcat (t->path, ".A1B2C3", NULL);
  g_autofree char *aside = g_strconcat (t->path, ".unreadable-1", NULL);

  g_assert_true (g_file_set_contents (t->path, "state", -1, NULL));
  g_assert_true (g_file_set_contents (half, "half", -1, NULL));
  g_assert_true (g_file_set_contents (aside, "aside", -1, NULL));
  tbus_state_home_sweep (t->path);
  g_assert_cmpint (g_access (half, F_OK), ==, -1);
  g_assert_cmpint (g_access (t->path, F_OK), ==, 0);
  g_assert_cmpint (g_unlink (aside), ==, 0);
}

static void
a_place_is_found (FileFixture *t, gconstpointer data)
{
  g_autofree char *given = tbus_state_home_find ("/given", "/run/own", TRUE);
  g_autofree char *own = tbus_state_home_find (NULL, "/run/own", TRUE);
  g_autofree char *system = tbus_state_home_find (NULL, NULL, TRUE);
  g_autofree char *user = tbus_state_home_find (NULL, NULL, FALSE);
  g_autofree char *made = NULL;

  g_assert_cmpstr (given, ==, "/given");
  g_assert_cmpstr (own, ==, "/run/own/state");
  g_assert_cmpstr (system, ==, "/var/lib/tracebus");
  g_assert_true (g_str_has_prefix (user, g_get_user_state_dir ()));
  g_setenv ("STATE_DIRECTORY", "/var/lib/made:/var/lib/more", TRUE);
  made = tbus_state_home_find (NULL, "/run/own", TRUE);
  g_unsetenv ("STATE_DIRECTORY");
  g_assert_cmpstr (made, ==, "/var/lib/made");
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  tbus_thread_start (TBUS_THREAD_NOTIFY);
  ADD ("a-file-is-read-as-it-was-written", a_file_is_read_as_it_was_written);
  ADD ("a-file-is-replaced-as-a-whole", a_file_is_replaced_as_a_whole);
  ADD ("what-cannot-be-written-or-read-is-said", what_cannot_be_written_or_read_is_said);
  ADD ("a-file-that-is-cut-is-refused-wherever-it-is-cut", a_file_that_is_cut_is_refused_wherever_it_is_cut);
  ADD ("flipped-bits-do-no-harm", flipped_bits_do_no_harm);
  ADD ("another-version-is-not-supported", another_version_is_not_supported);
  ADD ("nonsense-is-refused-with-its-place", nonsense_is_refused_with_its_place);
  ADD ("what-does-not-hold-together-is-refused", what_does_not_hold_together_is_refused);
  ADD ("saving-waits-for-nobody", saving_waits_for_nobody);
  ADD ("an-app-is-written-as-it-is", an_app_is_written_as_it_is);
  ADD ("who-waits-is-served-by-what-is-written-after", who_waits_is_served_by_what_is_written_after);
  ADD ("a-change-is-written-though-nobody-waits", a_change_is_written_though_nobody_waits);
  ADD ("a-closed-state-stays-as-it-was", a_closed_state_stays_as_it_was);
  ADD ("who-waits-goes-on-where-nothing-can-be-written", who_waits_goes_on_where_nothing_can_be_written);
  ADD ("what-cannot-be-read-is-put-aside", what_cannot_be_read_is_put_aside);
  ADD ("halves-are-swept-away", halves_are_swept_away);
  ADD ("a-place-is-found", a_place_is_found);
  status = g_test_run ();
  tbus_thread_stop (TBUS_THREAD_NOTIFY);
  return status;
}
