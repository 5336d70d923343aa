/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that are killed, or stopped, between reserving room for an event and committing it: nobody else loses more
 * than the rest of one packet, and the buffers go on.
 */
#include "support/mounts.h"
#include "support/peer.h"
#include "support/recording.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SMALL ", 'subbuf-size': <uint64 4096>, 'num-subbuf': <uint64 4>"
#define OVERWRITE ", 'mode': <'overwrite'>"

static const char *no_mounts;

typedef struct {
  TstService *service;
  char *session;
  TstChild *other, *victim;
  char *folder;      /* nullable: a small disk, */
  char *filler;      /* what fills it, */
  char *full;        /* and a session there, which records @late */
  TstChild *late;
  TstResult result;  /* of what ended it */
  GPtrArray *events; /* of the trace, then */
} Fixture;

static TstChild *
start (Fixture *self, const char *name)
{
  TstChild *app = tst_app_start (self->service, "app-torn", name, NULL);

  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
  return app;
}

static void
record (Fixture *self, const char *options)
{
  self->session = tst_start_recording (self->service, "trace", options);
  self->other = start (self, "other");
  self->victim = start (self, "victim");
}

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new ();
  record (self, options);
}

/* The same where descriptors are kept while the service does not run. */
static void
set_up_with_store (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new_idle ();
  tst_service_use_store (self->service);
  tst_service_start (self->service, NULL);
  record (self, options);
}

/* The same where packets that cannot be written stay in their buffers. */
static void
set_up_without_pool (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new_idle ();
  tst_service_start (self->service, "--staging-pool=0");
  record (self, options);
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  tst_child_free (self->other);
  tst_child_free (self->victim);
  g_clear_pointer (&self->late, tst_child_free);
  if (self->folder != NULL)
    tst_unmount (self->folder);
  g_free (self->folder);
  g_free (self->filler);
  g_free (self->full);
  g_clear_pointer (&self->events, g_ptr_array_unref);
  g_free (self->session);
  tst_service_free (self->service);
}

/* Has @app emit one event, and die in it. */
static void
die_within_an_event (TstChild *app)
{
  tst_child_say (app, "raise %d", SIGKILL);
  g_assert_cmpint (tst_child_wait (app), ==, SIGKILL);
}

/* Has @app stand still within an event. */
static void
freeze_within_an_event (TstChild *app)
{
  tst_child_say (app, "raise %d", SIGSTOP);
  tst_child_wait_frozen (app);
}

/* Somebody else's end makes the consumer look, and the service ask: it finds out that @frozen cannot answer. */
static void
have_it_asked (Fixture *self, TstChild *frozen)
{
  tst_child_signal (self->victim, SIGKILL);
  tst_child_wait (self->victim);
  g_free (tst_wait_app (self->service, tst_child_pid (frozen), "unresponsive"));
}

static void
thaw (Fixture *self, TstChild *frozen)
{
  tst_child_signal (frozen, SIGCONT);
  g_free (tst_child_wait_line (frozen, "done"));
  g_free (tst_wait_app (self->service, tst_child_pid (frozen), "ready"));
}

static gboolean
is_torn (Fixture *self)
{
  return tst_has_problem (self->service, self->session, "torn-stream");
}

/* Events of the program @who in the trace. */
static guint
count_of (Fixture *self, const char *who)
{
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", who);
  guint n = 0;

  for (guint i = 0; i < self->events->len; i++)
    {
      g_autofree char *name = tst_trace_field (self->events->pdata[i], "who");

      n += g_strcmp0 (name, quoted) == 0;
    }
  return n;
}

static gboolean
overwrites (gconstpointer options)
{
  return strstr (options, OVERWRITE) != NULL;
}

/* @method: "Stop", "Destroy". */
static void
end (Fixture *self, const char *method)
{
  TstMissing missing;

  self->result = tst_session_run (self->service, self->session, method);
  self->events = tst_events_lossy (self->service, "trace", &missing);
}

/* Others @emitted in one go: where buffers overwrite, a consumer that is slow just then has lost more. */
static void
assert_all_but_one_packet (Fixture *self, gconstpointer options, guint emitted)
{
  guint recorded = count_of (self, "other");

  if (overwrites (options))
    {
      g_assert_cmpuint (self->result.lost, >=, 1);
      g_assert_cmpuint (recorded, >, 0);
      return;
    }
  g_assert_cmpuint (self->result.lost, ==, 1);
  g_assert_cmpuint (recorded + self->result.discarded, ==, emitted);
}

/* The stall is seen without anybody asking, and everything before and after is there. */
static void
costs_one_packet (Fixture *self, gconstpointer options)
{
  gint64 began;

  tst_app_go (self->other, 20);
  tst_app_go (self->victim, 10);
  die_within_an_event (self->victim);
  began = g_get_monotonic_time ();
  tst_wait_until (self->service, is_torn (self));
  g_test_message ("noticed, and mended, after %.0f ms", (double) (g_get_monotonic_time () - began) / 1000);
  /* Several times round the ring. */
  for (guint i = 0; i < 50; i++)
    {
      tst_app_go (self->other, 20);
      tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
    }
  end (self, "Stop");
  g_test_message ("%u events, %" G_GUINT64_FORMAT " discarded, %" G_GUINT64_FORMAT " packets lost", self->events->len,
                  self->result.discarded, self->result.lost);
  g_assert_cmpuint (self->result.lost, ==, 1);
  g_assert_cmpuint (self->result.discarded, ==, 0);
  g_assert_cmpuint (self->result.dropped, ==, 0);
  g_assert_cmpuint (count_of (self, "other"), ==, 1020);
  g_assert_cmpuint (count_of (self, "victim"), ==, 10);
  if (strcmp (options, TST_PER ("user") SMALL) == 0)
    tst_peer_tell ("torn");
}

/* Others write at full rate on the same CPU meanwhile: the ring is full by the time that it is mended. */
static void
at_full_rate (Fixture *self, gconstpointer options)
{
  enum { N = 100000 };
  guint recorded;

  tst_app_go (self->victim, 10);
  die_within_an_event (self->victim); /* first: an event that is discarded is not written at all */
  tst_child_say (self->other, "go %u", N);
  tst_wait_until (self->service, is_torn (self));
  g_free (tst_child_wait_line (self->other, "done"));
  tst_app_go (self->other, 100);
  end (self, "Stop");
  recorded = count_of (self, "other");
  g_test_message ("%u recorded, %" G_GUINT64_FORMAT " discarded, %" G_GUINT64_FORMAT " packets lost", recorded,
                  self->result.discarded, self->result.lost);
  g_assert_cmpuint (self->result.lost, >=, 1);
  if (overwrites (options))
    return;
  g_assert_cmpuint (self->result.lost, ==, 1);
  /* What the lost packet had after the hole is not known: an event takes 18 bytes. */
  g_assert_cmpuint (recorded + self->result.discarded, <=, N + 100);
  g_assert_cmpuint (recorded + self->result.discarded + 4096 / 18, >=, N + 100);
  g_assert_cmpuint (recorded, >=, 100);
}

static void
of_one_that_had_its_buffers_to_itself (Fixture *self, gconstpointer options)
{
  tst_app_go (self->other, 20);
  tst_app_go (self->victim, 10);
  die_within_an_event (self->victim);
  tst_wait_until (self->service, tst_get_number (self->service, self->session, "Session.PacketsLost") == 1);
  tst_app_go (self->other, 20);
  end (self, "Stop");
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "torn-stream"));
  g_assert_cmpuint (self->result.lost, ==, 1);
  g_assert_cmpuint (count_of (self, "other"), ==, 40);
  g_assert_cmpuint (count_of (self, "victim"), ==, 10);
}

/* What it says is of the recording, and not of the consumer that found out. */
static void
is_told_until_the_next_start (Fixture *self, gconstpointer options)
{
  tst_app_go (self->other, 20);
  die_within_an_event (self->victim);
  tst_wait_until (self->service, is_torn (self));
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "consumer-restarting"));
  tst_wait_until (self->service, !tst_has_problem (self->service, self->session, "consumer-restarting"));
  g_assert_true (is_torn (self));
  end (self, "Stop");
  g_assert_cmpuint (count_of (self, "other"), ==, 20);
  g_assert_true (is_torn (self));
  tst_session_run (self->service, self->session, "Start");
  g_assert_false (is_torn (self));
}

/* Who was stopped within an event finishes it when it goes on, and nobody has lost a thing. */
static void
who_is_stopped_is_waited_for (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) frozen = start (self, "frozen");

  tst_app_go (self->other, 20);
  freeze_within_an_event (frozen);
  tst_app_go (self->other, 20);
  have_it_asked (self, frozen);
  tst_app_go (self->other, 20);
  thaw (self, frozen);
  tst_app_go (frozen, 10);
  tst_app_go (self->other, 20);
  end (self, "Stop");
  g_assert_cmpuint (self->result.lost, ==, 0);
  g_assert_cmpuint (self->result.discarded, ==, 0);
  g_assert_cmpuint (self->result.pending, ==, 0);
  g_assert_false (tst_heard (self->service, "Session.Problems", "torn-stream"));
  g_assert_cmpuint (count_of (self, "other"), ==, 80);
  g_assert_cmpuint (count_of (self, "frozen"), ==, 11);
}

/* It dies after all, and only then it is clear that nobody will finish it. */
static void
who_is_stopped_and_then_killed (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) frozen = start (self, "frozen");

  tst_app_go (frozen, 5);
  freeze_within_an_event (frozen);
  have_it_asked (self, frozen);
  g_assert_false (is_torn (self));
  tst_child_signal (frozen, SIGKILL);
  tst_wait_until (self->service, is_torn (self));
  tst_app_go (self->other, 20);
  end (self, "Stop");
  g_assert_cmpuint (self->result.lost, ==, 1);
  g_assert_cmpuint (count_of (self, "other"), ==, 20);
  g_assert_cmpuint (count_of (self, "frozen"), ==, 5);
}

/* A new life of the service may not be able to ask it any more; but it is alive, and may finish its event yet. */
static void
who_is_stopped_and_dropped_is_waited_for (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) frozen = start (self, "frozen");

  tst_app_go (self->other, 10);
  freeze_within_an_event (frozen);
  have_it_asked (self, frozen);
  tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
  /* An answer that is a promise: that the other one was asked, the next life will know, and not take for half done. */
  tst_do (self->service, self->session, "Session.EnableEvents", "('events', [('tbtest:tick', @a{sv} {})], @a{sv} {})");
  tst_service_kill (self->service);
  tst_service_start (self->service, NULL);
  tst_app_go (self->other, 10);
  for (guint i = 0; i < 10; i++)
    tst_app_run (self->service, "app-tiny", NULL); /* each has the consumer look, and all be asked */
  thaw (self, frozen);
  tst_app_go (self->other, 10);
  end (self, "Stop");
  g_assert_cmpuint (self->result.lost, ==, 0);
  g_assert_false (tst_heard (self->service, "Session.Problems", "torn-stream"));
  g_assert_cmpuint (count_of (self, "other"), ==, 30);
  g_assert_cmpuint (count_of (self, "frozen"), ==, 1);
}

/* Nobody has noticed yet: what ends everything finds it. */
static void
at_once_before_the_end (Fixture *self, gconstpointer options)
{
  tst_app_go (self->victim, 10);
  die_within_an_event (self->victim);
  self->result = tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (self->result.lost, ==, 1);
  tst_session_run (self->service, self->session, "Start");
  tst_app_go (self->other, 1000);
  end (self, "Destroy");
  assert_all_but_one_packet (self, options, 1000);
  g_assert_cmpuint (count_of (self, "victim"), ==, 10);
}

/* Where that is possible. */
static gboolean
record_on_full_disk (Fixture *self, gconstpointer options)
{
  g_autofree char *folder = tst_output (self->service, "small");
  const char *why = no_mounts;

  if (why != NULL || !tst_mount ("tmpfs", folder, 4, &why))
    {
      g_test_skip (why);
      return FALSE;
    }
  self->folder = g_steal_pointer (&folder);
  self->filler = tst_output (self->service, "small/filler");
  self->full = tst_start_recording (self->service, "small/full", options);
  self->late = start (self, "late");
  tst_fill (self->filler);
  return TRUE;
}

/* Buffers that are full of closed packets, since the disk is: the torn packet, the last one, would have said it. */
static void
what_was_discarded_before_it_is_counted (Fixture *self, gconstpointer options)
{
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;
  TstResult result;

  if (!record_on_full_disk (self, options))
    return;
  for (guint i = 0; i < 20; i++)
    {
      tst_app_go (self->late, 50);
      tst_do (self->service, self->full, "Session.Flush", "(@a{sv} {},)");
    }
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "'no-space'"));
  g_assert_cmpint (unlink (self->filler), ==, 0);
  tst_wait_until (self->service, tst_get_length (self->service, self->full, "Session.Problems") == 0);
  die_within_an_event (self->late);
  result = tst_session_run (self->service, self->full, "Stop");
  events = tst_events_lossy (self->service, "small/full", &missing);
  g_test_message ("%u recorded, %" G_GUINT64_FORMAT " discarded", events->len, result.discarded);
  g_assert_cmpuint (result.discarded, >, 0);
  g_assert_cmpuint (result.lost, ==, 1);
  g_assert_cmpuint (events->len + result.discarded, ==, 1000);
}

/* Once it is known that nobody will finish it: who has been stopped since is not waited for. */
static void
is_written_as_soon_as_there_is_room (Fixture *self, gconstpointer options)
{
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;

  if (!record_on_full_disk (self, options))
    return;
  tst_app_go (self->late, 10);
  die_within_an_event (self->late);
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "'no-space'"));
  tst_child_freeze (self->other);
  g_assert_cmpint (unlink (self->filler), ==, 0);
  tst_wait_until (self->service, !tst_has_problem (self->service, self->full, "no-space"));
  tst_child_signal (self->other, SIGCONT);
  g_assert_cmpuint (tst_session_run (self->service, self->full, "Stop").lost, ==, 1);
  events = tst_events_lossy (self->service, "small/full", &missing);
  g_assert_cmpuint (events->len, ==, 10);
}

/* Its successor finds it. */
static void
together_with_the_consumer (Fixture *self, gconstpointer options)
{
  tst_app_go (self->victim, 10);
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGSTOP), ==, 0);
  die_within_an_event (self->victim);
  tst_app_go (self->other, 10);
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  tst_wait_until (self->service, is_torn (self));
  for (guint i = 0; i < 20; i++)
    tst_app_go (self->other, 50);
  end (self, "Stop");
  assert_all_but_one_packet (self, options, 1000);
  g_assert_cmpuint (count_of (self, "victim"), ==, 10);
}

#define ADD(function, scheme)                                                                                         \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    TST_ADD ("/trace/torn/small/per-" scheme, TST_PER (scheme) SMALL, function);                                      \
    TST_ADD ("/trace/torn/overwriting/small/per-" scheme, TST_PER (scheme) SMALL OVERWRITE, function);                \
  }                                                                                                                   \
  G_STMT_END

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tst_mounts_own (&no_mounts);
  ADD (costs_one_packet, "user");
  TST_ADD ("/trace/torn/per-user", TST_PER ("user"), costs_one_packet);
  ADD (at_full_rate, "user");
  ADD (of_one_that_had_its_buffers_to_itself, "process");
  TST_ADD ("/trace/torn/per-user", TST_PER ("user"), is_told_until_the_next_start);
  ADD (who_is_stopped_is_waited_for, "user");
  ADD (who_is_stopped_and_then_killed, "user");
  ADD (at_once_before_the_end, "user");
  TST_ADD ("/trace/torn/small/per-process", TST_PER ("process") SMALL, at_once_before_the_end);
  g_test_add ("/trace/torn/small/per-process/what-was-discarded-before-it-is-counted", Fixture,
              TST_PER ("process") SMALL, set_up_without_pool, what_was_discarded_before_it_is_counted, tear_down);
  g_test_add ("/trace/torn/small/per-user/is-written-as-soon-as-there-is-room", Fixture, TST_PER ("user") SMALL,
              set_up_without_pool, is_written_as_soon_as_there_is_room, tear_down);
  ADD (together_with_the_consumer, "user");
  g_test_add ("/trace/torn/small/per-user/who-is-stopped-and-dropped-is-waited-for", Fixture,
              TST_PER ("user") SMALL, set_up_with_store, who_is_stopped_and_dropped_is_waited_for, tear_down);
  return g_test_run ();
}
