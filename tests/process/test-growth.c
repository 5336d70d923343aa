/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Much of everything: a crowd of programs, a family of forks, sessions one after the other. All is recorded, and
 * afterwards the service and its consumers hold what they held before. TRACEBUS_LONG asks for the numbers of the issue.
 */
#include "support/leak.h"
#include "support/peer.h"
#include "support/recording.h"

#include <stdio.h>
#include <string.h>

#define SMALL "'subbuf-size': <uint64 4096>, 'num-subbuf': <uint64 4>"

typedef struct {
  TstService *service;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new ();
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  tst_service_free (self->service);
}

static guint
choose (guint in_short, guint in_long)
{
  return g_getenv ("TRACEBUS_LONG") != NULL ? in_long : in_short;
}

static char *
start_recording (Fixture *self, const char *name, gconstpointer options)
{
  g_autofree char *all = g_strconcat (options, ", " SMALL, NULL);

  return tst_start_recording (self->service, name, all);
}

/* What is let go of after an answer is so after some more of them. */
static TstHolding
look_again (Fixture *self, pid_t pid, TstHolding before)
{
  for (guint i = 0; i < 1000 && tst_fd_count (pid) > before.fds; i++)
    tst_get_number (self->service, TST_ROOT, "Manager.AppCount");
  return tst_holding_look (pid);
}

static void
assert_same (const char *who, TstHolding before, TstHolding after)
{
  g_test_message ("%s: %u descriptors, then %u; %" G_GUINT64_FORMAT " kB, then %" G_GUINT64_FORMAT "; of no file %"
                  G_GUINT64_FORMAT " kB, then %" G_GUINT64_FORMAT "; shared %" G_GUINT64_FORMAT " kB, then %"
                  G_GUINT64_FORMAT, who, before.fds, after.fds, before.memory / 1024, after.memory / 1024,
                  before.own / 1024, after.own / 1024, before.shared / 1024, after.shared / 1024);
  g_assert_cmpuint (after.fds, <=, before.fds);
  g_assert_cmpuint (after.shared, <=, before.shared);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed, to tell of its use */
  /* At first the allocator takes some more for every session, and then no more. Code that runs first later is none. */
  g_assert_cmpuint (after.own, <=, before.own + before.memory / choose (20, 50));
#endif
}

static void
run_session (Fixture *self, TstChild *app, guint number, gconstpointer options)
{
  g_autofree char *name = g_strdup_printf ("session%u", number);
  g_autofree char *session = start_recording (self, name, options);

  tst_app_go (app, 1);
  tst_session_run (self->service, session, "Stop");
  tst_session_run (self->service, session, "Destroy");
}

static void
sessions_one_after_the_other (Fixture *self, gconstpointer options)
{
  guint first = choose (20, 100), n = choose (60, 500);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  TstHolding service = { 0 }, consumer = { 0 };
  gint64 began;

  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
  began = g_get_monotonic_time ();
  for (guint i = 1; i <= n; i++)
    {
      run_session (self, app, i, options);
      if (i != first)
        continue;
      service = tst_holding_look (tst_service_pid (self->service));
      consumer = tst_holding_look (tst_service_consumer_pid (self->service));
    }
  g_test_message ("%.1f ms a session", (double) (g_get_monotonic_time () - began) / 1000 / n);
  assert_same ("service", service, look_again (self, tst_service_pid (self->service), service));
  assert_same ("consumer", consumer, look_again (self, tst_service_consumer_pid (self->service), consumer));
  if (strcmp (options, TST_PER ("user")) == 0)
    tst_peer_tell ("sessions");
}

/* Says how long the children took to start, which the test only tells. */
static void
run_forks (Fixture *self, const char *when, guint n)
{
  g_autofree char *number = g_strdup_printf ("%u", n);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-forks", number, NULL);
  g_autofree char *said = NULL;

  g_free (tst_child_wait_line (app, "ready"));
  tst_child_say (app, "go");
  said = tst_child_wait_line (app, "forked");
  tst_child_finish (app);
  g_test_message ("%s: %u children, median and longest start in microseconds: %s", when, n, said + strlen ("forked "));
}

static void
forks_in_a_row (Fixture *self, gconstpointer options)
{
  guint n = choose (50, 500);
  g_autofree char *session = NULL;
  TstResult result;

  run_forks (self, "not recorded", n);
  session = start_recording (self, "trace", options);
  run_forks (self, "recorded", n);
  result = tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (result.discarded + result.lost + result.dropped, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, n);
  if (strcmp (options, TST_PER ("user")) == 0)
    tst_peer_tell ("forks");
}

static void
a_crowd_at_once (Fixture *self, gconstpointer options)
{
  guint n = choose (100, 1000);
  g_autofree char *number = g_strdup_printf ("%u", n);
  g_autofree char *herd = tst_build_path ("tests/bench/herd");
  g_autofree char *program = tst_build_path ("tests/support/apps/app-idle");
  const char *argv[] = { herd, "hold", number, program, NULL };
  g_autofree char *session = start_recording (self, "trace", options);
  g_autoptr(TstChild) crowd = NULL;
  g_autofree char *said = NULL;
  TstHolding before, during;
  double wall;

  if (!g_file_test (herd, G_FILE_TEST_IS_EXECUTABLE))
    {
      g_test_skip ("tests/bench is not built");
      return;
    }
  tst_app_run (self->service, "app-tiny", NULL);
  before = tst_holding_look (tst_service_pid (self->service));
  crowd = tst_child_start (argv, tst_service_environment (self->service));
  said = tst_child_wait_line (crowd, "wall");
  g_assert_cmpint (sscanf (said, "wall %lf", &wall), ==, 1);
  tst_wait_until (self->service, tst_get_number (self->service, TST_ROOT, "Manager.AppCount") == n);
  during = tst_holding_look (tst_service_pid (self->service));
  g_test_message ("%u programs are there after %.0f ms; %.1f descriptors and %.1f kB a program", n, wall / 1e6,
                  (double) (during.fds - before.fds) / n, (double) (during.own - before.own) / 1024 / n);
  tst_enable (self->service, session, "events", "tbtest:*"); /* a program waits no second for its buffers: we do */
  tst_child_say (crowd, "go 1");
  g_free (tst_child_wait_line (crowd, "done"));
  tst_child_finish (crowd);
  tst_wait_until (self->service, tst_get_number (self->service, TST_ROOT, "Manager.AppCount") == 0);
  g_assert_cmpuint (tst_session_run (self->service, session, "Stop").dropped, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, n + 1);
  tst_session_run (self->service, session, "Destroy");
  g_assert_cmpuint (look_again (self, tst_service_pid (self->service), before).fds, <=, before.fds);
  if (strcmp (options, TST_PER ("user")) == 0)
    tst_peer_tell ("crowd");
}

#define ADD(function) TST_ADD_PER_SCHEME ("/process/growth", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (sessions_one_after_the_other);
  ADD (forks_in_a_row);
  ADD (a_crowd_at_once);
  return g_test_run ();
}
