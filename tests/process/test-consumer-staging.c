/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that wait in the staging pool, because their ring is needed sooner than the disk is ready: in order, exact,
 * and not gone with the consumer. A ring of one sub-buffer never has time, so all of its packets take that way.
 */
#include "process/recording.h"
#include "support/mounts.h"
#include "support/trace.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

static const char *const without_pool[] = { "--staging-pool=0", NULL };
static const char *const small_pool[] = { "--staging-pool=1", NULL }; /* sixteen packets */
static const TstShape hurried = { .num_subbuf = 1, .subbuf_size = 16384 };
static const TstShape small = { .num_subbuf = 4, .subbuf_size = 4096 };
static const TstShape poor = { .num_subbuf = 1, .subbuf_size = 16384, .arguments = without_pool };
static const TstShape cramped = { .num_subbuf = 1, .subbuf_size = 16384, .megabytes = 4 };
static const TstShape cramped_and_poor = {
  .num_subbuf = 1, .subbuf_size = 16384, .megabytes = 4, .arguments = small_pool,
};
static const TwCounters nothing = { .channel = TST_CHANNEL };
static const char *no_mounts;

static TwCounters
flush (TstRecording *f)
{
  return tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
}

static TwCounters
stop (TstRecording *f)
{
  tst_tracer_stop (f->tracer);
  return tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
}

static void
assert_exact (TstRecording *f, guint emitted, const TwCounters *counters)
{
  guint recorded = tst_recording_count_lossy (f);

  g_test_message ("%u emitted, %u recorded, %" G_GUINT64_FORMAT " discarded, %" G_GUINT64_FORMAT " packets", emitted,
                  recorded, counters->events_discarded, counters->packets_written);
  g_assert_cmpuint (recorded + counters->events_discarded, ==, emitted);
  g_assert_cmpuint (counters->packets_lost, ==, 0);
  g_assert_cmpuint (counters->bytes_dropped, ==, 0);
}

static void
writes_all_that_was_taken_before_it_answers (TstRecording *f, gconstpointer data)
{
  TwCounters counters;
  guint n = 0;

  tst_recording_start (f, "app-idle", NULL, NULL);
  for (guint i = 0; i < 6; i++)
    {
      tst_recording_emit (f, 5000);
      counters = flush (f);
      assert_exact (f, n += 5000, &counters);
    }
  counters = stop (f);
  assert_exact (f, n, &counters);
}

static void
fill (TstRecording *f)
{
  g_autofree char *filler = g_build_filename (f->output, "filler", NULL);

  tst_fill (filler);
}

static void
make_room (TstRecording *f)
{
  g_autofree char *filler = g_build_filename (f->output, "filler", NULL);

  g_assert_cmpint (g_unlink (filler), ==, 0);
}

/* As many packets; each is taken from its ring when this returns. */
static void
emit_packets (TstRecording *f, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      tst_recording_emit (f, 100);
      (void) flush (f);
    }
}

static void
begin_on_a_full_disk (TstRecording *f)
{
  tst_recording_start (f, "app-idle", NULL, NULL);
  emit_packets (f, 1);
  fill (f);
}

static void
outlives_the_consumer (TstRecording *f, gconstpointer data)
{
  guint before;

  begin_on_a_full_disk (f);
  emit_packets (f, 49);
  before = tst_recording_count_lossy (f);
  g_assert_cmpuint (before, <, 4000);
  for (guint i = 0; i < 3; i++)
    (void) tst_recording_replace_consumer (f, &nothing, FALSE);
  emit_packets (f, 10);
  make_room (f);
  (void) tst_recording_replace_consumer (f, &nothing, FALSE);
  emit_packets (f, 10);
  (void) stop (f);
  tst_recording_assert_ticks (f, 7000);
}

/* Its successor is kept waiting, as by another disk, before it hears whose it is. With TRACEBUS_LONG, for a minute. */
static void
waits_for_a_successor_that_is_kept_waiting (TstRecording *f, gconstpointer data)
{
  const gulong seconds = g_getenv ("TRACEBUS_LONG") != NULL ? 65 : 0;

  begin_on_a_full_disk (f);
  emit_packets (f, 49);
  make_room (f);
  tst_rig_kill_and_replace (f->rig);
  g_assert_cmpint (kill (f->rig->pid, SIGSTOP), ==, 0);
  g_usleep (seconds * G_USEC_PER_SEC);
  g_assert_cmpint (kill (f->rig->pid, SIGCONT), ==, 0);
  tst_rig_hello (f->rig); /* it is through with what was due */
  tst_recording_go_on (f, &nothing, FALSE);
  (void) stop (f);
  tst_recording_assert_ticks (f, 5000);
}

static void
counts_every_event_however_often_it_is_killed (TstRecording *f, gconstpointer data)
{
  enum { N = 400000, KILLS = 10 };
  TwCounters counters = nothing;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_child_say (f->app, "go %u", N);
  for (guint i = 0; i < KILLS; i++)
    {
      (void) tst_recording_replace_consumer (f, &counters, FALSE);
      counters = flush (f);
    }
  g_free (tst_child_wait_line (f->app, "done"));
  (void) tst_recording_replace_consumer (f, &counters, FALSE);
  counters = stop (f);
  assert_exact (f, N, &counters);
}

static void
outlives_the_consumer_of_a_stopped_session (TstRecording *f, gconstpointer data)
{
  TwCounters counters;

  begin_on_a_full_disk (f);
  emit_packets (f, 49);
  tst_tracer_stop (f->tracer);
  kill (f->rig->pid, SIGKILL);
  make_room (f);
  (void) tst_recording_replace_consumer (f, &nothing, TRUE);
  counters = flush (f);
  g_assert_cmpuint (counters.events_discarded, ==, 0);
  tst_recording_assert_ticks (f, 5000);
}

/* What was taken out of rings that nobody goes on with is no less lost; @add_set: they have a set to be in. */
static void
counts_what_is_left (TstRecording *f, gboolean add_set)
{
  const TwAdoption adoption = { .channel = f->channel->config, .counted = nothing };
  guint n = f->channel->n_streams;
  g_autofree int *fds = g_new (int, 2 * n);
  TwWriter body = { 0 };
  TwCounters counters;
  TwMessage message;

  begin_on_a_full_disk (f);
  emit_packets (f, 49);
  tst_rig_kill_and_replace (f->rig);
  g_free (tst_rig_open_output (f->rig, TST_SESSION));
  if (add_set)
    tst_rig_add_set (f->rig, TST_SESSION, TST_SET, 0, f->log);
  for (guint i = 0; i < n; i++)
    {
      fds[i] = f->log->fd;
      fds[n + i] = f->channel->stream_wait[i];
    }
  tw_put_adoption (&body, &adoption);
  tst_rig_wait_reply (f->rig, tst_rig_send (f->rig, TW_ADOPT_CHANNEL, &body, fds, 2 * n), &message);
  g_assert_cmpuint (message.status, !=, 0);
  tw_message_clear (&message);
  tst_rig_wait_event (f->rig, TW_COUNTERS, &message);
  counters = tst_counters (&message);
  tw_message_clear (&message);
  g_assert_cmpuint (counters.channel, ==, TST_CHANNEL);
  g_assert_cmpuint (counters.packets_lost, >=, 30); /* some were written before the disk was full to the last page */
  g_assert_cmpuint (counters.packets_lost, <=, 50);
  g_assert_cmpuint (counters.bytes_dropped, >=, counters.packets_lost * 4096);
}

/* Its rings are not what they were. */
static void
counts_what_is_left_of_buffers_that_are_given_up (TstRecording *f, gconstpointer data)
{
  counts_what_is_left (f, TRUE);
}

/* It is refused before its rings are looked at. */
static void
counts_what_is_left_of_buffers_whose_set_is_missing (TstRecording *f, gconstpointer data)
{
  counts_what_is_left (f, FALSE);
}

/* Ring, pool and disk are all full, for a while. */
static void
counts_what_nothing_had_room_for (TstRecording *f, gconstpointer data)
{
  TwCounters counters;

  begin_on_a_full_disk (f);
  emit_packets (f, 49);
  tst_recording_emit (f, 20000);
  make_room (f);
  counters = flush (f);
  emit_packets (f, 10);
  counters = stop (f);
  assert_exact (f, 26000, &counters);
  g_assert_cmpuint (counters.events_discarded, >, 0);
}

static void
drops_at_a_stop_what_cannot_be_written (TstRecording *f, gconstpointer data)
{
  TwCounters counters;
  guint recorded;

  begin_on_a_full_disk (f);
  emit_packets (f, 199); /* more than the reserves of all files */
  counters = stop (f);
  g_assert_cmpuint (counters.bytes_dropped, >, 0);
  /* What each flush had to leave undone was waited for, too. */
  g_assert_cmpuint (flush (f).bytes_dropped, ==, counters.bytes_dropped);
  recorded = tst_recording_count_lossy (f);
  g_assert_cmpuint (recorded, <, 20000);
  g_assert_cmpuint (counters.packets_lost, >, 0);
  g_assert_cmpuint (recorded + 100 * counters.packets_lost, >=, 20000); /* no packet has more */
  make_room (f);
  (void) flush (f);
  g_assert_cmpuint (tst_recording_count_lossy (f), ==, recorded);
}

static void
tells_of_a_hang_up_when_all_is_written (TstRecording *f, gconstpointer data)
{
  TwMessage event;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_channel_close_write_ends (f->channel);
  tst_recording_emit (f, 300);
  tst_child_finish (f->app);
  tst_rig_wait_event (f->rig, TW_HANGUP, &event);
  tw_message_clear (&event);
  tst_recording_assert_ticks (f, 300);
}

/* Such a ring is read no more. The files stay the writer's until it is done with what was taken before. */
static void
writes_at_the_end_what_was_taken_from_a_ring_that_is_spoilt (TstRecording *f, gconstpointer data)
{
  TwMessage event;
  guint before;

  begin_on_a_full_disk (f);
  emit_packets (f, 49);
  before = tst_recording_count_lossy (f);
  for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
    g_assert_cmpint (pwrite (f->channel->memory[cpu], "spoilt", 6, 16), ==, 6);
  (void) flush (f);
  tst_channel_close_write_ends (f->channel);
  tst_child_finish (f->app);
  tst_rig_wait_event (f->rig, TW_HANGUP, &event);
  tw_message_clear (&event);
  g_assert_cmpuint (tst_recording_count_lossy (f), >, before); /* into the reserve */
}

/* Its successor finds a gap, of which it was told. */
static void
counts_once_what_was_dropped_before_it_was_killed (TstRecording *f, gconstpointer data)
{
  TwCounters before, after;

  begin_on_a_full_disk (f);
  emit_packets (f, 199);
  before = stop (f);
  g_assert_cmpuint (before.packets_lost, >, 0);
  make_room (f);
  after = tst_recording_replace_consumer (f, &before, TRUE);
  g_assert_cmpuint (after.packets_lost, ==, before.packets_lost);
  tst_rig_ask_key (f->rig, TW_RESUME, TST_SESSION, 0, NULL);
  tst_tracer_start_again (f->tracer);
  emit_packets (f, 10);
  after = stop (f);
  g_assert_cmpuint (after.packets_written, >, before.packets_written);
  g_assert_cmpuint (after.packets_lost, ==, before.packets_lost);
}

static void
add (const char *name, const TstShape *shape, void (*func) (TstRecording *, gconstpointer))
{
  g_autofree char *path = g_strconcat ("/consumer/staging/", name, NULL);

  if (shape->megabytes == 0 || no_mounts == NULL)
    g_test_add (path, TstRecording, shape, tst_recording_set_up, func, tst_recording_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!tst_mounts_own (&no_mounts))
    g_test_message ("left out what needs a disk of its own: %s", no_mounts);
  add ("writes-all-that-was-taken-before-it-answers", &hurried, writes_all_that_was_taken_before_it_answers);
  add ("writes-all-that-was-taken-before-it-answers/without-a-pool", &poor,
       writes_all_that_was_taken_before_it_answers);
  add ("counts-every-event-however-often-it-is-killed", &hurried, counts_every_event_however_often_it_is_killed);
  add ("counts-every-event-however-often-it-is-killed/some", &small, counts_every_event_however_often_it_is_killed);
  add ("outlives-the-consumer", &cramped, outlives_the_consumer);
  add ("waits-for-a-successor-that-is-kept-waiting", &cramped, waits_for_a_successor_that_is_kept_waiting);
  add ("outlives-the-consumer-of-a-stopped-session", &cramped, outlives_the_consumer_of_a_stopped_session);
  add ("counts-what-is-left-of-buffers-that-are-given-up", &cramped, counts_what_is_left_of_buffers_that_are_given_up);
  add ("counts-what-is-left-of-buffers-whose-set-is-missing", &cramped,
       counts_what_is_left_of_buffers_whose_set_is_missing);
  add ("counts-what-nothing-had-room-for", &cramped_and_poor, counts_what_nothing_had_room_for);
  add ("drops-at-a-stop-what-cannot-be-written", &cramped, drops_at_a_stop_what_cannot_be_written);
  add ("counts-once-what-was-dropped-before-it-was-killed", &cramped,
       counts_once_what_was_dropped_before_it_was_killed);
  add ("tells-of-a-hang-up-when-all-is-written", &hurried, tells_of_a_hang_up_when_all_is_written);
  add ("writes-at-the-end-what-was-taken-from-a-ring-that-is-spoilt", &cramped,
       writes_at_the_end_what_was_taken_from_a_ring_that_is_spoilt);
  return g_test_run ();
}
