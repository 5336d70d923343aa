/* SPDX-License-Identifier: GPL-2.0-only */
#include "rig.h"

#include "base/fd-budget.h"

#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_S = 60 };

TbusBus *
rig_make_bus (Rig *self)
{
  TbusBusInfo info = { "1.2.3", "2.13.5", "/run/lttng/lttng-ust-sock-8" };

  return tbus_bus_new (self->core, &info);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

gboolean
rig_own_at (Rig *self, TbusBus *bus, const char *address, GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  tbus_bus_own_async (bus, address, FALSE, NULL, keep_result, &result);
  rig_wait_until (result != NULL);
  return tbus_bus_own_finish (bus, result, error);
}

gboolean
rig_own (Rig *self, TbusBus *bus, GError **error)
{
  return rig_own_at (self, bus, self->polkit != NULL ? NULL : tst_bus_address (self->daemon), error);
}

static void
rig_stop_bus (Rig *self)
{
  g_autoptr(GAsyncResult) stopped = NULL;

  tbus_bus_stop_async (self->bus, keep_result, &stopped);
  rig_wait_until (stopped != NULL);
  tbus_bus_stop_finish (self->bus, stopped);
}

void
rig_restart_bus (Rig *self)
{
  g_autoptr(GError) error = NULL;

  rig_stop_bus (self);
  g_object_unref (self->bus);
  self->bus = rig_make_bus (self);
  rig_own (self, self->bus, &error);
  g_assert_no_error (error);
}

void
rig_end_daemon (Rig *self)
{
  g_clear_pointer (&self->daemon, tst_bus_free);
}

static Rig *
rig_build (uid_t service_uid, gboolean polkit)
{
  g_autoptr(GError) error = NULL;
  Rig *self = g_new0 (Rig, 1);

  self->dir = tst_dir_new ();
  g_assert_cmpint (chmod (tst_dir_path (self->dir), 0711), ==, 0); /* other users come to the bus */
  self->daemon = tst_bus_new (self->dir);
  self->index = tbus_tracee_index_new ();
  self->core = tbus_core_new (self->index);
  self->tracer = tst_fake_tracer_new ();
  self->tracees = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_tracee_unref);
  tbus_core_plug (self->core, tst_fake_tracer_port (self->tracer), tst_fake_pool (&self->pool));
  if (service_uid != geteuid ())
    g_assert_cmpint (seteuid (service_uid), ==, 0);
  self->bus = rig_make_bus (self);
  if (polkit)
    {
      g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", tst_bus_address (self->daemon), TRUE);
      self->polkit = tst_fake_polkit_new (tst_bus_address (self->daemon));
    }
  if (geteuid () != getuid ())
    g_assert_cmpint (seteuid (getuid ()), ==, 0);
  rig_own (self, self->bus, &error);
  g_assert_no_error (error);
  self->caller = tst_bus_connect (self->daemon);
  return self;
}

Rig *
rig_new (void)
{
  return rig_build (geteuid (), FALSE);
}

Rig *
rig_new_as (uid_t service_uid)
{
  return rig_build (service_uid, FALSE);
}

Rig *
rig_new_with_polkit (void)
{
  return rig_build (geteuid (), TRUE);
}

static void
rig_shut_down (Rig *self)
{
  g_autoptr(GAsyncResult) shut_down = NULL;

  rig_stop_bus (self);
  tbus_core_shutdown_async (self->core, keep_result, &shut_down);
  rig_wait_until (shut_down != NULL);
  tbus_core_shutdown_finish (self->core, shut_down);
  for (guint i = 0; i < self->tracees->len; i++)
    tst_fake_tracer_leave (self->tracer, self->core, g_ptr_array_index (self->tracees, i));
}

void
rig_free (Rig *self)
{
  rig_shut_down (self);
  g_dbus_connection_close_sync (self->caller, NULL, NULL);
  g_object_unref (self->caller);
  g_object_unref (self->bus);
  /* The last call lets go when its worker has said that it is done, which may be after its answer. */
  rig_wait_until (G_OBJECT (self->core)->ref_count == 1);
  g_ptr_array_unref (self->tracees);
  g_object_unref (self->core);
  g_clear_object (&self->pool.consumer);
  tst_fake_tracer_free (self->tracer);
  tbus_tracee_index_free (self->index);
  g_clear_pointer (&self->polkit, tst_fake_polkit_free);
  g_clear_pointer (&self->daemon, tst_bus_free);
  tst_dir_free (self->dir);
  rcu_barrier ();
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
  g_free (self);
}

GDBusConnection *
rig_connect_as (Rig *self, uid_t uid)
{
  GDBusConnection *connection;

  g_assert_cmpint (seteuid (uid), ==, 0);
  connection = tst_bus_connect (self->daemon);
  g_assert_cmpint (seteuid (getuid ()), ==, 0);
  return connection;
}

GVariant *
rig_try (Rig *self, GDBusConnection *caller, const char *path, const char *member, GVariant *parameters,
         GError **error)
{
  g_auto(GStrv) names = g_strsplit (member, ".", 2);
  g_autofree char *interface = g_strconcat ("org.tracebus1.", names[0], NULL);
  g_autoptr(GAsyncResult) result = NULL;

  g_dbus_connection_call (caller, "org.tracebus1", path, interface, names[1], parameters, NULL,
                          G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, keep_result, &result);
  rig_wait_until (result != NULL);
  return g_dbus_connection_call_finish (caller, result, error);
}

GVariant *
rig_call (Rig *self, const char *path, const char *member, GVariant *parameters)
{
  g_autoptr(GError) error = NULL;
  GVariant *reply = rig_try (self, self->caller, path, member, parameters, &error);

  g_assert_no_error (error);
  return reply;
}

char *
rig_refused (Rig *self, const char *path, const char *member, GVariant *parameters, const char *name)
{
  g_autofree char *expected = g_strconcat ("org.tracebus1.Error.", name, NULL);
  g_autofree char *text = NULL;
  g_autofree char *actual = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) sunk = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;
  g_autoptr(GVariant) reply = rig_try (self, self->caller, path, member, sunk, &error);

  text = sunk != NULL && g_variant_get_size (sunk) < 1000 ? g_variant_print (sunk, TRUE) : g_strdup ("");
  if (reply != NULL)
    g_error ("%s %s %s was not refused with %s", path, member, text, name);
  actual = g_dbus_error_get_remote_error (error);
  if (g_strcmp0 (actual, expected) != 0)
    g_error ("%s %s %s was refused with %s (%s), not with %s", path, member, text, actual, error->message, name);
  g_dbus_error_strip_remote_error (error);
  g_assert_cmpuint (strlen (error->message), >, 10);
  return g_strdup (error->message);
}

GVariant *
rig_try_standard (Rig *self, const char *path, const char *interface, const char *method, GVariant *parameters,
                  GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  g_dbus_connection_call (self->caller, "org.tracebus1", path, interface, method, parameters, NULL,
                          G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, keep_result, &result);
  rig_wait_until (result != NULL);
  return g_dbus_connection_call_finish (self->caller, result, error);
}

GVariant *
rig_call_standard (Rig *self, const char *path, const char *interface, const char *method, GVariant *parameters)
{
  g_autoptr(GError) error = NULL;
  GVariant *reply = rig_try_standard (self, path, interface, method, parameters, &error);

  g_assert_no_error (error);
  return reply;
}

GVariant *
rig_get (Rig *self, const char *path, const char *property)
{
  g_auto(GStrv) names = g_strsplit (property, ".", 2);
  g_autofree char *interface = g_strconcat ("org.tracebus1.", names[0], NULL);
  g_autoptr(GVariant) reply = rig_call_standard (self, path, "org.freedesktop.DBus.Properties", "Get",
                                             g_variant_new ("(ss)", interface, names[1]));
  GVariant *value;

  g_variant_get (reply, "(v)", &value);
  return value;
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

char *
rig_snapshot (Rig *self)
{
  g_autoptr(GVariant) reply = rig_call_standard (self, RIG_ROOT, "org.freedesktop.DBus.ObjectManager",
                                                 "GetManagedObjects", NULL);
  g_autoptr(GVariant) objects = g_variant_get_child_value (reply, 0);
  g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < g_variant_n_children (objects); i++)
    {
      g_autoptr(GVariant) object = g_variant_get_child_value (objects, i);

      g_ptr_array_add (lines, g_variant_print (object, TRUE));
    }
  g_ptr_array_sort (lines, compare_texts);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

GVariant *
rig_options (const char *key, GVariant *value)
{
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  if (key != NULL)
    g_variant_builder_add (&dict, "{sv}", key, value);
  return g_variant_builder_end (&dict);
}

GVariant *
rig_no_options (void)
{
  return g_variant_new ("(@a{sv})", rig_options (NULL, NULL));
}

GVariant *
rig_one_rule (const char *channel, const char *pattern, GVariant *options)
{
  GVariantBuilder rules;

  g_variant_builder_init (&rules, G_VARIANT_TYPE ("a(sa{sv})"));
  g_variant_builder_add (&rules, "(s@a{sv})", pattern, options);
  return g_variant_new ("(sa(sa{sv})@a{sv})", channel, &rules, rig_options (NULL, NULL));
}

GVariant *
rig_lookup (GVariant *reply, const char *key)
{
  g_autoptr(GVariant) dict = g_variant_get_child_value (reply, g_variant_n_children (reply) - 1);

  return g_variant_lookup_value (dict, key, NULL);
}

void
rig_assert_entry (GVariant *reply, const char *key, const char *expected)
{
  g_autoptr(GVariant) value = rig_lookup (reply, key);
  g_autofree char *text = value != NULL ? g_variant_print (value, TRUE) : g_strdup ("missing");

  if (!g_str_equal (text, expected))
    g_error ("%s is %s, not %s", key, text, expected);
}

void
rig_assert_property (Rig *self, const char *path, const char *property, const char *expected)
{
  g_autoptr(GVariant) value = rig_get (self, path, property);
  g_autofree char *text = g_variant_print (value, TRUE);

  if (!g_str_equal (text, expected))
    g_error ("%s of %s is %s, not %s", property, path, text, expected);
}

static char *
take_path (GVariant *reply)
{
  g_autoptr(GVariant) owned = reply;
  char *path;

  g_variant_get (owned, "(o)", &path);
  return path;
}

char *
rig_session (Rig *self, const char *name)
{
  return take_path (
    rig_call (self, RIG_ROOT, "Manager.CreateSession", g_variant_new ("(s@a{sv})", name, rig_options (NULL, NULL))));
}

char *
rig_channel (Rig *self, const char *session, const char *name)
{
  return take_path (
    rig_call (self, session, "Session.CreateChannel", g_variant_new ("(s@a{sv})", name, rig_options (NULL, NULL))));
}

char *
rig_app (Rig *self, const char *name)
{
  return rig_app_of (self, name, getuid ());
}

char *
rig_app_of (Rig *self, const char *name, uid_t uid)
{
  TbusTracee *tracee = tst_fake_tracer_register (self->tracer, self->core, name, uid);
  TbusAppSet *apps = tbus_core_get_apps (self->core);

  g_ptr_array_add (self->tracees, tracee);
  rig_wait_until (tbus_app_set_is_shown (apps, tbus_app_set_find_id (apps, tracee->id)));
  return g_strdup_printf (RIG_ROOT "/app/%" G_GUINT64_FORMAT, tracee->id);
}

const TbusInterface *const rig_interfaces[] = {
  &tbus_manager_interface, &tbus_session_interface, &tbus_channel_interface,
  &tbus_app_interface, &tbus_consumer_interface, NULL,
};

GVariant *
rig_plausible (const GDBusMethodInfo *method, GVariant *options)
{
  g_autoptr(GVariant) sunk = g_variant_ref_sink (options);
  GVariantBuilder arguments;

  g_variant_builder_init (&arguments, G_VARIANT_TYPE_TUPLE);
  for (guint i = 0; method->in_args != NULL && method->in_args[i] != NULL; i++)
    {
      const char *type = method->in_args[i]->signature;

      if (g_str_equal (type, "a{sv}"))
        g_variant_builder_add_value (&arguments, sunk);
      else if (g_str_equal (type, "s"))
        g_variant_builder_add (&arguments, "s", "plausible");
      else if (g_str_equal (type, "u"))
        g_variant_builder_add (&arguments, "u", 1);
      else if (g_str_equal (type, "av"))
        g_variant_builder_add_value (&arguments, g_variant_new_parsed ("[<1>]"));
      else
        g_variant_builder_add_value (&arguments, g_variant_new_parsed ("[('plausible', @a{sv} {})]"));
    }
  return g_variant_builder_end (&arguments);
}

RigObjects *
rig_objects_new (Rig *self)
{
  RigObjects *objects = g_new0 (RigObjects, 1);

  objects->app = rig_app (self, "app");
  objects->session = rig_session (self, "one");
  objects->channel = rig_channel (self, objects->session, "events");
  objects->consumer = g_strdup_printf (RIG_ROOT "/consumer/%" G_GUINT64_FORMAT,
                                       tbus_consumer_get_id (TBUS_CONSUMER (self->pool.consumer)));
  return objects;
}

void
rig_objects_free (RigObjects *self)
{
  g_free (self->session);
  g_free (self->channel);
  g_free (self->app);
  g_free (self->consumer);
  g_free (self);
}

const char *
rig_objects_path (RigObjects *self, const char *interface)
{
  const char *name = g_strrstr (interface, ".") + 1;

  if (g_str_equal (name, "Session"))
    return self->session;
  if (g_str_equal (name, "Channel"))
    return self->channel;
  if (g_str_equal (name, "App"))
    return self->app;
  if (g_str_equal (name, "Consumer"))
    return self->consumer;
  return RIG_ROOT;
}

static gboolean
on_patience_lost (gpointer data)
{
  g_error ("the test waits for something that does not come");
  return G_SOURCE_REMOVE;
}

/* Takes @rig. */
static void
run_with (Rig *rig, RigTest test)
{
  guint patience = g_timeout_add_seconds (PATIENCE_S, on_patience_lost, NULL);

  test (rig);
  rig_free (rig);
  g_source_remove (patience);
}

static void
run_test (gconstpointer data)
{
  run_with (rig_new (), (RigTest) data);
}

static void
run_test_as_root (gconstpointer data)
{
  if (getuid () != 0)
    g_test_skip ("only root can be several users");
  else
    run_test (data);
}

static void
run_test_with_polkit (gconstpointer data)
{
  if (getuid () != 0)
    g_test_skip ("only root can be several users");
  else
    run_with (rig_new_with_polkit (), (RigTest) data);
}

void
rig_add (const char *name, RigTest test)
{
  g_test_add_data_func (name, test, run_test);
}

void
rig_add_for_root (const char *name, RigTest test)
{
  g_test_add_data_func (name, test, run_test_as_root);
}

void
rig_add_with_polkit (const char *name, RigTest test)
{
  g_test_add_data_func (name, test, run_test_with_polkit);
}

int
rig_main (int argc, char **argv, void (*add_tests) (void))
{
  tbus_thread_init ();
  g_test_init (&argc, &argv, NULL);
  add_tests ();
  return g_test_run ();
}
