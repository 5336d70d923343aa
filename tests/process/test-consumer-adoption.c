/* SPDX-License-Identifier: GPL-2.0-only */
/* A consumer is killed, and the next one goes on with its rings and its files: apps notice nothing, nothing is lost. */
#define _GNU_SOURCE
#include "process/recording.h"
#include "support/leak.h"
#include "support/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const TstShape plain = { 0 };
static const TstShape small = { .num_subbuf = 2, .subbuf_size = 4096 };
static const TstShape switching = { .switch_us = 2000 };
static const TstShape polled = { .num_subbuf = 8, .read_us = 1000 };
static const TstShape overwriting = { .num_subbuf = 4, .subbuf_size = 4096, .overwrite = 1 };
static const TwCounters nothing = { .channel = TST_CHANNEL };

static TwCounters
stop (TstRecording *f)
{
  tst_tracer_stop (f->tracer);
  return tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
}

static TwCounters
flush (TstRecording *f)
{
  return tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
}

static void
goes_on_where_it_was (TstRecording *f, gconstpointer data)
{
  TwCounters before, adopted, after;
  guint n_files;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  before = flush (f);
  tst_recording_emit (f, 500);
  adopted = tst_recording_replace_consumer (f, &nothing, FALSE);
  g_assert_cmpuint (adopted.packets_written, ==, before.packets_written);
  g_assert_cmpuint (adopted.bytes_written, ==, before.bytes_written);
  tst_recording_emit (f, 1500);
  after = stop (f);
  g_assert_cmpuint (after.packets_lost, ==, 0);
  g_assert_cmpuint (after.events_discarded, ==, 0);
  g_assert_cmpuint (after.bytes_dropped, ==, 0);
  g_assert_cmpuint (after.bytes_written, ==, tst_recording_data_size (f, &n_files));
  g_assert_cmpuint (n_files, ==, f->channel->n_streams);
  tst_recording_assert_ticks (f, 3000);
}

/* Ten deaths at whatever it happens to be doing: reading, writing, letting go. */
static void
counts_every_event_however_often_it_is_killed (TstRecording *f, gconstpointer data)
{
  enum { N = 100000, KILLS = 10 };
  const TstShape *shape = data;
  TwCounters counters = nothing;
  guint recorded;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_child_say (f->app, "go %u", N);
  for (guint i = 0; i < KILLS; i++)
    {
      TwCounters adopted = tst_recording_replace_consumer (f, &counters, FALSE);

      g_assert_cmpuint (adopted.packets_written, >=, counters.packets_written);
      g_assert_cmpuint (adopted.events_discarded, >=, counters.events_discarded);
      counters = flush (f);
    }
  g_free (tst_child_wait_line (f->app, "done"));
  tst_recording_replace_consumer (f, &counters, FALSE);
  counters = stop (f);
  recorded = tst_recording_count_lossy (f);
  g_test_message ("%u recorded, %" G_GUINT64_FORMAT " discarded, %" G_GUINT64_FORMAT " packets lost", recorded,
                  counters.events_discarded, counters.packets_lost);
  g_assert_cmpuint (counters.bytes_dropped, ==, 0);
  if (shape->overwrite)
    {
      g_assert_cmpuint (counters.events_discarded, ==, 0);
      g_assert_cmpuint (recorded, <=, N);
      return;
    }
  g_assert_cmpuint (counters.packets_lost, ==, 0);
  g_assert_cmpuint (recorded + counters.events_discarded, ==, N);
}

/* The tracer counts what it discards in the ring, and puts it into a packet's header when the packet is closed. */
static void
outlives_app_and_consumer (TstRecording *f, const char *name)
{
  TwMessage event;
  TwCounters counters;

  tst_recording_start (f, "app-idle", name, NULL);
  tst_channel_close_write_ends (f->channel);
  tst_recording_emit (f, 10);
  (void) flush (f);
  tst_rig_freeze (f->rig); /* its ring overflows from here on */
  tst_recording_emit (f, 5000);
  tst_child_signal (f->app, SIGKILL);
  tst_child_wait (f->app);
  tst_recording_replace_consumer (f, &nothing, FALSE);
  tst_rig_wait_event (f->rig, TW_HANGUP, &event);
  tw_message_clear (&event);
  counters = flush (f);
  g_assert_cmpuint (counters.events_discarded, >, 0);
  g_assert_cmpuint (tst_recording_count_lossy (f) + counters.events_discarded, ==, 5010);
}

static void
closes_the_last_packet_of_apps_that_are_gone (TstRecording *f, gconstpointer data)
{
  outlives_app_and_consumer (f, "idle");
}

/* With events of 17 bytes: then a packet of 4096 has no byte left, and the tracer has begun no other. */
static void
counts_what_full_packets_had_no_room_for (TstRecording *f, gconstpointer data)
{
  outlives_app_and_consumer (f, "ab");
}

static void
hears_of_an_app_that_goes_later (TstRecording *f, gconstpointer data)
{
  TwMessage event;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_channel_close_write_ends (f->channel);
  tst_recording_emit (f, 1000);
  tst_recording_replace_consumer (f, &nothing, FALSE);
  tst_recording_emit (f, 1000);
  g_assert_cmpuint (tst_rig_count_events (f->rig, TW_HANGUP), ==, 0);
  tst_child_finish (f->app);
  tst_rig_wait_event (f->rig, TW_HANGUP, &event);
  tw_message_clear (&event);
  tst_recording_assert_ticks (f, 2000);
}

/* The ring's memory, as an app has it. */
static guint8 *
map_ring (TstRecording *f, guint cpu)
{
  guint8 *memory = mmap (NULL, f->channel->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, f->channel->memory[cpu], 0);

  g_assert_true (memory != MAP_FAILED);
  return memory;
}

static void
does_not_write_a_packet_twice (TstRecording *f, gconstpointer data)
{
  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  (void) flush (f);
  tst_recording_unread_last_packets (f);
  tst_recording_replace_consumer (f, &nothing, FALSE);
  tst_recording_emit (f, 1000);
  g_assert_cmpuint (stop (f).packets_lost, ==, 0);
  tst_recording_assert_ticks (f, 2000);
}

/* Empties the last packet of each file: what a reader sees while a packet is being written page by page. */
static void
hollow_last_packets (TstRecording *f)
{
  enum { AT_CONTENT = 48, AT_PACKET = 56, HEADER = 84 };

  for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
    {
      g_autofree char *name = g_strdup_printf ("chan_%u", cpu);
      g_autofree char *path = g_build_filename (f->output, TST_RECORDING_FOLDER, name, NULL);
      g_autofree char *content = NULL;
      const guint64 empty = HEADER * 8;
      gsize size, at = 0;
      int fd;

      g_assert_true (g_file_get_contents (path, &content, &size, NULL));
      for (;;)
        {
          guint64 bits;

          memcpy (&bits, content + at + AT_PACKET, sizeof bits);
          if (at + bits / 8 >= size)
            break;
          at += bits / 8;
        }
      fd = open (path, O_WRONLY | O_CLOEXEC);
      g_assert_cmpint (pwrite (fd, &empty, sizeof empty, at + AT_CONTENT), ==, sizeof empty);
      close (fd);
    }
}

static void
writes_what_was_only_begun (TstRecording *f, gconstpointer data)
{
  TwCounters before, after;
  guint n_files;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 3000);
  before = flush (f);
  tst_recording_unread_last_packets (f);
  kill (f->rig->pid, SIGKILL);
  hollow_last_packets (f);
  tst_recording_replace_consumer (f, &nothing, TRUE);
  after = flush (f);
  g_assert_cmpuint (after.packets_written, ==, before.packets_written);
  g_assert_cmpuint (after.bytes_written, ==, before.bytes_written);
  tst_rig_ask_key (f->rig, TW_RESUME, TST_SESSION, 0, NULL);
  tst_recording_emit (f, 1000);
  after = stop (f);
  g_assert_cmpuint (after.packets_lost, ==, 0);
  g_assert_cmpuint (after.bytes_written, ==, tst_recording_data_size (f, &n_files));
  tst_recording_assert_ticks (f, 4000);
}

static void
adds_no_packet_to_what_is_stopped (TstRecording *f, gconstpointer data)
{
  TwCounters before, adopted, after;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  before = stop (f);
  adopted = tst_recording_replace_consumer (f, &before, TRUE);
  g_assert_cmpuint (adopted.packets_written, ==, before.packets_written);
  after = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  g_assert_cmpuint (after.packets_written, ==, before.packets_written);
  tst_rig_ask_key (f->rig, TW_RESUME, TST_SESSION, 0, NULL);
  tst_tracer_start_again (f->tracer);
  tst_recording_emit (f, 1000);
  stop (f);
  tst_recording_assert_ticks (f, 2000);
}

/* Apps can write there what they like: whatever it is, the consumer lives and answers. */
static void
survives_any_memory (TstRecording *f, gconstpointer data)
{
  enum { RECORD = 128, ROUNDS = 20 };
  g_autoptr(GRand) random = g_rand_new_with_seed (3);

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 100);
  tst_child_signal (f->app, SIGKILL);
  tst_child_wait (f->app);
  for (guint round = 0; round < ROUNDS; round++)
    {
      for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
        {
          guint8 *memory = map_ring (f, cpu);
          gsize end = round % 2 == 0 ? 1024 : f->channel->memory_size;

          for (gsize at = RECORD; at < end; at++)
            if (round % 4 < 2 || g_rand_int_range (random, 0, 16) == 0)
              memory[at] = (guint8) g_rand_int (random);
          munmap (memory, f->channel->memory_size);
        }
      tst_recording_replace_consumer (f, &nothing, FALSE);
      (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
    }
}

/* A record that is not the one of our library: nothing is touched, and the service hears of it. */
static void
refuses_what_is_no_such_ring (TstRecording *f, gconstpointer data)
{
  TwAdoption adoption = { .channel = f->channel->config, .counted = nothing };
  g_autoptr(GArray) fds = g_array_new (FALSE, FALSE, sizeof (int));
  TwMessage reply;

  tst_rig_kill_and_replace (f->rig);
  g_free (tst_rig_open_output (f->rig, TST_SESSION));
  tst_rig_add_set (f->rig, TST_SESSION, TST_SET, 0, f->log);
  g_array_append_vals (fds, f->channel->memory, f->channel->n_streams);
  g_array_append_vals (fds, f->channel->stream_wait, f->channel->n_streams);
  for (guint i = 0; i < 4; i++)
    {
      TwWriter body = { 0 };
      guint8 *memory = map_ring (f, f->channel->n_streams - 1);
      guint64 serial;

      adoption.channel = f->channel->config;
      adoption.channel.num_subbuf = i == 0 ? 8 : f->channel->config.num_subbuf;
      adoption.channel.overwrite = i == 1;
      adoption.channel.set = i == 2 ? TST_SET + 1 : TST_SET;
      memory[20] ^= i == 3;
      tw_put_adoption (&body, &adoption);
      serial = tst_rig_send (f->rig, TW_ADOPT_CHANNEL, &body, (int *) (gpointer) fds->data, fds->len);
      tst_rig_wait_reply (f->rig, serial, &reply);
      g_assert_cmpuint (reply.status, ==, i == 2 ? ENOENT : EINVAL);
      tw_message_clear (&reply);
      memory[20] ^= i == 3;
      munmap (memory, f->channel->memory_size);
    }
  /* Not one descriptor or mapping of it is left, and the right one is taken then. */
  tst_rig_adopt_channel (f->rig, f->channel, &nothing, FALSE);
}

static guint
count_mappings (TstRecording *f)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/maps", f->rig->pid);
  g_autofree char *text = NULL;
  guint n = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (const char *at = text; (at = strstr (at, "memfd:")) != NULL; at++)
    n += !g_str_has_prefix (at, "memfd:tracebus-staging");
  return n;
}

static void
leaves_nothing_open (TstRecording *f, gconstpointer data)
{
  guint n_fds;

  tst_rig_kill_and_replace (f->rig);
  n_fds = tst_fd_count (f->rig->pid);
  for (guint i = 0; i < 3; i++)
    {
      g_free (tst_rig_open_output (f->rig, TST_SESSION));
      tst_rig_add_set (f->rig, TST_SESSION, TST_SET, 0, f->log);
      tst_rig_adopt_channel (f->rig, f->channel, &nothing, FALSE);
      /* Asked again, it says the same, and does nothing. */
      tst_rig_adopt_channel (f->rig, f->channel, &nothing, FALSE);
      tst_rig_ask_key (f->rig, TW_CLOSE_SET, TST_SET, 0, NULL);
      tst_rig_ask_key (f->rig, TW_CLOSE_OUTPUT, TST_SESSION, 0, NULL);
      g_assert_cmpuint (count_mappings (f), ==, 0);
      g_assert_cmpuint (tst_fd_count (f->rig->pid), ==, n_fds);
    }
}

/* Asked to end, it closes what is open, also where nothing was recorded yet; its writers live on. */
static void
loses_nothing_where_a_consumer_left_before_the_first_event (TstRecording *f, gconstpointer data)
{
  TwCounters counters = { 0 };

  tst_recording_start (f, "app-idle", NULL, NULL);
  g_assert_cmpint (kill (f->rig->pid, SIGTERM), ==, 0);
  tst_rig_wait_exit (f->rig);
  counters = tst_recording_replace_consumer (f, &counters, FALSE);
  tst_recording_emit (f, 1000);
  tst_tracer_stop (f->tracer);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  g_assert_cmpuint (counters.packets_lost, ==, 0);
  tst_recording_assert_ticks (f, 1000);
}

static void
add (const char *name, const TstShape *shape, void (*func) (TstRecording *, gconstpointer))
{
  g_autofree char *path = g_strconcat ("/consumer/adoption/", name, NULL);

  g_test_add (path, TstRecording, shape, tst_recording_set_up, func, tst_recording_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("goes-on-where-it-was", &plain, goes_on_where_it_was);
  add ("goes-on-where-it-was/read-by-timer", &polled, goes_on_where_it_was);
  add ("counts-every-event-however-often-it-is-killed", &plain, counts_every_event_however_often_it_is_killed);
  add ("counts-every-event-however-often-it-is-killed/small", &small, counts_every_event_however_often_it_is_killed);
  add ("counts-every-event-however-often-it-is-killed/switched-by-timer", &switching,
       counts_every_event_however_often_it_is_killed);
  add ("counts-every-event-however-often-it-is-killed/overwriting", &overwriting,
       counts_every_event_however_often_it_is_killed);
  add ("closes-the-last-packet-of-apps-that-are-gone", &small, closes_the_last_packet_of_apps_that_are_gone);
  add ("counts-what-full-packets-had-no-room-for", &small, counts_what_full_packets_had_no_room_for);
  add ("hears-of-an-app-that-goes-later", &plain, hears_of_an_app_that_goes_later);
  add ("does-not-write-a-packet-twice", &plain, does_not_write_a_packet_twice);
  add ("writes-what-was-only-begun", &plain, writes_what_was_only_begun);
  add ("adds-no-packet-to-what-is-stopped", &plain, adds_no_packet_to_what_is_stopped);
  add ("loses-nothing-where-a-consumer-left-before-the-first-event", &plain,
       loses_nothing_where_a_consumer_left_before_the_first_event);
  add ("survives-any-memory", &plain, survives_any_memory);
  add ("refuses-what-is-no-such-ring", &plain, refuses_what_is_no_such_ring);
  add ("leaves-nothing-open", &plain, leaves_nothing_open);
  return g_test_run ();
}
