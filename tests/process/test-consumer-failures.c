/* SPDX-License-Identifier: GPL-2.0-only */
/* What is left of a trace when something dies, overflows or runs full, or somebody is hostile. */
#define _GNU_SOURCE
#include "process/recording.h"
#include "support/trace.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const TstShape switching = { .switch_us = 5000, .metadata_us = 20000 };
static const TstShape plain = { 0 };
static const TstShape small = { .num_subbuf = 2, .subbuf_size = 4096 };
static const TstShape overwriting = { .num_subbuf = 2, .subbuf_size = 4096, .overwrite = 1 };

static void
leaves_a_readable_trace_when_killed (TstRecording *f, gconstpointer data)
{
  TwCounters counters;

  tst_recording_start (f, "app-paced", "0", "20");
  /* Wait for a few packets, then kill it in the middle of the next. */
  do
    counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  while (counters.packets_written < 20);
  kill (f->rig->pid, SIGKILL);
  tst_rig_wait_exit (f->rig);
  g_assert_cmpuint (tst_babeltrace_live (f->output), >, 0);
}

static void
drains_everything_when_the_service_hangs_up (TstRecording *f, gconstpointer data)
{
  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 3000);
  tst_rig_hang_up (f->rig);
  tst_rig_wait_exit (f->rig);
  g_assert_cmpint (f->rig->status, ==, 0);
  tst_recording_assert_ticks (f, 3000);
}

static void
drains_everything_when_its_app_dies (TstRecording *f, gconstpointer data)
{
  TwMessage event, reply;
  TwCounters counters;
  TwReader in;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_channel_close_write_ends (f->channel); /* per process: only the app holds them */
  tst_recording_emit (f, 3000);
  tst_child_signal (f->app, SIGKILL);
  tst_rig_wait_event (f->rig, TW_HANGUP, &event);
  in = tst_reader (&event);
  g_assert_cmpuint (tw_get_u64 (&in), ==, TST_CHANNEL);
  tw_message_clear (&event);
  tst_recording_assert_ticks (f, 3000);
  tst_rig_ask_key (f->rig, TW_CLOSE_CHANNEL, TST_CHANNEL, 0, &reply);
  counters = tst_counters (&reply);
  tw_message_clear (&reply);
  g_assert_cmpuint (counters.packets_written, >, 0);
  tst_rig_ask_key (f->rig, TW_CLOSE_SET, TST_SET, 0, NULL);
  tst_recording_assert_ticks (f, 3000);
}

/* The consumer has stopped, with all its threads, when it returns. */
static void
freeze (TstRecording *f)
{
  siginfo_t info;

  kill (f->rig->pid, SIGSTOP);
  g_assert_cmpint (waitid (P_PID, (id_t) f->rig->pid, &info, WSTOPPED), ==, 0);
}

static void
accounts_for_every_event (TstRecording *f, gconstpointer data)
{
  TwCounters counters;

  tst_recording_start (f, "app-idle", NULL, NULL);
  freeze (f); /* nobody drains: 2 x 4096 bytes overflow */
  tst_recording_emit (f, 5000);
  kill (f->rig->pid, SIGCONT);
  tst_tracer_stop (f->tracer);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  g_assert_cmpuint (counters.packets_lost, ==, 0);
  g_assert_cmpuint (counters.events_discarded, >, 0);
  g_assert_cmpuint (counters.events_discarded + tst_recording_count_lossy (f), ==, 5000);
}

static void
counts_packets_that_were_overwritten (TstRecording *f, gconstpointer data)
{
  TwCounters counters;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 10);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  freeze (f);
  tst_recording_emit (f, 5000);
  kill (f->rig->pid, SIGCONT);
  tst_tracer_stop (f->tracer);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  g_assert_cmpuint (counters.packets_lost, >, 0);
  g_assert_cmpuint (counters.events_discarded, ==, 0);
  g_assert_cmpuint (tst_recording_count_lossy (f), <, 5000);
}

static TwProblem
wait_problem (TstRecording *f, const char *code, gboolean active)
{
  for (;;)
    {
      TwMessage event;
      TwProblem problem;
      TwReader in;
      gboolean found;

      tst_rig_wait_event (f->rig, TW_PROBLEM, &event);
      in = tst_reader (&event);
      g_assert_true (tw_get_problem (&in, &problem));
      found = strcmp (problem.code, code) == 0 && problem.active == active;
      g_assert_cmpuint (problem.session, ==, TST_SESSION);
      g_assert_cmpstr (problem.message, !=, "");
      tw_message_clear (&event);
      problem.code = problem.message = NULL;
      if (found)
        return problem;
    }
}

static void
set_file_limit (TstRecording *f, rlim_t bytes)
{
  const struct rlimit limit = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

  g_assert_cmpint (prlimit (f->rig->pid, RLIMIT_FSIZE, &limit, NULL), ==, 0);
}

/* Nothing of it is in the file then, and it is written when there is room. */
static void
keeps_what_it_cannot_write_whole (TstRecording *f, gconstpointer data)
{
  TwCounters counters;
  TwProblem problem;
  guint n;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 100);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  /* A full disk, as far as it can be had without one: the next packet fits in part. */
  set_file_limit (f, 4096 + 4096 + 2048);
  tst_recording_emit (f, 6000);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  problem = wait_problem (f, "write-failed", TRUE);
  g_assert_cmpuint (problem.errnum, ==, EFBIG);
  n = tst_recording_count_lossy (f);
  g_assert_cmpuint (n, >=, 100);
  g_assert_cmpuint (n, <, 6100);
  /* It goes on as soon as there is room. */
  set_file_limit (f, RLIM_INFINITY);
  tst_recording_emit (f, 3000);
  tst_tracer_stop (f->tracer);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  (void) wait_problem (f, "write-failed", FALSE);
  g_assert_cmpuint (counters.bytes_dropped, ==, 0);
  g_assert_cmpuint (tst_recording_count_lossy (f) + counters.events_discarded, ==, 9100);
}

static int
remove_entry (const char *path, const struct stat *info, int type, struct FTW *ftw)
{
  return remove (path);
}

static void
tells_that_its_output_was_removed (TstRecording *f, gconstpointer data)
{
  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 100);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  g_assert_cmpint (nftw (f->output, remove_entry, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
  tst_recording_emit (f, 100);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  (void) wait_problem (f, "output-gone", TRUE);
}

/* Every packet that is in the memory of @cpu's stream, begun or done, now claims to be larger than its sub-buffer. */
static void
scribble (TstRecording *f, guint cpu)
{
  static const guint8 magic[] = { 0xc1, 0x1f, 0xfc, 0xc1 };
  const guint64 bits = 4 * 65536 * 8;
  guint8 *memory = mmap (NULL, f->channel->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, f->channel->memory[cpu], 0);

  g_assert_true (memory != MAP_FAILED);
  for (gsize at = 0; at + 4096 <= f->channel->memory_size; at += 4096)
    if (memcmp (memory + at, magic, sizeof magic) == 0)
      {
        memcpy (memory + at + 4, "scribble", 8);
        memcpy (memory + at + 56, &bits, sizeof bits);
      }
  munmap (memory, f->channel->memory_size);
}

/* Apps can write to their rings what they like: it must not reach the files, nor end the reading of the rest. */
static void
skips_what_is_no_packet (TstRecording *f, gconstpointer data)
{
  TwCounters counters;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 100);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  tst_recording_emit (f, 100);
  for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
    scribble (f, cpu);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  g_assert_cmpuint (counters.bytes_dropped, >, 0);
  (void) wait_problem (f, "torn-stream", TRUE);
  tst_recording_emit (f, 100);
  tst_tracer_stop (f->tracer);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  g_assert_cmpuint (tst_recording_count_lossy (f), ==, 200);
}

/* Where it is there, and not too small for that. */
static void
cut (const char *path, off_t bytes, off_t at_least)
{
  struct stat about;

  if (stat (path, &about) == 0 && about.st_size >= at_least)
    g_assert_cmpint (truncate (path, about.st_size - bytes), ==, 0);
}

/* Where there are two, the last one, which is a page, is not written yet. */
static void
cut_second_packets (TstRecording *f)
{
  enum { INDEX_HEADER = 16, INDEX_ENTRY = 72, PAGE = 4096 };

  for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
    {
      g_autofree char *file = g_strdup_printf ("%s/ust/uid/0/64-bit/chan_%u", f->output, cpu);
      g_autofree char *index = g_strdup_printf ("%s/ust/uid/0/64-bit/index/chan_%u.idx", f->output, cpu);

      cut (file, PAGE, 2 * PAGE);
      cut (index, INDEX_ENTRY, INDEX_HEADER + 2 * INDEX_ENTRY);
    }
}

/* What was certain of a packet was written, and the ring had it as read but for the last step, when its mender died. */
static void
loses_a_torn_packet_once (TstRecording *f, gconstpointer data)
{
  TwMessage event;
  TwCounters counters;

  tst_recording_start (f, "app-torn", "victim", NULL);
  tst_recording_emit (f, 10);
  tst_channel_close_write_ends (f->channel);
  tst_child_say (f->app, "raise %d", SIGKILL);
  g_assert_cmpint (tst_child_wait (f->app), ==, SIGKILL);
  tst_rig_wait_event (f->rig, TW_HANGUP, &event);
  tw_message_clear (&event);
  cut_second_packets (f);
  tst_recording_unread_last_packets (f);
  tst_recording_unread_last_packets (f);
  tst_recording_replace_consumer (f, &(TwCounters) { .channel = TST_CHANNEL }, TRUE);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  g_assert_cmpuint (counters.packets_lost, ==, 1);
  g_assert_cmpuint (counters.bytes_dropped, ==, 0);
  g_assert_cmpuint (tst_recording_count_lossy (f), ==, 10);
}

/* Where there is one. */
static void
rename_in (const char *folder, const char *old, const char *new)
{
  g_autofree char *from = g_build_filename (folder, old, NULL);
  g_autofree char *to = g_build_filename (folder, new, NULL);

  g_assert_true (rename (from, to) == 0 || errno == ENOENT);
}

/* The files chan_N@from, and their indexes, are called chan_N@to from now on. */
static void
rename_files (TstRecording *f, const char *from, const char *to)
{
  g_autofree char *folder = g_build_filename (f->output, "ust/uid/0/64-bit", NULL);
  g_autofree char *indexes = g_build_filename (folder, "index", NULL);

  for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
    {
      g_autofree char *old = g_strdup_printf ("chan_%u%s", cpu, from);
      g_autofree char *new = g_strdup_printf ("chan_%u%s", cpu, to);
      g_autofree char *old_index = g_strconcat (old, ".idx", NULL);
      g_autofree char *new_index = g_strconcat (new, ".idx", NULL);

      rename_in (folder, old, new);
      rename_in (indexes, old_index, new_index);
    }
}

/* It was away, another file was begun meanwhile, and now both are there. */
static void
goes_on_with_the_last_file_where_an_older_one_came_back (TstRecording *f, gconstpointer data)
{
  TwCounters counters;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  tst_rig_freeze (f->rig);
  rename_files (f, "", "-away");
  counters = tst_recording_replace_consumer (f, &counters, FALSE);
  tst_recording_emit (f, 1000);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  tst_rig_freeze (f->rig);
  rename_files (f, "", ".1");
  rename_files (f, "-away", "");
  counters = tst_recording_replace_consumer (f, &counters, FALSE);
  tst_recording_emit (f, 1000);
  tst_tracer_stop (f->tracer);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  g_assert_cmpuint (counters.packets_lost, ==, 0);
  tst_recording_assert_ticks (f, 3000);
}

static void
does_not_touch_a_trace_that_was_there_before (TstRecording *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->output, "ust/uid/0/64-bit/chan_0", NULL);
  g_autofree char *other = g_build_filename (f->output, "ust/uid/0/64-bit/chan_0.1", NULL);
  g_autofree char *content = NULL;

  g_assert_true (g_file_set_contents (path, "precious", -1, NULL));
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  tst_rig_ask_key (f->rig, TW_CLOSE_SET, TST_SET, 0, NULL);
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "precious");
  g_assert_true (g_file_test (other, G_FILE_TEST_EXISTS));
}

/* Killed when it had just made its files anew, since those from before are gone with their output. */
static void
counts_nothing_as_lost_where_a_file_was_only_made (TstRecording *f, gconstpointer data)
{
  TwCounters nothing = { 0 }, counters;

  tst_recording_start (f, "app-idle", NULL, NULL);
  for (guint i = 0; i < 5; i++)
    {
      tst_recording_emit (f, 100);
      (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
    }
  kill (f->rig->pid, SIGKILL);
  for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
    {
      g_autofree char *file = g_strdup_printf ("%s/ust/uid/0/64-bit/chan_%u", f->output, cpu);

      g_assert_true (g_file_set_contents (file, "", 0, NULL));
    }
  tst_recording_replace_consumer (f, &nothing, FALSE);
  tst_recording_emit (f, 100);
  tst_tracer_stop (f->tracer);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  g_assert_cmpuint (counters.packets_lost, ==, 0);
}

static void
add (const char *name, const TstShape *shape, void (*func) (TstRecording *, gconstpointer))
{
  g_autofree char *path = g_strconcat ("/consumer/failures/", name, NULL);

  g_test_add (path, TstRecording, shape, tst_recording_set_up, func, tst_recording_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("leaves-a-readable-trace-when-killed", &switching, leaves_a_readable_trace_when_killed);
  add ("drains-everything-when-the-service-hangs-up", &plain, drains_everything_when_the_service_hangs_up);
  add ("drains-everything-when-its-app-dies", &plain, drains_everything_when_its_app_dies);
  add ("accounts-for-every-event", &small, accounts_for_every_event);
  add ("counts-packets-that-were-overwritten", &overwriting, counts_packets_that_were_overwritten);
  add ("keeps-what-it-cannot-write-whole", &plain, keeps_what_it_cannot_write_whole);
  add ("tells-that-its-output-was-removed", &plain, tells_that_its_output_was_removed);
  add ("skips-what-is-no-packet", &plain, skips_what_is_no_packet);
  add ("loses-a-torn-packet-once", &plain, loses_a_torn_packet_once);
  add ("goes-on-with-the-last-file-where-an-older-one-came-back", &plain,
       goes_on_with_the_last_file_where_an_older_one_came_back);
  add ("counts-nothing-as-lost-where-a-file-was-only-made", &plain, counts_nothing_as_lost_where_a_file_was_only_made);
  add ("does-not-touch-a-trace-that-was-there-before", &plain, does_not_touch_a_trace_that_was_there_before);
  return g_test_run ();
}
