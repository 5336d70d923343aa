/* SPDX-License-Identifier: GPL-2.0-only */
/* What the consumer makes of a real app's events: files that are complete and that readers understand. */
#include "process/recording.h"
#include "support/mounts.h"
#include "support/trace.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static const TstShape roomy = { .num_subbuf = 16 };
static const TstShape plain = { 0 };
static const TstShape switching = { .switch_us = 5000, .metadata_us = 20000 };
static const TstShape reading = { .num_subbuf = 16, .read_us = 2000 };
static const TstShape rotating = { .num_subbuf = 16, .subbuf_size = 4096, .file_size = 16384, .file_count = 3 };
static const TstShape numbered = { .num_subbuf = 16, .subbuf_size = 4096, .file_size = 16384 };
static const TstShape on_a_small_disk = { .num_subbuf = 4, .subbuf_size = 65536, .megabytes = 64 };
static const char *no_mounts;

static guint64
be64_at (const guint8 *entry, guint field)
{
  guint64 value;

  memcpy (&value, entry + field * sizeof value, sizeof value);
  return GUINT64_FROM_BE (value);
}

/* A file of one packet needs no index. */
static guint
check_single_packet (const char *content, gsize len)
{
  g_assert_cmpuint (len % 4096, ==, 0);
  for (gsize at = 0; at < len; at += 4096)
    g_assert_true ((memcmp (content + at, "\xc1\x1f\xfc\xc1", 4) == 0) == (at == 0));
  return 1;
}

/* The index of one file: an entry for each packet, in order, that covers the file without a gap. Returns: packets. */
static guint
check_index (const char *directory, const char *name)
{
  static const guint32 header[] = { 0xc1f1dcc1, 1, 1, 72 };
  g_autofree char *data_path = g_build_filename (directory, name, NULL);
  g_autofree char *index_name = g_strconcat (name, ".idx", NULL);
  g_autofree char *index_path = g_build_filename (directory, "index", index_name, NULL);
  g_autofree char *index = NULL;
  g_autofree char *content = NULL;
  gsize index_len, len, at = 0;
  guint n;

  g_assert_true (g_file_get_contents (data_path, &content, &len, NULL));
  if (!g_file_test (index_path, G_FILE_TEST_EXISTS))
    return check_single_packet (content, len);
  g_assert_true (g_file_get_contents (index_path, &index, &index_len, NULL));
  g_assert_cmpuint (index_len, >=, sizeof header);
  for (guint i = 0; i < G_N_ELEMENTS (header); i++)
    g_assert_cmphex (GUINT32_FROM_BE (((const guint32 *) (gconstpointer) index)[i]), ==, header[i]);
  g_assert_cmpuint ((index_len - sizeof header) % 72, ==, 0);
  n = (index_len - sizeof header) / 72;
  for (guint i = 0; i < n; i++)
    {
      const guint8 *entry = (const guint8 *) index + sizeof header + i * 72;

      g_assert_cmpuint (be64_at (entry, 0), ==, at);
      g_assert_cmpuint (be64_at (entry, 1) % (4096 * 8), ==, 0);
      g_assert_cmpuint (be64_at (entry, 2), <=, be64_at (entry, 1));
      g_assert_cmpuint (be64_at (entry, 3), <=, be64_at (entry, 4));
      g_assert_cmpuint (be64_at (entry, 6), ==, 7);
      /* The packet itself says the same. */
      g_assert_cmpmem (content + at, 4, "\xc1\x1f\xfc\xc1", 4);
      at += be64_at (entry, 1) / 8;
    }
  g_assert_cmpuint (at, ==, len);
  return n;
}

static GPtrArray *
list_directory (const char *path)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GError) error = NULL;
  GDir *dir = g_dir_open (path, 0, &error);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_dir_close (dir);
  return g_steal_pointer (&names);
}

static void
records_every_event (TstRecording *f, gconstpointer data)
{
  g_autofree char *directory = g_build_filename (f->output, "ust/uid/0/64-bit", NULL);
  TwCounters counters;
  guint packets = 0;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 20000);
  tst_tracer_stop (f->tracer);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  tst_recording_assert_ticks (f, 20000);
  for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
    {
      g_autofree char *name = g_strdup_printf ("chan_%u", cpu);

      packets += check_index (directory, name);
    }
  g_assert_cmpuint (counters.channel, ==, TST_CHANNEL);
  g_assert_cmpuint (counters.packets_written, ==, packets);
  g_assert_cmpuint (counters.bytes_written, >=, 20000 * 19);
  g_assert_cmpuint (counters.bytes_written % 4096, ==, 0);
  g_assert_cmpuint (counters.events_discarded + counters.packets_lost + counters.bytes_dropped, ==, 0);
}

static void
goes_on_after_a_stop (TstRecording *f, gconstpointer data)
{
  TwCounters first, second, third;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 100);
  tst_tracer_stop (f->tracer);
  first = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  tst_recording_assert_ticks (f, 100);
  /* A second stop has nothing to close: it makes no empty packets. */
  second = tst_rig_flush (f->rig, TW_FLUSH_SET, TST_SET, TRUE);
  g_assert_cmpuint (second.packets_written, ==, first.packets_written);
  tst_rig_ask_key (f->rig, TW_RESUME, TST_SESSION, 0, NULL);
  tst_tracer_start_again (f->tracer);
  tst_recording_emit (f, 50);
  tst_tracer_stop (f->tracer);
  third = tst_rig_flush (f->rig, TW_FLUSH_CHANNEL, TST_CHANNEL, TRUE);
  g_assert_cmpuint (third.packets_written, ==, second.packets_written + f->channel->n_streams);
  tst_recording_assert_ticks (f, 150);
}

static void
flushes_what_holds_events_only (TstRecording *f, gconstpointer data)
{
  TwCounters before, after;

  tst_recording_start (f, "app-idle", NULL, NULL);
  /* The packets that are begun when the rings are made count as if they held something. */
  before = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  after = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  g_assert_cmpuint (after.packets_written, ==, before.packets_written);
  tst_recording_emit (f, 10);
  after = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  g_assert_cmpuint (after.packets_written, >, before.packets_written);
  g_assert_cmpuint (after.packets_written, <=, before.packets_written + f->channel->n_streams);
  tst_recording_assert_ticks (f, 10);
}

/* A reader takes metadata first: what describes the app's events has to be there before it begins. */
static void
wait_until_described (TstRecording *f)
{
  g_autofree char *path = g_build_filename (f->output, "ust/uid/0/64-bit/metadata", NULL);
  GStatBuf about;

  do
    (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  while (g_stat (path, &about) < 0 || (guint64) about.st_size < f->log->length);
}

/* B18 */
static void
can_be_read_while_it_records (TstRecording *f, gconstpointer data)
{
  guint64 last = 0;

  tst_recording_start (f, "app-paced", "0", "100");
  wait_until_described (f);
  for (guint i = 0; i < 8; i++)
    {
      TwMessage event;

      /* Something new is there. */
      tst_rig_wait_event (f->rig, TW_COUNTERS, &event);
      tw_message_clear (&event);
      if (i >= 2)
        (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
      for (guint k = 0; k < 3; k++)
        {
          guint64 n = tst_babeltrace_live (f->output);

          g_assert_cmpuint (n, >=, last);
          last = n;
        }
      if (last > 1000)
        break;
    }
  g_assert_cmpuint (last, >, 0);
}

static void
asks_for_metadata_on_every_tick (TstRecording *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->output, "ust/uid/0/64-bit/metadata", NULL);
  g_autofree char *text = NULL;

  for (guint i = 0; i < 3; i++)
    {
      TwWriter body = { 0 };
      TwMessage event, reply;
      TwReader in;

      tst_rig_wait_event (f->rig, TW_METADATA_REQUEST, &event);
      in = tst_reader (&event);
      g_assert_cmpuint (tw_get_u64 (&in), ==, TST_SET);
      tw_message_clear (&event);
      tst_log_publish (f->log, "/* more */\n");
      /* B17: it is always answered; the answer tells what is in the file. */
      tw_put_push (&body, &(TwPush) { .set = TST_SET, .offset = f->log->length, .length = 0 });
      tst_rig_ask (f->rig, TW_PUSH, &body, 0, &reply);
      in = tst_reader (&reply);
      g_assert_cmpuint (tw_get_u64 (&in), ==, f->log->length);
      tw_message_clear (&reply);
    }
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpuint (strlen (text), ==, f->log->length);
}

static void
reads_by_its_own_timer (TstRecording *f, gconstpointer data)
{
  TwMessage event;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 20000); /* several sub-buffers, which no flush asks for */
  do
    tst_rig_wait_event (f->rig, TW_COUNTERS, &event);
  while (tst_counters (&event).packets_written < 3 && (tw_message_clear (&event), TRUE));
  tw_message_clear (&event);
  tst_tracer_stop (f->tracer);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  tst_recording_assert_ticks (f, 20000);
}

static void
keeps_to_the_size_and_count_of_its_files (TstRecording *f, gconstpointer data)
{
  g_autofree char *directory = g_build_filename (f->output, "ust/uid/0/64-bit", NULL);
  g_autoptr(GPtrArray) names = NULL;
  g_autoptr(GPtrArray) events = NULL;
  guint n_files = 0;

  tst_recording_start (f, "app-idle", NULL, NULL);
  for (guint i = 0; i < 40; i++)
    {
      tst_recording_emit (f, 200);
      (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
    }
  tst_tracer_stop (f->tracer);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  names = list_directory (directory);
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *path = g_build_filename (directory, name, NULL);
      GStatBuf about;

      if (!g_str_has_prefix (name, "chan_"))
        continue;
      n_files++;
      g_assert_cmpint (g_stat (path, &about), ==, 0);
      g_assert_cmpuint (about.st_size, <=, 16384);
      (void) check_index (directory, name);
    }
  g_assert_cmpuint (n_files, <=, 3 * f->channel->n_streams);
  g_assert_cmpuint (n_files, >=, 3);
  /* The newest events are there, the oldest gave way. */
  g_assert_cmpuint (tst_recording_count_lossy (f), <, 8000);
}

static void
numbers_its_files_without_end (TstRecording *f, gconstpointer data)
{
  g_autofree char *directory = g_build_filename (f->output, "ust/uid/0/64-bit", NULL);
  g_autoptr(GPtrArray) names = NULL;

  tst_recording_start (f, "app-idle", NULL, NULL);
  for (guint i = 0; i < 20; i++)
    {
      tst_recording_emit (f, 300);
      (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
    }
  tst_tracer_stop (f->tracer);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  names = list_directory (directory);
  g_assert_cmpuint (names->len, >, 6);
  tst_recording_assert_ticks (f, 6000);
}

static void
closes_a_set_that_is_still_written (TstRecording *f, gconstpointer data)
{
  TwMessage reply;
  TwCounters counters;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  tst_rig_ask_key (f->rig, TW_CLOSE_SET, TST_SET, 0, &reply);
  counters = tst_counters (&reply);
  tw_message_clear (&reply);
  g_assert_cmpuint (counters.packets_written, >, 0);
  tst_recording_assert_ticks (f, 1000);
  tst_recording_emit (f, 1000); /* the app does not notice */
  tst_recording_assert_ticks (f, 1000);
}

static void
leaves_no_file_where_nothing_ever_happened (TstRecording *f, gconstpointer data)
{
  g_autofree char *directory = g_build_filename (f->output, "ust/uid/0/64-bit", NULL);
  g_autoptr(GPtrArray) names = NULL;
  TwMessage reply;
  TwCounters counters;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_rig_ask_key (f->rig, TW_CLOSE_SET, TST_SET, 0, &reply);
  counters = tst_counters (&reply);
  tw_message_clear (&reply);
  g_assert_cmpuint (counters.packets_written, ==, 0);
  g_assert_cmpuint (counters.packets_lost, ==, 0);
  names = list_directory (directory);
  g_assert_cmpuint (names->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (names, 0), ==, "metadata");
  tst_recording_assert_ticks (f, 0);
}

/* After a stop every CPU has its file, as with other recorders. */
static void
has_a_file_of_each_cpu_after_a_stop (TstRecording *f, gconstpointer data)
{
  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_tracer_stop (f->tracer);
  g_assert_cmpuint (tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE).packets_written, ==,
                    f->channel->n_streams);
  tst_rig_ask_key (f->rig, TW_CLOSE_SET, TST_SET, 0, NULL);
  tst_recording_assert_ticks (f, 0);
}

static void
is_silent_while_nothing_happens (TstRecording *f, gconstpointer data)
{
  TwMessage event;
  TwCounters counters = { 0 };
  guint64 packets;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 10);
  packets = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE).packets_written;
  while (counters.packets_written < packets)
    {
      tst_rig_wait_event (f->rig, TW_COUNTERS, &event);
      counters = tst_counters (&event);
      tw_message_clear (&event);
    }
  /* Requests are answered, and nothing else is said. */
  for (guint i = 0; i < 10; i++)
    tst_rig_hello (f->rig);
  g_assert_cmpuint (g_queue_get_length (&f->rig->events), ==, 0);
}

/* An app that ended before it asked how to write; and one that wrote all the same. */
static void
writes_no_packet_that_nobody_described (TstRecording *f, gconstpointer data)
{
  TwCounters counters;

  f->log->header->described = 0;
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  g_assert_cmpuint (counters.packets_written + counters.bytes_dropped, ==, 0);
  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 10);
  tst_tracer_stop (f->tracer);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  g_assert_cmpuint (counters.packets_written, ==, 0);
  g_assert_cmpuint (counters.bytes_dropped, >, 0);
}

/* The most that a file of the session has allocated behind its end; and how much is in all of them. */
static guint64
room_behind (TstRecording *f, guint64 *size)
{
  guint64 most = 0;

  *size = 0;
  for (guint cpu = 0; cpu < f->channel->n_streams; cpu++)
    {
      g_autofree char *name = g_strdup_printf ("chan_%u", cpu);
      g_autofree char *path = g_build_filename (f->output, TST_RECORDING_FOLDER, name, NULL);
      struct stat about;
      guint64 taken;

      if (stat (path, &about) < 0)
        continue;
      taken = (guint64) about.st_blocks * 512;
      *size += (guint64) about.st_size;
      if (taken > (guint64) about.st_size)
        most = MAX (most, taken - (guint64) about.st_size);
    }
  return most;
}

/* However large its own file is: the reserve, and a step of as much. */
static void
leaves_a_small_disk_to_others (TstRecording *f, gconstpointer data)
{
  const TstShape *shape = data;
  const guint64 reserve = shape->subbuf_size * (shape->num_subbuf + 1), enough = 16 << 20;
  guint64 size = 0;

  tst_recording_start (f, "app-idle", NULL, NULL);
  while (size < enough)
    {
      tst_recording_emit (f, 5000);
      (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
      g_assert_cmpuint (room_behind (f, &size), <=, 2 * reserve);
    }
  tst_tracer_stop (f->tracer);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  g_assert_cmpuint (room_behind (f, &size), <=, 4096);
}

static void
add (const char *name, const TstShape *shape, void (*func) (TstRecording *, gconstpointer))
{
  g_autofree char *path = g_strconcat ("/consumer/trace/", name, NULL);

  if (shape->megabytes == 0 || no_mounts == NULL)
    g_test_add (path, TstRecording, shape, tst_recording_set_up, func, tst_recording_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!tst_mounts_own (&no_mounts))
    g_test_message ("left out what needs a disk of its own: %s", no_mounts);
  add ("records-every-event", &roomy, records_every_event);
  add ("goes-on-after-a-stop", &plain, goes_on_after_a_stop);
  add ("flushes-what-holds-events-only", &plain, flushes_what_holds_events_only);
  add ("can-be-read-while-it-records", &switching, can_be_read_while_it_records);
  add ("asks-for-metadata-on-every-tick", &switching, asks_for_metadata_on_every_tick);
  add ("reads-by-its-own-timer", &reading, reads_by_its_own_timer);
  add ("keeps-to-the-size-and-count-of-its-files", &rotating, keeps_to_the_size_and_count_of_its_files);
  add ("numbers-its-files-without-end", &numbered, numbers_its_files_without_end);
  add ("closes-a-set-that-is-still-written", &plain, closes_a_set_that_is_still_written);
  add ("leaves-no-file-where-nothing-ever-happened", &plain, leaves_no_file_where_nothing_ever_happened);
  add ("has-a-file-of-each-cpu-after-a-stop", &plain, has_a_file_of_each_cpu_after_a_stop);
  add ("writes-no-packet-that-nobody-described", &plain, writes_no_packet_that_nobody_described);
  add ("is-silent-while-nothing-happens", &plain, is_silent_while_nothing_happens);
  add ("leaves-a-small-disk-to-others", &on_a_small_disk, leaves_a_small_disk_to_others);
  return g_test_run ();
}
