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

#define FOLDER "ust/uid/0/64-bit"

static const TstShape plain = { 0 };
static const TstShape small = { .num_subbuf = 2, .subbuf_size = 4096 };
static const TstShape switching = { .switch_us = 2000 };
static const TstShape polled = { .num_subbuf = 8, .read_us = 1000 };
static const TstShape overwriting = { .num_subbuf = 4, .subbuf_size = 4096, .overwrite = 1 };
static const TstShape split = { .num_subbuf = 4, .subbuf_size = 4096, .file_size = 16384 };
static const TstShape ring_of_files = { .num_subbuf = 4, .subbuf_size = 4096, .file_size = 16384, .file_count = 3 };
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

/* The sizes of what is in the session's folder, but the metadata and the indexes. */
static guint64
data_size (TstRecording *f, guint *n_files)
{
  g_autofree char *path = g_build_filename (f->output, FOLDER, NULL);
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint64 size = 0;

  *n_files = 0;
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      struct stat about;

      if (!g_str_has_prefix (name, "chan"))
        continue;
      g_assert_cmpint (stat (file, &about), ==, 0);
      size += (guint64) about.st_size;
      ++*n_files;
    }
  return size;
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
  g_assert_cmpuint (after.bytes_written, ==, data_size (f, &n_files));
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

/* What is in a file of the session: of cpu 0, or of whichever the app ran on. */
static char *
first_data_file (TstRecording *f, const char *folder, const char *suffix)
{
  for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
    {
      g_autofree char *name = g_strdup_printf ("chan_%u%s", cpu, suffix);
      g_autofree char *path = g_build_filename (f->output, FOLDER, folder, name, NULL);
      struct stat about;

      if (stat (path, &about) == 0 && about.st_size > 0)
        return g_steal_pointer (&path);
    }
  g_assert_not_reached ();
}

/* A kill in the middle of writing, as it can be where a packet does not appear at once. */
static void
cuts_off_half_a_packet (TstRecording *f, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *content = NULL;
  TwCounters before, adopted;
  gsize size;
  int fd;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 3000);
  before = flush (f);
  path = first_data_file (f, "", "");
  kill (f->rig->pid, SIGKILL);
  g_assert_true (g_file_get_contents (path, &content, &size, NULL));
  fd = open (path, O_WRONLY | O_APPEND | O_CLOEXEC);
  g_assert_cmpint (write (fd, content, 2048), ==, 2048);
  close (fd);
  adopted = tst_recording_replace_consumer (f, &before, FALSE);
  g_assert_cmpuint (adopted.packets_written, ==, before.packets_written);
  g_assert_cmpuint (adopted.bytes_written, ==, before.bytes_written);
  tst_recording_emit (f, 3000);
  stop (f);
  tst_recording_assert_ticks (f, 6000);
}

static gsize
file_size (const char *path)
{
  struct stat about;

  g_assert_cmpint (stat (path, &about), ==, 0);
  return (gsize) about.st_size;
}

/* @all: all of it is missing, else its last entry and a half. */
static void
mends_the_index (TstRecording *f, gboolean all)
{
  enum { HEADER = 16, ENTRY = 72 };
  g_autofree char *path = NULL;
  TwCounters counters;
  gsize size, total = 0;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 4000); /* more than a packet, whichever cpu it runs on */
  (void) flush (f);
  path = first_data_file (f, "index", ".idx");
  size = file_size (path);
  g_assert_cmpuint (size, >=, HEADER + ENTRY);
  kill (f->rig->pid, SIGKILL);
  if (all)
    g_assert_cmpint (unlink (path), ==, 0);
  else
    g_assert_cmpint (truncate (path, (off_t) (size - MIN (ENTRY + ENTRY / 2, size - 1))), ==, 0);
  tst_recording_replace_consumer (f, &nothing, FALSE);
  g_assert_cmpuint (file_size (path), ==, size);
  tst_recording_emit (f, 2000);
  counters = stop (f);
  for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
    {
      g_autofree char *name = g_strdup_printf ("chan_%u.idx", cpu);
      g_autofree char *index = g_build_filename (f->output, FOLDER, "index", name, NULL);

      total += g_file_test (index, G_FILE_TEST_EXISTS) ? (file_size (index) - HEADER) / ENTRY : 1;
    }
  g_assert_cmpuint (total, ==, counters.packets_written);
  tst_recording_assert_ticks (f, 6000);
}

static void
mends_an_index_without_its_end (TstRecording *f, gconstpointer data)
{
  mends_the_index (f, FALSE);
}

/* Killed after it had made a file, and before there was a packet in it. */
static void
fills_a_file_that_is_empty (TstRecording *f, gconstpointer data)
{
  g_autofree char *file = g_build_filename (f->output, FOLDER, "chan_0", NULL);
  g_autofree char *other = g_strconcat (file, ".1", NULL);

  tst_recording_start (f, "app-idle", NULL, NULL);
  kill (f->rig->pid, SIGKILL);
  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  tst_recording_replace_consumer (f, &nothing, FALSE);
  tst_recording_emit (f, 2000);
  (void) stop (f);
  g_assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
  tst_recording_assert_ticks (f, 2000);
}

static void
makes_an_index_that_is_missing (TstRecording *f, gconstpointer data)
{
  mends_the_index (f, TRUE);
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
      g_autofree char *path = g_build_filename (f->output, FOLDER, name, NULL);
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
  g_assert_cmpuint (after.bytes_written, ==, data_size (f, &n_files));
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

static void
goes_on_with_the_last_of_many_files (TstRecording *f, gconstpointer data)
{
  const TstShape *shape = data;
  TwCounters before, adopted, after;
  guint n_files;

  tst_recording_start (f, "app-idle", NULL, NULL);
  for (guint i = 0; i < 40; i++)
    {
      tst_recording_emit (f, 60);
      before = flush (f);
    }
  adopted = tst_recording_replace_consumer (f, &before, FALSE);
  g_assert_cmpuint (adopted.packets_written, ==, before.packets_written);
  g_assert_cmpuint (adopted.packets_lost, ==, 0);
  for (guint i = 0; i < 40; i++)
    {
      tst_recording_emit (f, 60);
      (void) flush (f);
    }
  after = stop (f);
  g_assert_cmpuint (after.packets_lost, ==, 0);
  g_assert_cmpuint (after.packets_written, >, before.packets_written);
  if (shape->file_count == 0)
    {
      g_assert_cmpuint (after.bytes_written, ==, data_size (f, &n_files));
      g_assert_cmpuint (tst_recording_count_lossy (f), ==, 4800);
      return;
    }
  g_assert_cmpuint (data_size (f, &n_files), <=, shape->file_count * shape->file_size * f->channel->n_streams);
  g_assert_cmpuint (n_files, <=, shape->file_count * f->channel->n_streams);
  g_assert_cmpuint (tst_recording_count_lossy (f), >, 0);
}

/* A trace of somebody else's under our names stays as it is, and ours goes on beside it. */
static void
finds_its_own_files_among_others (TstRecording *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->output, FOLDER, "chan_0", NULL);
  g_autofree char *third = g_build_filename (f->output, FOLDER, "chan_0.2", NULL);
  g_autofree char *content = NULL;

  g_assert_true (g_file_set_contents (path, "precious", -1, NULL));
  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  (void) stop (f);
  tst_recording_replace_consumer (f, &nothing, TRUE);
  tst_rig_ask_key (f->rig, TW_RESUME, TST_SESSION, 0, NULL);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "precious");
  g_assert_false (g_file_test (third, G_FILE_TEST_EXISTS));
}

/* The one that the index at @path is of. */
static char *
data_file_of (TstRecording *f, const char *path)
{
  g_autofree char *name = g_path_get_basename (path);

  name[strlen (name) - strlen (".idx")] = '\0';
  return g_build_filename (f->output, FOLDER, name, NULL);
}

/* More follows in a file of ours than a kill can have left: whoever wrote that may keep it, and the index as it is. */
static void
leaves_what_it_does_not_go_on_with (TstRecording *f, gconstpointer data)
{
  static const char more[1 << 20];
  g_autofree char *path = NULL, *index_path = NULL, *index = NULL, *after = NULL;
  gsize size, length, length_after;
  int fd;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 4000); /* more than a packet, whichever cpu it runs on */
  (void) flush (f);
  index_path = first_data_file (f, "index", ".idx");
  path = data_file_of (f, index_path);
  kill (f->rig->pid, SIGKILL);
  g_assert_true (g_file_get_contents (index_path, &index, &length, NULL));
  index[0] = 'x';
  g_assert_true (g_file_set_contents (index_path, index, length, NULL));
  fd = open (path, O_WRONLY | O_APPEND | O_CLOEXEC);
  g_assert_cmpint (write (fd, more, sizeof more), ==, sizeof more);
  close (fd);
  size = file_size (path);
  tst_recording_replace_consumer (f, &nothing, FALSE);
  g_assert_cmpuint (file_size (path), ==, size);
  g_assert_true (g_file_get_contents (index_path, &after, &length_after, NULL));
  g_assert_cmpmem (after, length_after, index, length);
  tst_recording_emit (f, 1000);
  (void) stop (f);
  g_assert_cmpuint (file_size (path), ==, size);
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
  add ("cuts-off-half-a-packet", &plain, cuts_off_half_a_packet);
  add ("mends-an-index-without-its-end", &plain, mends_an_index_without_its_end);
  add ("makes-an-index-that-is-missing", &plain, makes_an_index_that_is_missing);
  add ("fills-a-file-that-is-empty", &plain, fills_a_file_that_is_empty);
  add ("does-not-write-a-packet-twice", &plain, does_not_write_a_packet_twice);
  add ("writes-what-was-only-begun", &plain, writes_what_was_only_begun);
  add ("adds-no-packet-to-what-is-stopped", &plain, adds_no_packet_to_what_is_stopped);
  add ("goes-on-with-the-last-of-many-files", &split, goes_on_with_the_last_of_many_files);
  add ("goes-on-with-the-last-of-many-files/in-a-ring", &ring_of_files, goes_on_with_the_last_of_many_files);
  add ("finds-its-own-files-among-others", &plain, finds_its_own_files_among_others);
  add ("leaves-what-it-does-not-go-on-with", &plain, leaves_what_it_does_not_go_on_with);
  add ("loses-nothing-where-a-consumer-left-before-the-first-event", &plain,
       loses_nothing_where_a_consumer_left_before_the_first_event);
  add ("survives-any-memory", &plain, survives_any_memory);
  add ("refuses-what-is-no-such-ring", &plain, refuses_what_is_no_such_ring);
  add ("leaves-nothing-open", &plain, leaves_nothing_open);
  return g_test_run ();
}
