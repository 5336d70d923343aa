/* SPDX-License-Identifier: GPL-2.0-only */
/* What a killed consumer left of a trace's files: the next one goes on with what is ours, and with nothing else. */
#define _GNU_SOURCE
#include "process/recording.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const TstShape plain = { 0 };
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

/* What is in a file of the session: of cpu 0, or of whichever the app ran on. */
static char *
first_data_file (TstRecording *f, const char *folder, const char *suffix)
{
  for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
    {
      g_autofree char *name = g_strdup_printf ("chan_%u%s", cpu, suffix);
      g_autofree char *path = g_build_filename (f->output, TST_RECORDING_FOLDER, folder, name, NULL);
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
      g_autofree char *index = g_build_filename (f->output, TST_RECORDING_FOLDER, "index", name, NULL);

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
  g_autofree char *file = g_build_filename (f->output, TST_RECORDING_FOLDER, "chan_0", NULL);
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
      g_assert_cmpuint (after.bytes_written, ==, tst_recording_data_size (f, &n_files));
      g_assert_cmpuint (tst_recording_count_lossy (f), ==, 4800);
      return;
    }
  g_assert_cmpuint (tst_recording_data_size (f, &n_files), <=,
                    shape->file_count * shape->file_size * f->channel->n_streams);
  g_assert_cmpuint (n_files, <=, shape->file_count * f->channel->n_streams);
  g_assert_cmpuint (tst_recording_count_lossy (f), >, 0);
}

/* A trace of somebody else's under our names stays as it is, and ours goes on beside it. */
static void
finds_its_own_files_among_others (TstRecording *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->output, TST_RECORDING_FOLDER, "chan_0", NULL);
  g_autofree char *third = g_build_filename (f->output, TST_RECORDING_FOLDER, "chan_0.2", NULL);
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
  return g_build_filename (f->output, TST_RECORDING_FOLDER, name, NULL);
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

/* Bytes that the file system keeps for it beyond what is in it. */
static gsize
room_behind (const char *path)
{
  struct stat about;
  gsize taken;

  g_assert_cmpint (stat (path, &about), ==, 0);
  taken = (gsize) about.st_blocks * 512;
  return taken > (gsize) about.st_size ? taken - (gsize) about.st_size : 0;
}

/* What the dead one had allocated ahead, its successor gives back: also where nothing more is written. */
static void
gives_back_what_was_allocated_ahead (TstRecording *f, gconstpointer data)
{
  const gsize block = 4096;
  g_autofree char *path = NULL;
  TwCounters before;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 3000);
  before = flush (f);
  path = first_data_file (f, "", "");
  g_assert_cmpuint (room_behind (path), >, 4 * block);
  /* Still what was recorded, and no event came after it. */
  tst_recording_replace_consumer (f, &before, FALSE);
  (void) stop (f);
  g_assert_cmpuint (room_behind (path), <=, block);
  tst_recording_assert_ticks (f, 3000);
}

static void
add (const char *name, const TstShape *shape, void (*func) (TstRecording *, gconstpointer))
{
  g_autofree char *path = g_strconcat ("/consumer/remains/", name, NULL);

  g_test_add (path, TstRecording, shape, tst_recording_set_up, func, tst_recording_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("cuts-off-half-a-packet", &plain, cuts_off_half_a_packet);
  add ("mends-an-index-without-its-end", &plain, mends_an_index_without_its_end);
  add ("makes-an-index-that-is-missing", &plain, makes_an_index_that_is_missing);
  add ("fills-a-file-that-is-empty", &plain, fills_a_file_that_is_empty);
  add ("goes-on-with-the-last-of-many-files", &split, goes_on_with_the_last_of_many_files);
  add ("goes-on-with-the-last-of-many-files/in-a-ring", &ring_of_files, goes_on_with_the_last_of_many_files);
  add ("finds-its-own-files-among-others", &plain, finds_its_own_files_among_others);
  add ("leaves-what-it-does-not-go-on-with", &plain, leaves_what_it_does_not_go_on_with);
  add ("gives-back-what-was-allocated-ahead", &plain, gives_back_what_was_allocated_ahead);
  return g_test_run ();
}
