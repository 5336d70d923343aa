/* SPDX-License-Identifier: GPL-2.0-only */
#include "side.h"

#include "support/child.h"

#include <string.h>

static void
say (TstSide *self, const char *what, const TbusTracee *tracee)
{
  g_ptr_array_add (self->lines, g_strdup_printf ("%s %d", what, (int) tracee->pid));
}

static void
on_registered (gpointer core, TbusTracee *tracee)
{
  TstSide *self = core;

  g_assert_true (tbus_thread_is (TBUS_THREAD_MAIN));
  say (self, "registered", tracee);
  g_ptr_array_add (self->tracees, tbus_tracee_ref (tracee));
}

static void
on_stalled (gpointer core, TbusTracee *tracee, gboolean stalled)
{
  say (core, stalled ? "stalled" : "awake", tracee);
}

static void
on_gone (gpointer core, TbusTracee *tracee)
{
  say (core, "gone", tracee);
}

static void
on_refused (gpointer core, guint n, const char *why)
{
  while (n-- > 0)
    g_ptr_array_add (((TstSide *) core)->lines, g_strconcat ("refused ", why, NULL));
}

static const TbusTracerEvents events = { on_registered, on_stalled, on_gone, on_refused };

static GMutex warnings_lock;
static GPtrArray *warnings; /* of char * */

static GLogWriterOutput
keep_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & G_LOG_LEVEL_MASK) != G_LOG_LEVEL_WARNING)
    return g_log_writer_default (level, fields, n_fields, data);
  g_mutex_lock (&warnings_lock);
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_ptr_array_add (warnings, g_strdup (fields[i].value));
  g_mutex_unlock (&warnings_lock);
  return G_LOG_WRITER_HANDLED;
}

guint
tst_warning_count (const char *part)
{
  guint n = 0;

  g_mutex_lock (&warnings_lock);
  for (guint i = 0; i < warnings->len; i++)
    n += strstr (g_ptr_array_index (warnings, i), part) != NULL;
  g_mutex_unlock (&warnings_lock);
  return n;
}

void
tst_side_threads_start (void)
{
  warnings = g_ptr_array_new_with_free_func (g_free);
  g_log_set_writer_func (keep_warnings, NULL, NULL);
  tbus_thread_init ();
  tbus_thread_start (TBUS_THREAD_LINK);
  tbus_thread_start (TBUS_THREAD_NOTIFY);
}

static void
move_into (TstDir *home, char **path)
{
  g_autofree char *name = g_path_get_basename (*path);

  g_free (*path);
  *path = g_build_filename (tst_dir_path (home), ".lttng", name, NULL);
}

/* Not by LTTNG_HOME: the environment must not change while threads run. */
void
tst_paths_init (TbusRendezvousPaths *paths, TstDir *home)
{
  g_autoptr(GError) error = NULL;

  tbus_rendezvous_paths_init (paths, FALSE, &error);
  g_assert_no_error (error);
  g_free (paths->directory);
  paths->directory = tst_dir_file (home, ".lttng");
  move_into (home, &paths->socket);
  move_into (home, &paths->lock);
  paths->stay_awake = TRUE; /* everything else of this user shares the word */
}

TstSide *
tst_side_new (void)
{
  TstSide *self = g_new0 (TstSide, 1);
  g_autoptr(GError) error = NULL;

  self->dir = tst_dir_new ();
  self->lines = g_ptr_array_new_with_free_func (g_free);
  self->tracees = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_tracee_unref);
  self->jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_job_free);
  tst_paths_init (&self->paths, self->dir);
  self->index = tbus_tracee_index_new ();
  self->side = tbus_tracer_side_new (self->index, &events, self, &self->paths);
  self->port = tbus_tracer_side_get_port (self->side);
  tbus_tracer_side_start (self->side, &error);
  g_assert_no_error (error);
  return self;
}

static gboolean
on_patience_over (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_CONTINUE;
}

static void
on_stopped (gpointer data)
{
  ((TstSide *) data)->stopped = TRUE;
}

static void
wait_stopped (TstSide *self)
{
  while (!self->stopped)
    g_main_context_iteration (NULL, TRUE);
}

void
tst_side_stop (TstSide *self)
{
  tbus_tracer_side_stop (self->side, on_stopped, self);
  wait_stopped (self);
}

void
tst_side_suspend (TstSide *self)
{
  tbus_tracer_side_suspend (self->side, on_stopped, self);
  wait_stopped (self);
}

void
tst_side_free (TstSide *self)
{
  if (!self->stopped)
    tst_side_stop (self);
  g_assert_cmpuint (tbus_tracee_index_count (self->index), ==, 0);
  tbus_tracer_side_free (self->side);
  g_ptr_array_unref (self->jobs);
  g_ptr_array_unref (self->tracees);
  g_ptr_array_unref (self->lines);
  tbus_tracee_index_free (self->index);
  tbus_rendezvous_paths_clear (&self->paths);
  tst_dir_free (self->dir);
  g_free (self);
}

guint
tst_side_count (const TstSide *self, const char *prefix)
{
  guint n = 0;

  for (guint i = 0; i < self->lines->len; i++)
    n += g_str_has_prefix (g_ptr_array_index (self->lines, i), prefix);
  return n;
}

void
tst_side_wait (TstSide *self, const char *prefix, guint n)
{
  gboolean late = FALSE;
  guint guard = g_timeout_add (TST_PATIENCE_MS, on_patience_over, &late);

  while (!late && tst_side_count (self, prefix) < n)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (guard);
  if (!late)
    return;
  for (guint i = 0; i < self->lines->len; i++)
    g_test_message ("%s", (const char *) g_ptr_array_index (self->lines, i));
  g_error ("waited in vain for %u times \"%s\"", n, prefix);
}

guint
tst_side_position (const TstSide *self, const char *prefix)
{
  for (guint i = 0; i < self->lines->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (self->lines, i), prefix))
      return i;
  g_error ("there is no \"%s\"", prefix);
}

static void
on_job_done (TbusJob *job, gpointer data)
{
  TstSide *self = data;

  g_assert_true (tbus_thread_is (TBUS_THREAD_MAIN));
  g_ptr_array_add (self->jobs, job);
  say (self, "done", job->tracee);
}

TbusJob *
tst_side_job (TstSide *self, TbusTracee *tracee)
{
  TbusJob *job = tbus_job_new (tracee);

  job->done = on_job_done;
  job->data = self;
  return job;
}

void
tst_side_submit (TstSide *self, TbusJob *job)
{
  self->port.ops->submit (self->port.self, job);
}

TbusJob *
tst_side_run (TstSide *self, TbusJob *job)
{
  guint n = self->jobs->len;

  tst_side_submit (self, job);
  tst_side_wait (self, "done", n + 1);
  g_assert_true (g_ptr_array_index (self->jobs, n) == job);
  return job;
}

int
tst_job_status (const TbusJob *job, guint command)
{
  return g_array_index (job->commands, TbusCommand, command).status;
}

guint32
tst_job_slot (const TbusJob *job, guint32 slot)
{
  return g_array_index (job->slots, guint32, slot);
}

TbusBufferSet *
tst_set_new (guint n_channels)
{
  const TbusBufferKey key = { 1, TBUS_BUFFER_USER, 0, 64 };
  const TbusCtfEnv env[] = { { NULL } };
  g_autoptr(GError) error = NULL;
  TbusBufferSet *set;
  TbusCtfClock clock;
  TbusCtfTrace trace = {
    .abi = { 64, 8, 8, 8, 8, 8, TRUE },
    .clock = &clock,
    .env = env,
  };

  tbus_ctf_clock_init (&clock);
  set = tbus_buffer_set_new (&key, &trace, 1 << 20, &error);
  tbus_ctf_clock_clear (&clock);
  g_assert_no_error (error);
  for (guint i = 0; i < n_channels; i++)
    tbus_class_registry_add_channel (set->classes, i);
  return set;
}

char *
tst_set_text (const TbusBufferSet *set)
{
  return g_strndup (tbus_metadata_log_text (set->log), tbus_metadata_log_length (set->log));
}
