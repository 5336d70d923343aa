/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/service.h"

#include "support/leak.h"
#include "support/sanitizers.h"
#include "support/threads.h"

#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STORE_SIZE = 1024, TICK_MS = 100 };

struct TstService {
  TstDir *dir;
  TstBus *bus;
  GStrv environment;
  TstChild *daemon; /* NULL while it does not run */
  TstStore *store;  /* nullable */
  gboolean for_all;
  GDBusConnection *caller;
  guint subscription;
  GPtrArray *changes; /* of Change */
  GSource *patience; /* of the wait that runs */
  GSource *tick;     /* the same */
  char *limit;       /* what the shell's ulimit is to be told; "": nothing */
};

/* A value that a property was told to have. */
typedef struct {
  char *property; /* "Session.State" */
  char *text;
} Change;

struct TstAnswer {
  TstService *service;
  char *member;
  GVariant *reply;
  GError *error;
};

static void
change_free (gpointer data)
{
  Change *change = data;

  g_free (change->property);
  g_free (change->text);
  g_free (change);
}

/* Signals of all kinds wake a wait; those of properties are remembered, for a value may be gone when we ask. */
static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
           const char *signal, GVariant *parameters, gpointer data)
{
  TstService *self = data;
  g_autoptr(GVariantIter) values = NULL;
  const char *about, *name;
  GVariant *value;

  if (!g_str_equal (signal, "PropertiesChanged"))
    return;
  g_variant_get (parameters, "(&sa{sv}as)", &about, &values, NULL);
  while (g_variant_iter_next (values, "{&sv}", &name, &value))
    {
      Change *change = g_new (Change, 1);

      change->property = g_strconcat (strrchr (about, '.') + 1, ".", name, NULL);
      change->text = g_variant_print (value, FALSE);
      g_ptr_array_add (self->changes, change);
      g_variant_unref (value);
    }
}

gboolean
tst_heard (TstService *self, const char *property, const char *text)
{
  for (guint i = 0; i < self->changes->len; i++)
    {
      const Change *change = g_ptr_array_index (self->changes, i);

      if (g_str_equal (change->property, property) && strstr (change->text, text) != NULL)
        return TRUE;
    }
  return FALSE;
}

TstService *
tst_service_new_idle (void)
{
  TstService *self = g_new0 (TstService, 1);

  self->changes = g_ptr_array_new_with_free_func (change_free);
  self->limit = g_strdup ("");
  self->dir = tst_dir_new ();
  self->bus = tst_bus_new (self->dir);
  self->environment = tst_sanitizers_watch (tst_environ (self->dir, tst_bus_address (self->bus)), self->dir);
  self->caller = tst_bus_connect (self->bus);
  self->subscription = g_dbus_connection_signal_subscribe (self->caller, "org.tracebus1", NULL, NULL, NULL, NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);
  return self;
}

TstService *
tst_service_new (void)
{
  TstService *self = tst_service_new_idle ();

  tst_service_start (self, NULL);
  return self;
}

TstStore *
tst_service_use_store (TstService *self)
{
  self->store = tst_store_new (self->dir, STORE_SIZE);
  return self->store;
}

/* They outlive the service as long as their links are kept. */
static void
end_kept_consumers (TstService *self)
{
  g_auto(GStrv) consumers = tst_objects (self, "Consumer");
  g_autofree int *ended = g_new (int, g_strv_length (consumers) + 1);
  guint n = 0;

  for (guint i = 0; consumers[i] != NULL; i++)
    {
      ended[n] = syscall (SYS_pidfd_open, (pid_t) tst_get_number (self, consumers[i], "Consumer.Pid"), 0);
      n += ended[n] >= 0 ? 1 : 0;
    }
  tst_service_stop (self);
  g_clear_pointer (&self->store, tst_store_free);
  for (guint i = 0; i < n; i++)
    tst_process_await (ended[i]);
}

void
tst_service_free (TstService *self)
{
  if (self->daemon != NULL && self->store != NULL)
    end_kept_consumers (self);
  else if (self->daemon != NULL)
    tst_service_stop (self);
  g_clear_pointer (&self->store, tst_store_free);
  tst_sanitizers_refuse_reports (self->dir);
  g_dbus_connection_signal_unsubscribe (self->caller, self->subscription);
  g_dbus_connection_close_sync (self->caller, NULL, NULL);
  g_object_unref (self->caller);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_ptr_array_unref (self->changes);
  tst_bus_free (self->bus);
  g_free (self->limit);
  g_strfreev (self->environment);
  tst_dir_free (self->dir);
  g_free (self);
}

TstChild *
tst_service_launch (TstService *self, const char *option, const char *log)
{
  g_autofree char *program = tst_build_path ("service/tracebusd");
  g_autofree char *consumer = tst_build_path ("service/consumer/tracebus-consumerd");
  g_autofree char *consumer32 = tst_build_path ("service/consumer/tracebus-consumerd32");
  g_autofree char *rundir = self->for_all ? g_strdup ("/run/lttng") : tst_dir_file (self->dir, ".lttng");
  const char *argv[] = { "sh", "-c",
                         "test -z \"$1\" || exec 2>>\"$1\"; test -z \"$2\" || ulimit $2; shift 2; export LISTEN_PID=$$;"
                         "exec \"$@\"", "sh", log != NULL ? log : "", self->limit, program,
                         self->for_all ? "--system" : "--session", "--rundir", rundir, "--consumer", consumer,
                         "--consumer32", consumer32, option, NULL };

  g_autoptr(TstChild) before = g_steal_pointer (&self->daemon);
  g_auto(GStrv) environment = g_strdupv (self->environment);
  const int *fds = NULL;
  gsize n_fds = 0;

  g_clear_pointer (&before, tst_child_free); /* what it has kept is known after its end */
  if (self->store != NULL)
    {
      environment = tst_store_environ (self->store, environment);
      fds = tst_store_get_fds (self->store, &n_fds);
    }
  self->daemon = tst_child_start_with_fds (argv, (const char *const *) environment, fds, n_fds);
  return self->daemon;
}

void
tst_service_limit (TstService *self, const char *limit)
{
  g_free (self->limit);
  self->limit = g_strdup (limit);
}

void
tst_service_setenv (TstService *self, const char *name, const char *value)
{
  self->environment = g_environ_setenv (self->environment, name, value, TRUE);
}

void
tst_service_start (TstService *self, const char *option)
{
  tst_service_launch (self, option, NULL);
  tst_bus_wait_name (self->bus, "org.tracebus1");
}

void
tst_service_start_for_all (TstService *self)
{
  g_autofree char *option = g_strdup_printf ("--statedir=%s/state", tst_dir_path (self->dir));

  /* Others come to the bus, and their consumers write what sanitizers say. */
  g_assert_cmpint (chmod (tst_dir_path (self->dir), 01777), ==, 0);
  self->for_all = TRUE;
  tst_service_start (self, option);
}

void
tst_service_stop (TstService *self)
{
  tst_child_signal (self->daemon, SIGTERM);
  tst_child_finish (self->daemon);
  g_clear_pointer (&self->daemon, tst_child_free);
}

void
tst_service_kill (TstService *self)
{
  g_clear_pointer (&self->daemon, tst_child_free);
}

pid_t
tst_service_pid (TstService *self)
{
  return tst_child_pid (self->daemon);
}

TstDir *
tst_service_dir (TstService *self)
{
  return self->dir;
}

TstBus *
tst_service_bus (TstService *self)
{
  return self->bus;
}

const char *const *
tst_service_environment (TstService *self)
{
  return (const char *const *) self->environment;
}

/* Programs. */

static TstChild *
start_app (TstService *self, const char *name, va_list args)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *file = g_build_filename ("tests/support/apps", name, NULL);
  g_autofree char *program = tst_build_path (file);
  const char *argument;

  g_ptr_array_add (argv, program);
  while ((argument = va_arg (args, const char *)) != NULL)
    g_ptr_array_add (argv, (gpointer) argument);
  g_ptr_array_add (argv, NULL);
  return tst_child_start ((const char *const *) argv->pdata, tst_service_environment (self));
}

TstChild *
tst_app_start (TstService *self, const char *name, ...)
{
  TstChild *app;
  va_list args;

  va_start (args, name);
  app = start_app (self, name, args);
  va_end (args);
  return app;
}

void
tst_app_run (TstService *self, const char *name, ...)
{
  g_autoptr(TstChild) app = NULL;
  va_list args;

  va_start (args, name);
  app = start_app (self, name, args);
  va_end (args);
  tst_child_finish (app);
}

void
tst_app_go (TstChild *app, guint n)
{
  g_autofree char *line = NULL;

  tst_child_say (app, "go %u", n);
  line = tst_child_wait_line (app, "done");
}

/* Calls. */

/* Ends the test where it fails, unless @refusal (nullable) is to be told why. */
static GVariant *
call (TstService *self, const char *path, const char *member, GVariant *parameters, GError **refusal)
{
  g_auto(GStrv) parts = g_strsplit (member, ".", 2);
  g_autofree char *interface = g_strconcat ("org.tracebus1.", parts[0], NULL);
  g_autoptr(GError) error = NULL;
  GVariant *reply = g_dbus_connection_call_sync (self->caller, "org.tracebus1", path, interface, parts[1], parameters,
                                                 NULL, G_DBUS_CALL_FLAGS_NONE, TST_CALL_MS, NULL, &error);

  if (reply == NULL && refusal == NULL)
    g_error ("%s %s: %s", path, member, error->message);
  if (reply == NULL)
    g_propagate_error (refusal, g_steal_pointer (&error));
  return reply;
}

GVariant *
tst_call (TstService *self, const char *path, const char *member, const char *format, ...)
{
  GVariant *parameters;
  va_list args;

  va_start (args, format);
  parameters = g_variant_new_parsed_va (format, &args);
  va_end (args);
  return call (self, path, member, parameters, NULL);
}

void
tst_do (TstService *self, const char *path, const char *member, const char *format, ...)
{
  GVariant *parameters;
  va_list args;

  va_start (args, format);
  parameters = g_variant_new_parsed_va (format, &args);
  va_end (args);
  g_variant_unref (call (self, path, member, parameters, NULL));
}

char *
tst_refused (TstService *self, const char *path, const char *member, const char *format, ...)
{
  static const char prefix[] = "org.tracebus1.Error.";
  g_autofree char *name = NULL;
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;
  GVariant *parameters;
  va_list args;

  va_start (args, format);
  parameters = g_variant_new_parsed_va (format, &args);
  va_end (args);
  reply = call (self, path, member, parameters, &error);
  if (reply != NULL)
    g_error ("%s %s was not refused", path, member);
  name = g_dbus_error_get_remote_error (error);
  g_dbus_error_strip_remote_error (error);
  if (name == NULL || !g_str_has_prefix (name, prefix))
    g_error ("%s %s: %s: %s", path, member, name, error->message);
  return g_strdup_printf ("%s: %s", name + strlen (prefix), error->message);
}

void
tst_expect (char *said, const char *beginning)
{
  g_test_message ("%s", said);
  if (!g_str_has_prefix (said, beginning))
    g_error ("\"%s\" does not begin with \"%s\"", said, beginning);
  g_free (said);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  TstAnswer *answer = data;

  answer->reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &answer->error);
}

TstAnswer *
tst_ask (TstService *self, const char *path, const char *member, const char *format, ...)
{
  g_auto(GStrv) parts = g_strsplit (member, ".", 2);
  g_autofree char *interface = g_strconcat ("org.tracebus1.", parts[0], NULL);
  TstAnswer *answer = g_new0 (TstAnswer, 1);
  GVariant *parameters;
  va_list args;

  va_start (args, format);
  parameters = g_variant_new_parsed_va (format, &args);
  va_end (args);
  answer->service = self;
  answer->member = g_strdup (member);
  g_dbus_connection_call (self->caller, "org.tracebus1", path, interface, parts[1], parameters, NULL,
                          G_DBUS_CALL_FLAGS_NONE, TST_CALL_MS, NULL, on_answer, answer);
  return answer;
}

gboolean
tst_answer_is_there (TstAnswer *answer)
{
  return answer->reply != NULL || answer->error != NULL;
}

GVariant *
tst_answer (TstAnswer *answer)
{
  GVariant *reply;

  tst_wait_until (answer->service, tst_answer_is_there (answer));
  if (answer->reply == NULL)
    g_error ("%s: %s", answer->member, answer->error->message);
  reply = answer->reply;
  g_free (answer->member);
  g_free (answer);
  return reply;
}

gboolean
tst_answer_ignore (TstAnswer *answer)
{
  gboolean good;

  tst_wait_until (answer->service, tst_answer_is_there (answer));
  good = answer->error == NULL;
  g_clear_pointer (&answer->reply, g_variant_unref);
  g_clear_error (&answer->error);
  g_free (answer->member);
  g_free (answer);
  return good;
}

/* Properties and objects. */

GVariant *
tst_get (TstService *self, const char *path, const char *property)
{
  g_auto(GStrv) parts = g_strsplit (property, ".", 2);
  g_autofree char *interface = g_strconcat ("org.tracebus1.", parts[0], NULL);
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;
  GVariant *value;

  reply = g_dbus_connection_call_sync (self->caller, "org.tracebus1", path, "org.freedesktop.DBus.Properties", "Get",
                                       g_variant_new ("(ss)", interface, parts[1]), NULL, G_DBUS_CALL_FLAGS_NONE,
                                       TST_CALL_MS, NULL, &error);
  if (reply == NULL)
    g_error ("%s %s: %s", path, property, error->message);
  g_variant_get (reply, "(v)", &value);
  return value;
}

guint64
tst_get_number (TstService *self, const char *path, const char *property)
{
  g_autoptr(GVariant) value = tst_get (self, path, property);

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return g_variant_get_boolean (value);
  return g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32) ? g_variant_get_uint32 (value)
                                                             : g_variant_get_uint64 (value);
}

char *
tst_get_string (TstService *self, const char *path, const char *property)
{
  g_autoptr(GVariant) value = tst_get (self, path, property);

  return g_variant_dup_string (value, NULL);
}

guint
tst_get_length (TstService *self, const char *path, const char *property)
{
  g_autoptr(GVariant) value = tst_get (self, path, property);

  return g_variant_n_children (value);
}

GStrv
tst_objects (TstService *self, const char *interface)
{
  g_autofree char *name = g_strconcat ("org.tracebus1.", interface, NULL);
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GVariantIter) objects = NULL;
  g_autoptr(GError) error = NULL;
  GVariant *interfaces;
  const char *path;

  reply = g_dbus_connection_call_sync (self->caller, "org.tracebus1", TST_ROOT, "org.freedesktop.DBus.ObjectManager",
                                       "GetManagedObjects", NULL, G_VARIANT_TYPE ("(a{oa{sa{sv}}})"),
                                       G_DBUS_CALL_FLAGS_NONE, TST_CALL_MS, NULL, &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(a{oa{sa{sv}}})", &objects);
  while (g_variant_iter_next (objects, "{&o@a{sa{sv}}}", &path, &interfaces))
    {
      g_autoptr(GVariant) properties = g_variant_lookup_value (interfaces, name, NULL);

      if (properties != NULL)
        g_strv_builder_add (builder, path);
      g_variant_unref (interfaces);
    }
  return g_strv_builder_end (builder);
}

pid_t
tst_service_consumer_pid (TstService *self)
{
  g_auto(GStrv) consumers = tst_objects (self, "Consumer");

  g_assert_cmpuint (g_strv_length (consumers), ==, 1);
  return tst_get_number (self, consumers[0], "Consumer.Pid");
}

static char *
find_app (TstService *self, pid_t pid, const char *state)
{
  g_autoptr(GVariant) reply = tst_call (self, TST_ROOT, "Manager.GetAppsByPid", "(%u,)", pid);
  g_autofree char *path = NULL;
  g_autofree char *actual = NULL;
  g_auto(GStrv) paths = NULL;

  g_variant_get (reply, "(^ao)", &paths);
  if (paths[0] == NULL)
    return NULL;
  actual = tst_get_string (self, paths[0], "App.State");
  return state == NULL || g_str_equal (actual, state) ? g_strdup (paths[0]) : NULL;
}

char *
tst_wait_app (TstService *self, pid_t pid, const char *state)
{
  char *path = NULL;

  tst_wait_until (self, (path = find_app (self, pid, state)) != NULL);
  return path;
}

/* Waiting. */

static gboolean
on_patience_lost (gpointer data)
{
  g_autofree char *threads = tst_threads_tell (getpid ());

  g_error ("waited in vain for %s\n%s", (const char *) data, threads);
  return G_SOURCE_REMOVE;
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
tst_service_begin_wait (TstService *self, const char *what)
{
  g_assert_null (self->patience);
  self->tick = g_timeout_source_new (TICK_MS);
  g_source_set_callback (self->tick, on_tick, NULL, NULL);
  g_source_attach (self->tick, NULL);
  self->patience = g_timeout_source_new (TST_PATIENCE_MS);
  g_source_set_callback (self->patience, on_patience_lost, (gpointer) what, NULL);
  g_source_attach (self->patience, NULL);
}

void
tst_service_iterate (TstService *self)
{
  g_main_context_iteration (NULL, TRUE);
}

void
tst_service_end_wait (TstService *self)
{
  g_source_destroy (self->tick);
  g_clear_pointer (&self->tick, g_source_unref);
  g_source_destroy (self->patience);
  g_clear_pointer (&self->patience, g_source_unref);
}
