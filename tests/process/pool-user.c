/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A service that has a pool of consumers and nothing else, for tests of what its consumers do without it: does what it
 * is told, a line at a time, and says so.
 */
#include "base/fd-store.h"
#include "base/thread.h"
#include "supervise/pool.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static GMainLoop *loop;
static TbusPool *pool;
static TbusConsumer *consumer;

static void
say (const char *what, const char *more)
{
  printf ("%s %s\n", what, more);
  fflush (stdout);
}

static void
on_state (TbusConsumer *self, GParamSpec *pspec, gpointer data)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT " %u", tbus_consumer_get_id (self),
                                           (guint) tbus_consumer_get_pid (self));

  if (tbus_consumer_get_state (self) == TBUS_CONSUMER_RUNNING)
    say ("running", text);
}

static void
on_died (TbusConsumer *self, gpointer data)
{
  say ("died", "");
}

static void
on_answer (TbusConsumer *self, gconstpointer reply, const GError *error, gpointer data)
{
  say (data, error != NULL ? error->message : "");
}

static void
watch (TbusConsumer *obtained)
{
  consumer = obtained;
  g_assert_nonnull (consumer);
  g_signal_connect (consumer, "notify::state", G_CALLBACK (on_state), NULL);
  g_signal_connect (consumer, "died", G_CALLBACK (on_died), NULL);
}

static void
get (void)
{
  TbusConsumerPool port = tbus_pool_port (pool);

  watch (port.ops->get (port.self, getuid (), 8 * sizeof (long), NULL));
}

static void
adopt (guint64 id)
{
  TbusConsumerPool port = tbus_pool_port (pool);
  const TbusConsumerAdoption what = { .id = id, .uid = getuid (), .bits = 8 * sizeof (long) };

  watch (port.ops->adopt (port.self, &what, NULL));
  TBUS_CONSUMER_GET_CLASS (consumer)->settle (consumer, on_answer, (gpointer) "settled");
}

static void
open_output (const char *path)
{
  const TbusOutputRequest request = { .session = 1, .path = path };

  TBUS_CONSUMER_GET_CLASS (consumer)->open_output (consumer, &request, on_answer, (gpointer) "opened");
  say ("asked", "");
}

static void
on_shut_down (GObject *source, GAsyncResult *result, gpointer data)
{
  tbus_pool_shutdown_finish (pool, result);
  g_main_loop_quit (loop);
}

static void
obey (const char *line)
{
  char what[32] = "", more[300] = "";

  sscanf (line, "%31s %299s", what, more);
  if (g_str_equal (what, "get"))
    get ();
  else if (g_str_equal (what, "adopt"))
    adopt (g_ascii_strtoull (more, NULL, 10));
  else if (g_str_equal (what, "open"))
    open_output (more);
  else if (g_str_equal (what, "patience"))
    tbus_spawner_get_times (tbus_pool_get_spawner (pool))->silence_ms = (guint) atoi (more);
  else if (g_str_equal (what, "drop"))
    g_clear_object (&consumer);
  else if (g_str_equal (what, "suspend"))
    {
      tbus_pool_suspend (pool);
      g_main_loop_quit (loop);
    }
}

static gboolean
on_line (GIOChannel *channel, GIOCondition condition, gpointer data)
{
  g_autofree char *line = NULL;

  if (g_io_channel_read_line (channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL)
    {
      tbus_pool_shutdown_async (pool, on_shut_down, NULL);
      return G_SOURCE_REMOVE;
    }
  obey (line);
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char **argv)
{
  g_autoptr(GIOChannel) input = g_io_channel_unix_new (STDIN_FILENO);

  tbus_thread_init ();
  tbus_fd_store_init ();
  loop = g_main_loop_new (NULL, FALSE);
  pool = tbus_pool_new (argv[1], NULL);
  g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_line, NULL);
  say ("ready", "");
  g_main_loop_run (loop);
  g_clear_object (&consumer);
  tbus_pool_free (pool);
  g_main_loop_unref (loop);
  return 0;
}
