/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit/supervise/fixture.h"

#include "base/fd-budget.h"
#include "base/thread.h"
#include "support/leak.h"

#include <signal.h>
#include <unistd.h>

static GString *log_lines;

/* Warnings are what some tests are about; without this they would be fatal. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & G_LOG_LEVEL_MASK) != G_LOG_LEVEL_WARNING)
    return g_log_writer_default (level, fields, n_fields, data);
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_string_append_printf (log_lines, "%s\n", (const char *) fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

void
fixture_init (int *argc, char ***argv)
{
  tbus_thread_init ();
  g_test_init (argc, argv, NULL);
  log_lines = g_string_new (NULL);
  g_log_set_writer_func (write_log, NULL, NULL);
}

char *
take_log (void)
{
  char *text = g_strdup (log_lines->str);

  g_string_truncate (log_lines, 0);
  return text;
}

char *
fixture_program (Fixture *f, const char *manner)
{
  g_autofree char *name = g_strdup_printf ("fake-%s", manner != NULL ? manner : "good");
  g_autofree char *program = tst_build_path ("tests/support/fake-consumer");
  char *path = tst_dir_file (f->dir, name);

  g_assert_cmpint (symlink (program, path), ==, 0);
  return path;
}

/* Returns: (transfer full): our descriptors, once GLib's own thread has closed the pidfd of what it reaped. */
static char *
list_fds (void)
{
  for (;;)
    {
      g_auto(GStrv) list = tst_fd_list (getpid ());
      g_autofree char *text = g_strjoinv ("\n", list);

      if (strstr (text, "pidfd") == NULL)
        return g_steal_pointer (&text);
      g_usleep (1000);
    }
}

/* Starts what GLib starts only once, so that a test that runs alone counts like one that comes later. */
static void
warm_up (void)
{
  g_autoptr(GSubprocess) process = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, NULL, "true", NULL);

  g_assert_true (g_subprocess_wait (process, NULL, NULL));
}

void
fixture_set_up_bare (Fixture *f, gconstpointer data)
{
  g_autofree char *program = NULL;

  warm_up ();
  g_string_truncate (log_lines, 0);
  f->dir = tst_dir_new ();
  f->fds_before = list_fds ();
  program = fixture_program (f, data);
  f->spawner = tbus_spawner_new (program, NULL);
}

void
fixture_set_up (Fixture *f, gconstpointer data)
{
  fixture_set_up_bare (f, data);
  f->consumer = TBUS_CONSUMER (tbus_supervised_consumer_new (f->spawner, getuid (), 64));
}

static void
on_finished (GObject *source, GAsyncResult *result, gpointer data)
{
  tbus_spawner_finish_finish (TBUS_SPAWNER (source), result);
  *(gboolean *) data = TRUE;
}

void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  gboolean finished = FALSE;
  g_autofree char *fds = NULL;

  if (f->consumer != NULL)
    tbus_supervised_consumer_close (TBUS_SUPERVISED_CONSUMER (f->consumer));
  tbus_spawner_finish_async (f->spawner, on_finished, &finished);
  wait_until (finished);
  if (f->consumer != NULL)
    g_assert_finalize_object (f->consumer);
  g_assert_finalize_object (f->spawner);
  fds = list_fds ();
  g_assert_cmpstr (fds, ==, f->fds_before);
  g_clear_pointer (&f->fds_before, g_free);
  g_assert_cmpuint (tst_children_count (getpid ()), ==, 0);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
  tst_dir_free (f->dir);
}

void
wait_state (Fixture *f, TbusConsumerState state)
{
  wait_until (tbus_consumer_get_state (f->consumer) == state);
}

void
answer_clear (Answer *self)
{
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->ring, tbus_ring_unref);
  g_clear_error (&self->error);
}

/* Every answer comes once, and is one thing or the other. */
void
on_done (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  Answer *answer = data;

  g_assert_false (answer->done);
  g_assert_true (reply == NULL || error == NULL);
  answer->done = TRUE;
  answer->error = error != NULL ? g_error_copy (error) : NULL;
}

void
on_path (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  on_done (consumer, reply, error, data);
  ((Answer *) data)->text = g_strdup (reply != NULL ? ((const TbusOutputPlace *) reply)->path : NULL);
}

void
on_ring (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  on_done (consumer, reply, error, data);
  if (reply != NULL)
    ((Answer *) data)->ring = tbus_ring_ref ((TbusRing *) reply);
}

void
on_number (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  on_done (consumer, reply, error, data);
  if (reply != NULL)
    ((Answer *) data)->number = *(const guint64 *) reply;
}

void
on_counters (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  const TbusCountersList *list = reply;
  Answer *answer = data;

  on_done (consumer, reply, error, data);
  answer->number = list != NULL ? list->n : 0;
  for (guint i = 0; i < answer->number; i++)
    answer->bytes += list->counters[i].bytes_written;
}

void
check (Fixture *f, const char *path, Answer *answer)
{
  const TbusOutputRequest request = { .session = 1, .path = path };

  TBUS_CONSUMER_GET_CLASS (f->consumer)->check_output (f->consumer, &request, on_path, answer);
}

void
check_and_wait (Fixture *f, const char *path, Answer *answer)
{
  check (f, path, answer);
  wait_until (answer->done);
}

void
add_channel (Fixture *f, guint64 channel, guint64 set, const char *name, Answer *answer)
{
  const TbusChannelRequest request = {
    .channel = channel, .set = set, .name = name, .subbuf_size = 4096, .num_subbuf = 4,
  };

  TBUS_CONSUMER_GET_CLASS (f->consumer)->add_channel (f->consumer, &request, on_ring, answer);
}
