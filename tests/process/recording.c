/* SPDX-License-Identifier: GPL-2.0-only */
#include "process/recording.h"

#include "support/mounts.h"
#include "support/trace.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void
mount_output (TstRecording *self, guint megabytes)
{
  g_autofree char *path = tst_dir_file (self->rig->dir, "traces");
  const char *why;

  self->mounted = tst_mount ("tmpfs", path, megabytes, &why);
  g_assert_true (self->mounted);
}

void
tst_recording_set_up (TstRecording *self, gconstpointer data)
{
  const TstShape *shape = data;
  TwChannel config;

  self->rig = tst_rig_new (shape->arguments);
  if (shape->megabytes > 0)
    mount_output (self, shape->megabytes);
  self->log = tst_log_new ();
  tst_rig_hello (self->rig);
  self->output = tst_rig_open_output (self->rig, TST_SESSION);
  tst_rig_add_set (self->rig, TST_SESSION, TST_SET, shape->metadata_us, self->log);
  tst_channel_config_init (&config, TST_SET, TST_CHANNEL);
  config.num_subbuf = shape->num_subbuf > 0 ? shape->num_subbuf : config.num_subbuf;
  config.subbuf_size = shape->subbuf_size > 0 ? shape->subbuf_size : config.subbuf_size;
  config.overwrite = shape->overwrite;
  config.switch_timer_us = shape->switch_us;
  config.read_timer_us = shape->read_us;
  config.tracefile_size = shape->file_size;
  config.tracefile_count = shape->file_count;
  self->channel = tst_rig_add_channel (self->rig, &config);
  self->tracer = tst_tracer_new (self->rig->dir, self->log, self->channel);
}

void
tst_recording_tear_down (TstRecording *self, gconstpointer data)
{
  g_clear_pointer (&self->app, tst_child_free);
  g_clear_pointer (&self->tracer, tst_tracer_free);
  g_clear_pointer (&self->channel, tst_channel_free);
  tst_log_free (self->log);
  if (self->mounted)
    tst_unmount (self->output);
  tst_rig_free (self->rig);
  g_free (self->output);
}

void
tst_recording_start (TstRecording *self, const char *name, const char *first, const char *second)
{
  g_autofree char *relative = g_build_filename ("tests/support/apps", name, NULL);
  g_autofree char *program = tst_build_path (relative);
  const char *const argv[] = { program, first, second, NULL };
  g_auto(GStrv) environment = tst_environ (self->rig->dir, NULL);

  self->app = tst_child_start (argv, (const char *const *) environment);
  tst_tracer_start (self->tracer);
}

void
tst_recording_emit (TstRecording *self, guint n)
{
  g_autofree char *done = NULL;

  tst_child_say (self->app, "go %u", n);
  done = tst_child_wait_line (self->app, "done");
}

TwCounters
tst_recording_replace_consumer (TstRecording *self, const TwCounters *told, gboolean quiescent)
{
  tst_rig_kill_and_replace (self->rig);
  return tst_recording_go_on (self, told, quiescent);
}

TwCounters
tst_recording_go_on (TstRecording *self, const TwCounters *told, gboolean quiescent)
{
  g_free (tst_rig_open_output (self->rig, TST_SESSION));
  tst_rig_add_set (self->rig, TST_SESSION, TST_SET, 0, self->log);
  return tst_rig_adopt_channel (self->rig, self->channel, told, quiescent);
}

void
tst_recording_unread_last_packets (TstRecording *self)
{
  enum { AT_CONSUMED_OFFSET = 36 }; /* of the tracer's crash record */
  const TstChannel *channel = self->channel;

  for (guint cpu = 0; cpu < channel->n_streams; cpu++)
    {
      guint8 *memory = mmap (NULL, channel->memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, channel->memory[cpu], 0);
      guint32 at;
      gulong consumed;

      g_assert_true (memory != MAP_FAILED);
      memcpy (&at, memory + AT_CONSUMED_OFFSET, sizeof at);
      memcpy (&consumed, memory + at, sizeof consumed);
      if (consumed > 0)
        consumed -= channel->config.subbuf_size;
      memcpy (memory + at, &consumed, sizeof consumed);
      munmap (memory, channel->memory_size);
    }
}

void
tst_recording_assert_ticks (TstRecording *self, guint n)
{
  g_autoptr(GPtrArray) events = tst_babeltrace (self->output);

  g_assert_cmpuint (events->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *seq = tst_trace_field (events->pdata[i], "seq");

      g_assert_cmpuint (g_ascii_strtoull (seq, NULL, 10), ==, i);
    }
}

/* Readers complain of what was discarded, so tst_babeltrace() is not for these. */
guint
tst_recording_count_lossy (TstRecording *self)
{
  const char *argv[] = { "babeltrace2", self->output, NULL };
  g_autofree char *out = NULL;
  g_autofree char *err = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) lines = NULL;
  int status;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s", error->message, err);
  lines = g_strsplit (out, "\n", -1);
  return g_strv_length (lines) - 1;
}

guint64
tst_recording_data_size (TstRecording *self, guint *n_files)
{
  g_autofree char *path = g_build_filename (self->output, TST_RECORDING_FOLDER, NULL);
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
