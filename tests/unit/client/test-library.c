/* SPDX-License-Identifier: GPL-2.0-only */
/* libtracebus-1 as its users have it. */
#include "client/tracebus.h"

#include "fake.h"
#include "support/bus.h"

#include <tracebus-proxies.h>

#define S1 "/org/tracebus1/session/1"
#define GET_SESSION "/org/tracebus1 Manager.GetSession"

typedef struct {
  TstDir *dir;
  TstBus *bus;
  TstFake *fake;
  GDBusConnection *connection;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr(GDBusConnection) service = NULL;

  f->dir = tst_dir_new ();
  f->bus = tst_bus_new (f->dir);
  service = tst_bus_connect (f->bus);
  f->fake = tst_fake_new (service);
  f->connection = tst_bus_connect (f->bus);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", tst_bus_address (f->bus), TRUE);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere", TRUE);
  g_unsetenv ("TRACEBUS_BUS");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_dbus_connection_close_sync (f->connection, NULL, NULL);
  g_object_unref (f->connection);
  tst_fake_free (f->fake);
  tst_bus_free (f->bus);
  tst_dir_free (f->dir);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static void
close_quietly (TbusClient *client)
{
  g_dbus_connection_set_exit_on_close (tbus_client_get_connection (client), FALSE);
}

static void
finds_the_bus_that_the_environment_names (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusClient) client = NULL;
  g_autoptr(GError) error = NULL;

  client = tbus_client_new_sync (G_BUS_TYPE_NONE, NULL, &error);
  g_assert_no_error (error);
  close_quietly (client);
  g_setenv ("TRACEBUS_BUS", "session", TRUE);
  g_assert_null (tbus_client_new_sync (G_BUS_TYPE_NONE, NULL, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_setenv ("TRACEBUS_BUS", "tram", TRUE);
  g_assert_null (tbus_client_new_sync (G_BUS_TYPE_NONE, NULL, &error));
  g_assert_error (error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_INVALID_ARGS);
}

static void
connects_without_blocking (Fixture *f, gconstpointer data)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) refused = NULL;
  g_autoptr(TbusClient) client = NULL;
  g_autoptr(GError) error = NULL;

  tbus_client_new_async (G_BUS_TYPE_SYSTEM, NULL, keep_result, &result);
  client = tbus_client_new_finish (wait_for (&result), &error);
  g_assert_no_error (error);
  close_quietly (client);
  tbus_client_new_async (G_BUS_TYPE_SESSION, NULL, keep_result, &refused);
  g_assert_null (tbus_client_new_finish (wait_for (&refused), &error));
  g_assert_nonnull (error);
}

static void
maps_every_error_of_the_service (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "NotFound", "AlreadyExists", "InvalidArgs", "InvalidState", "NotAuthorized",
                                       "Unsupported", "FilterSyntax", "Exhausted", "OutputUnavailable",
                                       "ConsumerFailed", "AppGone", "TimedOut" };
  g_autoptr(TbusClient) client = tbus_client_new_for_connection (f->connection);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *name = g_strconcat ("org.tracebus1.Error.", names[i], NULL);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;

      tst_fake_refuse (f->fake, GET_SESSION, name, "a sentence");
      tbus_client_call_async (client, TBUS_ROOT_PATH, "Manager.GetSession", g_variant_new ("(s)", "x"), NULL,
                              keep_result, &result);
      g_assert_null (tbus_client_call_finish (client, wait_for (&result), &error));
      g_assert_error (error, TBUS_CLIENT_ERROR, (int) i);
      g_assert_cmpstr (error->message, ==, "a sentence");
    }
}

static void
stops_waiting_when_it_is_cancelled (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusClient) client = tbus_client_new_for_connection (f->connection);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  tst_fake_ignore (f->fake, S1 " Session.Stop");
  tbus_client_call_async (client, S1, "Session.Stop", g_variant_new_parsed ("(@a{sv} {},)"), cancellable, keep_result,
                          &result);
  tst_fake_wait_call (f->fake, S1 " Session.Stop");
  g_cancellable_cancel (cancellable);
  g_assert_null (tbus_client_call_finish (client, wait_for (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
has_typed_proxies_of_all_objects (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusManager) manager = NULL;
  g_autoptr(GDBusObjectManager) objects = NULL;
  g_autoptr(GDBusInterface) session = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *path = NULL;

  tst_fake_answer (f->fake, "/org/tracebus1 Properties.GetAll", "({'SessionCount': <uint32 1>},)");
  tst_fake_answer (f->fake, GET_SESSION, "(objectpath '" S1 "',)");
  tst_fake_answer (f->fake, "/org/tracebus1 ObjectManager.GetManagedObjects",
                   "({objectpath '" S1 "': {'org.tracebus1.Session': {'Name': <'demo'>}}},)");
  manager = tbus_manager_proxy_new_sync (f->connection, G_DBUS_PROXY_FLAGS_NONE, TBUS_BUS_NAME, TBUS_ROOT_PATH, NULL,
                                         &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tbus_manager_get_session_count (manager), ==, 1);
  g_assert_true (tbus_manager_call_get_session_sync (manager, "demo", &path, NULL, &error));
  g_assert_cmpstr (path, ==, S1);
  objects = tbus_object_manager_client_new_sync (f->connection, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_NONE, TBUS_BUS_NAME,
                                                 TBUS_ROOT_PATH, NULL, &error);
  g_assert_no_error (error);
  session = g_dbus_object_manager_get_interface (objects, S1, "org.tracebus1.Session");
  g_assert_true (TBUS_IS_SESSION (session));
  g_assert_cmpstr (tbus_session_get_name (TBUS_SESSION (session)), ==, "demo");
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/client/library/finds-the-bus-that-the-environment-names", finds_the_bus_that_the_environment_names);
  ADD ("/client/library/connects-without-blocking", connects_without_blocking);
  ADD ("/client/library/maps-every-error-of-the-service", maps_every_error_of_the_service);
  ADD ("/client/library/stops-waiting-when-it-is-cancelled", stops_waiting_when_it_is_cancelled);
  ADD ("/client/library/has-typed-proxies-of-all-objects", has_typed_proxies_of_all_objects);
  return g_test_run ();
}
