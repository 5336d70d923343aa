/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracebusd: the composition root. Reads options, makes the parts, plugs them into each other, and takes them
 * apart in the opposite order.
 *
 * Threads: main. Exit codes: 0 stopped by a signal, 1 could not run (one sentence says why), 2 usage.
 */
#include "base/capabilities.h"
#include "base/fd-budget.h"
#include "base/fd-store.h"
#include "base/limits.h"
#include "base/limits-file.h"
#include "base/log-rate.h"
#include "base/marks.h"
#include "base/service-manager.h"
#include "base/thread.h"
#include "bus/bus.h"
#include "core/class-cache.h"
#include "core/state-home.h"
#include "supervise/pool.h"
#include "supervise/predecessors.h"
#include "ust/tracer.h"

#include <glib-unix.h>
#include <locale.h>
#include <stdlib.h>
#include <unistd.h>

/* What is no app yet, and what is in no budget. */
enum { FD_RESERVE = TBUS_MAX_HALF_OPEN + TBUS_OTHER_DESCRIPTORS };
/* MiB */
enum {
  MAX_STAGING = 16384,
  UNSAID = G_MININT,
};
/* ms. For as many descriptors as it keeps systemd takes some 18 s; its watchdog waits for 30 s. */
enum { LEAVE_MS = 15000 };

typedef struct {
  gboolean session_bus;
  gboolean system_bus;
  gboolean version;
  char *bus_address;
  char *rundir;
  char *statedir;
  char *consumer;
  char *consumer32;
  int staging; /* MiB; %UNSAID: as consumers like */
  char *config;
} Options;

typedef struct {
  GMainLoop *loop;
  TbusTraceeIndex *index;
  TbusCore *core;
  TbusTracerSide *tracer;
  TbusPool *pool;
  TbusBus *bus;
  TbusWatchdog *watchdog; /* NULL: there is none to feed */
  const Options *options;
  gboolean ready; /* was, once */
  gboolean stopping;
  int status;
} Service;

static gboolean
parse_options (Options *options, int *argc, char ***argv, GError **error)
{
  GOptionEntry entries[] = {
    { "system", 0, 0, G_OPTION_ARG_NONE, &options->system_bus, "Serve every user on the system bus (default)", NULL },
    { "session", 0, 0, G_OPTION_ARG_NONE, &options->session_bus, "Serve only the caller, on the session bus", NULL },
    { "bus-address", 0, 0, G_OPTION_ARG_STRING, &options->bus_address, "Use the bus at ADDRESS", "ADDRESS" },
    { "rundir", 0, 0, G_OPTION_ARG_FILENAME, &options->rundir, "Let programs register in DIR", "DIR" },
    { "statedir", 0, 0, G_OPTION_ARG_FILENAME, &options->statedir, "Know sessions again by what is in DIR", "DIR" },
    { "consumer", 0, 0, G_OPTION_ARG_FILENAME, &options->consumer, "Consumer for 64-bit programs", "PROGRAM" },
    { "consumer32", 0, 0, G_OPTION_ARG_FILENAME, &options->consumer32, "Consumer for 32-bit programs", "PROGRAM" },
    { "staging-pool", 0, 0, G_OPTION_ARG_INT, &options->staging, "Memory of consumers that bridges bursts", "MIB" },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &options->config, "Read limits from FILE", "FILE" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit", NULL },
    { NULL },
  };
  g_autoptr(GOptionContext) context = g_option_context_new ("- record LTTng user-space traces, controlled over D-Bus");

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc > 1)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "\"%s\" is no option", (*argv)[1]);
  else if (options->session_bus && options->system_bus)
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "--system and --session exclude each other");
  else if (options->staging != UNSAID && (options->staging < 0 || options->staging > MAX_STAGING))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "--staging-pool takes 0 to %d MiB", MAX_STAGING);
  else
    return TRUE;
  return FALSE;
}

static void
options_clear (Options *options)
{
  g_free (options->bus_address);
  g_free (options->rundir);
  g_free (options->statedir);
  g_free (options->consumer);
  g_free (options->consumer32);
  g_free (options->config);
}

static gboolean
choose_rendezvous (const Options *options, TbusRendezvousPaths *paths, GError **error)
{
  if (!tbus_rendezvous_paths_init (paths, !options->session_bus && getuid () == 0, error))
    return FALSE;
  if (options->rundir == NULL)
    return TRUE;
  g_free (paths->directory);
  paths->directory = g_canonicalize_filename (options->rundir, NULL);
  g_free (paths->lock);
  paths->lock = g_build_filename (paths->directory, "tracebusd.lock", NULL);
  /* The directory is ours, the word that apps wait on is everybody's of this user. */
  paths->stay_awake = TRUE;
  g_free (paths->socket);
  paths->socket = g_build_filename (paths->directory, "lttng-ust-sock-8", NULL);
  return TRUE;
}

static char *
find_consumer (const char *given, const char *name)
{
  g_autofree char *path = given != NULL ? g_strdup (given) : g_build_filename (TRACEBUS_LIBEXECDIR, name, NULL);

  return g_file_test (path, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer (&path) : NULL;
}

/*
 * Suspending, where descriptors are kept: all comes to rest, what is known of it is written, and nothing is taken
 * apart: programs and consumers do not see the service go.
 */

static void
on_state_closed (gpointer data)
{
  Service *self = data;

  tbus_pool_suspend (self->pool);
  g_main_loop_quit (self->loop);
}

static void
on_tracer_suspended (gpointer data)
{
  Service *self = data;

  tbus_core_close_state (self->core, on_state_closed, self);
}

static void
on_bus_left (GObject *source, GAsyncResult *result, gpointer data)
{
  Service *self = data;

  tbus_bus_stop_finish (self->bus, result);
  tbus_tracer_side_suspend (self->tracer, on_tracer_suspended, self);
}

static void
on_core_suspended (GObject *source, GAsyncResult *result, gpointer data)
{
  Service *self = data;

  tbus_core_suspend_finish (self->core, result);
  tbus_bus_stop_async (self->bus, on_bus_left, self);
}

/* Taking apart: sessions (callers hear of it), callers, apps, consumers. */

static void
on_pool_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  Service *self = data;

  tbus_pool_shutdown_finish (self->pool, result);
  g_main_loop_quit (self->loop);
}

static void
on_tracer_stopped (gpointer data)
{
  Service *self = data;

  tbus_pool_shutdown_async (self->pool, on_pool_stopped, self);
}

static void
on_bus_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  Service *self = data;

  tbus_bus_stop_finish (self->bus, result);
  tbus_tracer_side_stop (self->tracer, on_tracer_stopped, self);
}

static void
on_core_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  Service *self = data;

  tbus_core_shutdown_finish (self->core, result);
  tbus_bus_stop_async (self->bus, on_bus_stopped, self);
}

static void
stop (Service *self, int status)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  self->status = status;
  if (self->ready) /* or it says why it cannot begin */
    tbus_log_message (TBUS_MSG_STOPPING, "TRACEBUS_STATUS", status == 0 ? "0" : "1",
                    tbus_fd_store_is_there ()
                      ? "Stopping: programs are traced on, if the service runs again at once"
                      : "Stopping: what is recorded is written out; sessions go on when the service runs again");
  tbus_service_manager_stopping ();
  if (tbus_fd_store_is_there ())
    tbus_core_suspend_async (self->core, on_core_suspended, self);
  else
    tbus_core_shutdown_async (self->core, on_core_stopped, self);
}

static gboolean
on_signal (gpointer data)
{
  stop (data, EXIT_SUCCESS);
  return G_SOURCE_CONTINUE;
}

static void
on_bus_lost (TbusBus *bus, const GError *error, gpointer data)
{
  tbus_log_warning (TBUS_MSG_BUS_LOST, "TRACEBUS_ERROR", error->message, "The bus is gone: %s", error->message);
  stop (data, EXIT_FAILURE);
}

static void
on_name_owned (GObject *source, GAsyncResult *result, gpointer data)
{
  Service *self = data;
  g_autoptr(GError) error = NULL;

  if (tbus_bus_own_finish (self->bus, result, &error))
    {
      const char *socket = tbus_tracer_side_get_socket_path (self->tracer);

      g_autofree char *status = g_strdup_printf ("Programs register at %s", socket);

      tbus_log_message (TBUS_MSG_READY, "TRACEBUS_SOCKET", socket, "Ready: programs register at %s", socket);
      tbus_service_manager_ready (status);
      self->ready = TRUE;
      return;
    }
  g_printerr ("tracebusd: cannot serve on the bus: %s\n", error->message);
  stop (self, EXIT_FAILURE);
}

/* Coming back: first what a former life left is there again, then callers are let in. */

static void
on_predecessors_ended (gpointer data)
{
  Service *self = data;

  if (!self->stopping)
    tbus_bus_own_async (self->bus, self->options->bus_address, self->options->session_bus, NULL, on_name_owned, self);
}

static void
say_restored (Service *self)
{
  guint n = tbus_session_set_count (tbus_core_get_sessions (self->core));
  g_autofree char *number = g_strdup_printf ("%u", n);

  if (n > 0)
    tbus_log_message (TBUS_MSG_STATE_RESTORED, "TRACEBUS_SESSIONS", number,
                      "%s sessions are there again as they were when the service ended", number);
}

/* NULL where no state can be kept: then the service does its work all the same. */
static char *
open_state (const Options *options)
{
  gboolean system = !options->session_bus && getuid () == 0;
  g_autofree char *directory = tbus_state_home_find (options->statedir, options->rundir, system);
  g_autoptr(GError) error = NULL;
  char *path = tbus_state_home_open (directory, &error);

  if (path == NULL)
    tbus_log_warning (TBUS_MSG_STATE_NOT_WRITTEN, "TRACEBUS_STATE", directory,
                      "%s; sessions will be forgotten when the service ends", error->message);
  return path;
}

static void
take_over (Service *self, TbusState *state)
{
  g_autoptr(GPtrArray) tracees = tbus_core_adopt (self->core, state);

  for (guint i = 0; i < tracees->len; i++)
    tbus_tracer_side_adopt (self->tracer, g_ptr_array_index (tracees, i));
}

/* Nothing is taken before the rendezvous is ours: another service may be alive. */
static gboolean
come_back (Service *self, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr(TbusState) state = NULL;

  if (!tbus_tracer_side_claim (self->tracer, error))
    return FALSE;
  path = open_state (self->options);
  state = path != NULL ? tbus_state_home_read (path) : NULL;
  if (state != NULL)
    tbus_core_restore (self->core, state);
  else
    state = tbus_state_new ();
  if (tbus_fd_store_is_there ())
    take_over (self, state);
  if (!tbus_tracer_side_start (self->tracer, error))
    return FALSE;
  say_restored (self);
  tbus_core_resume (self->core, state);
  if (path != NULL)
    {
      tbus_state_home_sweep (path);
      tbus_core_keep_state (self->core, path);
    }
  tbus_predecessors_await (state, on_predecessors_ended, self);
  return TRUE;
}

/* Putting together. */

static gboolean
service_init (Service *self, const Options *options, GError **error)
{
  g_auto(TbusRendezvousPaths) paths = { NULL };
  g_autofree char *consumer = find_consumer (options->consumer, "tracebus-consumerd");
  g_autofree char *consumer32 = find_consumer (options->consumer32, "tracebus-consumerd32");
  TbusBusInfo info = { TRACEBUS_VERSION, TRACER_VERSION, NULL };

  tbus_fd_budget_init (FD_RESERVE); /* limits may be a part of it */
  if (!tbus_limits_file_load (options->config != NULL ? options->config : TRACEBUS_CONFIG, options->config != NULL,
                              error)
      || !choose_rendezvous (options, &paths, error))
    return FALSE;
  (void) tbus_marks_init (); /* without it nothing is taken over */
  self->index = tbus_tracee_index_new ();
  self->core = tbus_core_new (self->index);
  self->pool = tbus_pool_new (consumer, consumer32);
  if (options->staging != UNSAID)
    tbus_spawner_set_staging_pool (tbus_pool_get_spawner (self->pool), (guint) options->staging);
  self->tracer = tbus_tracer_side_new (self->index, &tbus_core_tracer_events, self->core, &paths);
  tbus_core_plug (self->core, tbus_tracer_side_get_port (self->tracer), tbus_pool_port (self->pool));
  info.registration_socket = tbus_tracer_side_get_socket_path (self->tracer);
  self->bus = tbus_bus_new (self->core, &info);
  g_signal_connect (self->bus, "lost", G_CALLBACK (on_bus_lost), self);
  tbus_thread_start (TBUS_THREAD_LINK);
  tbus_thread_start (TBUS_THREAD_NOTIFY);
  self->watchdog = tbus_watchdog_start ();
  self->options = options;
  return come_back (self, error);
}

static void
service_clear (Service *self)
{
  g_clear_pointer (&self->watchdog, tbus_watchdog_stop);
  tbus_thread_stop (TBUS_THREAD_LINK);
  tbus_thread_stop (TBUS_THREAD_NOTIFY);
  while (g_main_context_iteration (NULL, FALSE))
    ; /* what the threads posted last */
  g_clear_object (&self->bus);
  g_clear_object (&self->core);
  g_clear_pointer (&self->tracer, tbus_tracer_side_free);
  g_clear_pointer (&self->pool, tbus_pool_free);
  g_clear_pointer (&self->index, tbus_tracee_index_free);
  tbus_class_cache_clear ();
  tbus_thread_end_grace_periods ();
  tbus_log_rate_flush ();
  g_main_loop_unref (self->loop);
}

/* All of it is somebody's who goes on: it is not taken apart. */
static void
service_leave (Service *self)
{
  tbus_thread_stop (TBUS_THREAD_LINK);
  tbus_thread_stop (TBUS_THREAD_NOTIFY);
  if (!tbus_fd_store_flush (LEAVE_MS))
    tbus_log_warning (TBUS_MSG_STORE_SLOW, "TRACEBUS_STATUS", self->status == 0 ? "0" : "1",
                      "systemd was not told of all descriptors within %d ms: programs that came last register anew",
                      LEAVE_MS);
  exit (self->status);
}

int
main (int argc, char **argv)
{
  Options options = { .staging = UNSAID };
  Service service = { 0 };
  g_autoptr(GError) error = NULL;

  tbus_thread_init ();
  tbus_log_init ();
  tbus_fd_store_init ();
  setlocale (LC_ALL, "");
  if (!parse_options (&options, &argc, &argv, &error))
    {
      g_printerr ("tracebusd: %s; --help lists the options\n", error->message);
      options_clear (&options);
      return 2;
    }
  if (options.version)
    {
      g_print ("tracebusd %s (lttng-ust-ctl %s)\n", TRACEBUS_VERSION, TRACER_VERSION);
      options_clear (&options);
      return EXIT_SUCCESS;
    }
  service.loop = g_main_loop_new (NULL, FALSE);
  if (tbus_capabilities_keep_needed (&error) && service_init (&service, &options, &error))
    {
      g_unix_signal_add (SIGTERM, on_signal, &service);
      g_unix_signal_add (SIGINT, on_signal, &service);
      g_main_loop_run (service.loop);
    }
  else
    {
      g_printerr ("tracebusd: %s\n", error->message);
      service.status = EXIT_FAILURE;
    }
  if (tbus_fd_store_is_there ())
    service_leave (&service);
  else
    service_clear (&service);
  options_clear (&options);
  return service.status;
}
