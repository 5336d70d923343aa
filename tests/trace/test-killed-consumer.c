/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kill -9 of the consumer, whatever is going on: the session goes on by itself, programs notice nothing, and what
 * they emitted is in the one trace or is counted as discarded.
 */
#include "support/leak.h"
#include "support/peer.h"
#include "support/recording.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SMALL ", 'subbuf-size': <uint64 4096>, 'num-subbuf': <uint64 4>"
#define SWITCHED ", 'switch-timer-us': <uint32 5000>"

typedef struct {
  TstService *service;
} Fixture;

static void
set_up (Fixture *self, gconstpointer ownership)
{
  self->service = tst_service_new ();
}

static void
tear_down (Fixture *self, gconstpointer ownership)
{
  tst_service_free (self->service);
}

static char *
start (Fixture *self, gconstpointer ownership, const char *options)
{
  g_autofree char *all = g_strconcat (ownership, options, NULL);

  return tst_start_recording (self->service, "trace", all);
}

static char *
consumer_of (Fixture *self)
{
  g_auto(GStrv) consumers = tst_objects (self->service, "Consumer");

  g_assert_cmpuint (g_strv_length (consumers), ==, 1);
  return g_strdup (consumers[0]);
}

/* Kills the consumer, and returns when another one goes on with everything. */
static void
kill_consumer (Fixture *self, const char *session)
{
  g_autofree char *consumer = consumer_of (self);
  guint64 restarts = tst_get_number (self->service, consumer, "Consumer.Restarts");
  gint64 began = g_get_monotonic_time ();

  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  tst_wait_until (self->service, tst_get_number (self->service, consumer, "Consumer.Restarts") > restarts);
  tst_wait_until (self->service, tst_get_length (self->service, session, "Session.Problems") == 0);
  g_test_message ("goes on after %.1f ms", (double) (g_get_monotonic_time () - began) / 1000);
}

/* Names below @path, without what @skip begins with. */
static guint
count_names (const char *path, const char *skip)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    n += !g_str_has_prefix (name, skip);
  return n;
}

/* One directory for each of @n_sets, and in it no second file of a stream. */
static void
assert_one_trace (Fixture *self, gconstpointer ownership, guint n_sets)
{
  g_autofree char *output = tst_output (self->service, "trace");
  g_autofree char *owner = g_strdup_printf ("%u", (guint) getuid ());
  gboolean user = strcmp (ownership, TST_PER ("user")) == 0;
  g_autofree char *folder = g_build_filename (output, "ust", user ? "uid" : "pid", user ? owner : NULL, NULL);
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  guint n_cpus = g_get_num_processors ();
  const char *name;

  g_assert_cmpuint (count_names (folder, "\n"), ==, n_sets);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *set = g_build_filename (folder, name, NULL);

      g_assert_cmpuint (count_names (set, "index"), <=, 1 + n_cpus); /* metadata, and the streams */
    }
}

static void
assert_complete (Fixture *self, TstResult result, guint emitted)
{
  TstMissing missing;
  g_autoptr(GPtrArray) events = tst_events_lossy (self->service, "trace", &missing);

  g_test_message ("%u recorded, %" G_GUINT64_FORMAT " discarded", events->len, result.discarded);
  g_assert_cmpuint (result.failed, ==, 0);
  g_assert_cmpuint (result.pending, ==, 0);
  g_assert_cmpuint (events->len + result.discarded, ==, emitted);
  g_assert_cmpuint (missing.events, ==, result.discarded);
  g_assert_cmpuint (missing.packets, ==, 0);
  g_assert_cmpuint (result.lost, ==, 0);
  g_assert_cmpuint (result.dropped, ==, 0);
}

/* Two programs emit @n each, as fast as they can, while the consumer is killed @kills times. */
static void
emit_under_fire (Fixture *self, const char *session, guint n, guint kills)
{
  g_autoptr(TstChild) first = tst_app_start (self->service, "app-idle", "first", NULL);
  g_autoptr(TstChild) second = tst_app_start (self->service, "app-idle", "second", NULL);

  g_free (tst_wait_app (self->service, tst_child_pid (first), "ready"));
  g_free (tst_wait_app (self->service, tst_child_pid (second), "ready"));
  tst_child_say (first, "go %u", n);
  tst_child_say (second, "go %u", n);
  for (guint i = 0; i < kills; i++)
    kill_consumer (self, session);
  g_free (tst_child_wait_line (first, "done"));
  g_free (tst_child_wait_line (second, "done"));
}

static void
one_kill_at_full_rate (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, "");

  emit_under_fire (self, session, 200000, 1);
  assert_complete (self, tst_session_run (self->service, session, "Stop"), 400000);
  assert_one_trace (self, ownership, strcmp (ownership, TST_PER ("user")) == 0 ? 1 : 2);
  if (strcmp (ownership, TST_PER ("user")) == 0)
    tst_peer_tell ("killed-consumer");
}

static void
five_kills_in_a_row_with_small_buffers (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, SMALL SWITCHED);

  emit_under_fire (self, session, 500000, 5);
  assert_complete (self, tst_session_run (self->service, session, "Stop"), 1000000);
  assert_one_trace (self, ownership, strcmp (ownership, TST_PER ("user")) == 0 ? 1 : 2);
}

/* Emits, and returns when the service has heard of it: consumers tell at once, and then once a second. */
static void
emit_until_it_is_told (Fixture *self, const char *session, TstChild *app, guint n)
{
  guint64 before = tst_get_number (self->service, session, "Session.BytesWritten");

  tst_app_go (app, n);
  tst_wait_until (self->service, tst_get_number (self->service, session, "Session.BytesWritten") > before);
}

/* How often: TRACEBUS_KILLS=100 is the long version. */
static guint
count_kills (void)
{
  const char *wanted = g_getenv ("TRACEBUS_KILLS");

  return wanted != NULL ? (guint) g_ascii_strtoull (wanted, NULL, 10) : 4;
}

/* Each has lived for a second, so that none counts as a quick death. */
static void
many_kills_one_after_the_other (Fixture *self, gconstpointer ownership)
{
  enum { N = 20000 };
  g_autofree char *session = start (self, ownership, SMALL SWITCHED);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", "one", NULL);
  g_autoptr(TstChild) other = tst_app_start (self->service, "app-idle", "other", NULL);
  g_autofree char *object = tst_wait_app (self->service, tst_child_pid (app), "ready");
  g_autofree char *other_object = tst_wait_app (self->service, tst_child_pid (other), "ready");
  g_autoptr(GRand) random = g_rand_new_with_seed (11);
  guint n_fds = G_MAXUINT, n_kills = count_kills ();

  for (guint i = 0; i < n_kills; i++)
    {
      tst_child_say (app, "go %u", N);
      tst_child_say (other, "go %u", N);
      g_usleep ((gulong) g_rand_int_range (random, 0, 10000)); /* any moment will do */
      kill_consumer (self, session);
      g_free (tst_child_wait_line (app, "done"));
      g_free (tst_child_wait_line (other, "done"));
      emit_until_it_is_told (self, session, app, N);
      emit_until_it_is_told (self, session, app, N);
      n_fds = MIN (n_fds, tst_fd_count (tst_service_pid (self->service)));
    }
  /* A request to a consumer has one for as long as it is on its way, now and whenever they were counted. */
  tst_wait_until (self->service, tst_fd_count (tst_service_pid (self->service)) <= n_fds);
  assert_complete (self, tst_session_run (self->service, session, "Stop"), 4 * n_kills * N);
  assert_one_trace (self, ownership, strcmp (ownership, TST_PER ("user")) == 0 ? 1 : 2);
  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
}

static void
at_any_moment_of_a_stop (Fixture *self, gconstpointer ownership)
{
  enum { ROUNDS = 6, N = 20000 };
  g_autofree char *session = start (self, ownership, "");
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autoptr(GRand) random = g_rand_new_with_seed (7);

  for (guint i = 0; i < ROUNDS; i++)
    {
      TstAnswer *stop;
      g_autoptr(GVariant) answer = NULL;

      if (i > 0)
        tst_session_run (self->service, session, "Start");
      tst_app_go (app, N);
      stop = tst_ask (self->service, session, "Session.Stop", "(@a{sv} {},)");
      g_usleep ((gulong) g_rand_int_range (random, 0, 2000)); /* any moment will do */
      g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
      answer = tst_answer (stop);
      assert_complete (self, tst_result (answer), (i + 1) * N);
      tst_wait_until (self->service, tst_get_length (self->service, session, "Session.Problems") == 0);
    }
}

/* Nobody is left who could close the last packets, or would hear that they should be. */
static void
after_every_program_has_gone (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, "");

  tst_app_run (self->service, "app-threads", "2", "2000", NULL);
  kill_consumer (self, session);
  assert_complete (self, tst_session_run (self->service, session, "Stop"), 4000);
}

static void
together_with_a_program (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, SMALL);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);

  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
  tst_app_go (app, 10);
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGSTOP), ==, 0);
  tst_app_go (app, 10000);
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  tst_child_signal (app, SIGKILL);
  tst_wait_until (self->service, tst_get_length (self->service, session, "Session.Problems") == 0);
  assert_complete (self, tst_session_run (self->service, session, "Stop"), 10010);
}

static void
programs_that_come_while_there_is_none (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, "");

  tst_app_run (self->service, "app-threads", "1", "100", NULL);
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  tst_app_run (self->service, "app-threads", "1", "1000", NULL);
  assert_complete (self, tst_session_run (self->service, session, "Stop"), 1100);
}

static void
while_the_session_is_stopped (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, "");
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  guint64 written;

  tst_app_go (app, 1000);
  tst_session_run (self->service, session, "Stop");
  written = tst_get_number (self->service, session, "Session.BytesWritten");
  kill_consumer (self, session);
  tst_app_go (app, 1000);
  assert_complete (self, tst_session_run (self->service, session, "Start"), 1000);
  g_assert_cmpuint (tst_get_number (self->service, session, "Session.BytesWritten"), ==, written);
  tst_app_go (app, 1000);
  assert_complete (self, tst_session_run (self->service, session, "Stop"), 2000);
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  assert_complete (self, tst_session_run (self->service, session, "Destroy"), 2000);
}

static void
with_buffers_that_overwrite (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, ", 'mode': <'overwrite'>" SMALL);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autoptr(GPtrArray) events = NULL;
  g_autofree char *last = NULL;
  TstMissing missing;
  TstResult result;

  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
  tst_child_say (app, "go %u", 300000);
  kill_consumer (self, session);
  g_free (tst_child_wait_line (app, "done"));
  result = tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (result.discarded, ==, 0);
  events = tst_events_lossy (self->service, "trace", &missing);
  last = tst_trace_field (events->pdata[events->len - 1], "seq");
  g_assert_cmpstr (last, ==, "299999");
  assert_one_trace (self, ownership, 1);
}

/* Scribbles over the head of every ring that the service keeps, as a program could that has it. */
static void
spoil_rings (Fixture *self)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%d/fd", tst_service_pid (self->service));
  g_auto(GStrv) list = tst_fd_list (tst_service_pid (self->service));
  guint n = 0;

  for (guint i = 0; list[i] != NULL; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%d", folder, atoi (list[i]));
      int fd;

      if (strstr (list[i], "memfd:tracebus-ring") == NULL)
        continue;
      fd = open (path, O_RDWR | O_CLOEXEC);
      g_assert_cmpint (fd, >=, 0);
      g_assert_cmpint (pwrite (fd, "spoilt", 6, 16), ==, 6);
      close (fd);
      n++;
    }
  g_assert_cmpuint (n, >, 0);
}

static gboolean
has_lost_buffers (Fixture *self, const char *session)
{
  g_autoptr(GVariant) problems = tst_get (self->service, session, "Session.Problems");
  g_autofree char *text = g_variant_print (problems, FALSE);

  return strstr (text, "buffers-lost") != NULL && strstr (text, "consumer-restarting") == NULL;
}

/* What nobody can go on with is replaced, and said to be. */
static void
with_buffers_that_nobody_understands (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, "");
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *object = tst_wait_app (self->service, tst_child_pid (app), "ready");
  TstResult result;

  tst_app_go (app, 1000);
  tst_do (self->service, session, "Session.Flush", "(@a{sv} {},)");
  spoil_rings (self);
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  tst_wait_until (self->service, has_lost_buffers (self, session));
  tst_session_run (self->service, session, "Stop");
  tst_session_run (self->service, session, "Start");
  g_assert_cmpuint (tst_get_length (self->service, session, "Session.Problems"), ==, 0);
  tst_app_go (app, 1000);
  result = tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (result.discarded, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, 2000);
  assert_one_trace (self, ownership, 2);
}

#define ADD(function) TST_ADD_PER_SCHEME ("/trace/killed-consumer", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (one_kill_at_full_rate);
  ADD (five_kills_in_a_row_with_small_buffers);
  ADD (many_kills_one_after_the_other);
  ADD (at_any_moment_of_a_stop);
  ADD (after_every_program_has_gone);
  ADD (together_with_a_program);
  ADD (programs_that_come_while_there_is_none);
  ADD (while_the_session_is_stopped);
  ADD (with_buffers_that_overwrite);
  ADD (with_buffers_that_nobody_understands);
  return g_test_run ();
}
