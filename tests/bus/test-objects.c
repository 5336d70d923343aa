/* SPDX-License-Identifier: GPL-2.0-only */
/* What callers can see without calling: objects as they come and go, properties as they change, introspection. */
#include "rig.h"

/* Signals of the service, as one text a signal. */
typedef struct {
  GPtrArray *texts;
  guint subscription;
  GDBusConnection *connection;
} Heard;

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer data)
{
  Heard *heard = data;
  g_autofree char *text = g_variant_print (parameters, FALSE);

  g_ptr_array_add (heard->texts, g_strdup_printf ("%s %s %s", path, signal, text));
}

/* @signal: (nullable): all of @interface */
static Heard *
listen (Rig *rig, const char *path, const char *interface, const char *signal)
{
  Heard *heard = g_new0 (Heard, 1);
  g_autoptr(GVariant) settled = NULL;

  heard->texts = g_ptr_array_new_with_free_func (g_free);
  heard->connection = rig->caller;
  heard->subscription = g_dbus_connection_signal_subscribe (rig->caller, "org.tracebus1", interface, signal, path, NULL,
                                                            G_DBUS_SIGNAL_FLAGS_NONE, on_signal, heard, NULL);
  settled = rig_call (rig, RIG_ROOT, "Manager.GetPermissions", NULL); /* the bus has the rule when this is answered */
  return heard;
}

static void
heard_free (Heard *self)
{
  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  g_ptr_array_unref (self->texts);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Heard, heard_free)

static guint
count_heard (Heard *heard, const char *part)
{
  guint n = 0;

  for (guint i = 0; i < heard->texts->len; i++)
    n += strstr (g_ptr_array_index (heard->texts, i), part) != NULL;
  return n;
}

static void
objects_come_and_go_with_a_signal_each (Rig *rig)
{
  g_autoptr(Heard) heard = listen (rig, RIG_ROOT, "org.freedesktop.DBus.ObjectManager", NULL);
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autofree char *session = g_strdup_printf ("Added ('%s', {'org.tracebus1.Session'", objects->session);
  g_autofree char *channel = g_strdup_printf ("Added ('%s', {'org.tracebus1.Channel'", objects->channel);
  g_autofree char *app = g_strdup_printf ("Added ('%s', {'org.tracebus1.App'", objects->app);
  g_autofree char *consumer = g_strdup_printf ("Added ('%s', {'org.tracebus1.Consumer'", objects->consumer);
  g_autofree char *session_gone = g_strdup_printf ("Removed ('%s'", objects->session);
  g_autofree char *channel_gone = g_strdup_printf ("Removed ('%s'", objects->channel);
  g_autoptr(GVariant) destroyed = NULL;

  g_assert_cmpuint (count_heard (heard, session), ==, 1); /* before the answer to CreateSession */
  g_assert_cmpuint (count_heard (heard, channel), ==, 1);
  g_assert_cmpuint (count_heard (heard, app), ==, 1);
  g_assert_cmpuint (count_heard (heard, consumer), ==, 1);
  destroyed = rig_call (rig, objects->session, "Session.Destroy", rig_no_options ());
  g_assert_cmpuint (count_heard (heard, session_gone), ==, 1);
  g_assert_cmpuint (count_heard (heard, channel_gone), ==, 1);
  g_assert_cmpuint (heard->texts->len, ==, 6);
}

static void
the_list_has_every_object_but_the_managers (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autoptr(GVariant) reply = rig_call_standard (rig, RIG_ROOT, "org.freedesktop.DBus.ObjectManager",
                                                 "GetManagedObjects", NULL);
  g_autoptr(GVariant) list = g_variant_get_child_value (reply, 0);

  g_assert_cmpuint (g_variant_n_children (list), ==, 4);
  for (guint i = 0; rig_interfaces[i] != NULL; i++)
    {
      const char *name = rig_interfaces[i]->info->name;
      const char *path = rig_objects_path (objects, name);
      g_autoptr(GVariant) interfaces = g_variant_lookup_value (list, path, NULL);
      g_autoptr(GVariant) properties = NULL;
      gsize n = 0;

      if (g_str_equal (path, RIG_ROOT))
        {
          g_assert_null (interfaces);
          continue;
        }
      properties = g_variant_lookup_value (interfaces, name, G_VARIANT_TYPE_VARDICT);
      while (rig_interfaces[i]->info->properties[n] != NULL)
        n++;
      g_assert_cmpuint (g_variant_n_children (properties), ==, n);
    }
}

/* What somebody knows who has asked for the list, and follows the signals: path to State of each app. */
typedef struct {
  GHashTable *states;
  gboolean has_list;
} Follower;

static void
follow_object (Follower *self, const char *path, GVariant *interfaces)
{
  g_autoptr(GVariant) properties = g_variant_lookup_value (interfaces, "org.tracebus1.App", G_VARIANT_TYPE_VARDICT);
  char *state;

  if (properties != NULL && g_variant_lookup (properties, "State", "s", &state))
    g_hash_table_insert (self->states, g_strdup (path), state);
}

static void
follow_list (Follower *self, GVariant *reply)
{
  g_autoptr(GVariant) list = g_variant_get_child_value (reply, 0);

  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr(GVariant) interfaces = NULL;
      const char *path;

      g_variant_get_child (list, i, "{&o@a{sa{sv}}}", &path, &interfaces);
      follow_object (self, path, interfaces);
    }
  self->has_list = TRUE;
}

static void
on_list (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  g_assert_no_error (error);
  follow_list (data, reply);
}

static void
on_news (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
         GVariant *parameters, gpointer data)
{
  Follower *self = data;
  g_autoptr(GVariant) values = g_variant_n_children (parameters) > 1 ? g_variant_get_child_value (parameters, 1) : NULL;
  const char *object;
  char *state;

  if (g_str_equal (signal, "PropertiesChanged"))
    {
      if (g_hash_table_contains (self->states, path) && g_variant_lookup (values, "State", "s", &state))
        g_hash_table_insert (self->states, g_strdup (path), state);
      return;
    }
  g_variant_get_child (parameters, 0, "&o", &object);
  if (g_str_equal (signal, "InterfacesAdded"))
    follow_object (self, object, values);
  else
    g_hash_table_remove (self->states, object);
}

/* Main's loop goes on while the list is made, and the objects change: nobody who follows them is left with less. */
static void
who_follows_the_objects_misses_nothing_of_a_long_list (Rig *rig)
{
  enum { N = 300, SOMEBODY = 1000 };
  g_autoptr(GHashTable) states = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GHashTable) expected = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Follower follower = { states, FALSE }, afterwards = { expected, FALSE };
  g_autoptr(GVariant) reply = NULL;
  GHashTableIter iter;
  gpointer path, state;
  guint subscription, n_apps = N;

  for (guint i = 0; i < N; i++)
    g_ptr_array_add (rig->tracees, tst_fake_tracer_register (rig->tracer, rig->core, "crowd", SOMEBODY));
  rig_wait_until (tbus_app_set_count (tbus_core_get_apps (rig->core)) == n_apps);
  subscription = g_dbus_connection_signal_subscribe (rig->caller, "org.tracebus1", NULL, NULL, NULL, NULL,
                                                     G_DBUS_SIGNAL_FLAGS_NONE, on_news, &follower, NULL);
  g_dbus_connection_call (rig->caller, "org.tracebus1", RIG_ROOT, "org.freedesktop.DBus.ObjectManager",
                          "GetManagedObjects", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_list, &follower);
  for (guint i = 0; !follower.has_list; i++)
    {
      g_main_context_iteration (NULL, TRUE);
      if (i % 2 == 0 && i < N)
        tst_fake_tracer_freeze (rig->tracer, rig->core, g_ptr_array_index (rig->tracees, i), TRUE);
      else if (i < N / 2)
        {
          tst_fake_tracer_leave (rig->tracer, rig->core, g_ptr_array_index (rig->tracees, i));
          n_apps--;
        }
      if (i < N / 4)
        {
          g_ptr_array_add (rig->tracees, tst_fake_tracer_register (rig->tracer, rig->core, "late", SOMEBODY));
          n_apps++;
        }
    }
  rig_wait_until (tbus_app_set_count (tbus_core_get_apps (rig->core)) == n_apps);
  reply = rig_call_standard (rig, RIG_ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL);
  follow_list (&afterwards, reply);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_dbus_connection_signal_unsubscribe (rig->caller, subscription);
  g_assert_cmpuint (g_hash_table_size (states), ==, g_hash_table_size (expected));
  g_hash_table_iter_init (&iter, expected);
  while (g_hash_table_iter_next (&iter, &path, &state))
    g_assert_cmpstr (g_hash_table_lookup (states, path), ==, state);
}

static void
every_property_has_the_type_that_the_xml_says (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);

  for (guint i = 0; rig_interfaces[i] != NULL; i++)
    {
      const GDBusInterfaceInfo *info = rig_interfaces[i]->info;
      g_autoptr(GVariant) reply = rig_call_standard (rig, rig_objects_path (objects, info->name),
                                                     "org.freedesktop.DBus.Properties", "GetAll",
                                                     g_variant_new ("(s)", info->name));
      g_autoptr(GVariant) all = g_variant_get_child_value (reply, 0);

      for (guint j = 0; info->properties[j] != NULL; j++)
        {
          g_autoptr(GVariant) value = g_variant_lookup_value (all, info->properties[j]->name, NULL);

          g_assert_nonnull (value);
          g_assert_cmpstr (g_variant_get_type_string (value), ==, info->properties[j]->signature);
        }
    }
}

/* The interface @name of @xml in one form. */
static char *
normal_form (const char *xml, const char *name)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, &error);
  GDBusInterfaceInfo *info;
  GString *text = g_string_new (NULL);

  g_assert_no_error (error);
  info = g_dbus_node_info_lookup_interface (node, name);
  g_assert_nonnull (info);
  g_dbus_interface_info_generate_xml (info, 0, text);
  return g_string_free (text, FALSE);
}

/* What the contract's file says, but for the words to code generators, which do not reach the bus. */
static char *
contract (const char *name)
{
  g_autofree char *file = g_strconcat (name, ".xml", NULL);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "introspection", file, NULL);
  g_autofree char *text = NULL, *stripped = NULL;
  g_autoptr(GRegex) hints = g_regex_new ("<annotation name=\"org\\.gtk\\.[^>]*/>", 0, 0, NULL);
  g_autoptr(GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  stripped = g_regex_replace_literal (hints, text, -1, 0, "", 0, NULL);
  return normal_form (stripped, name);
}

static void
live_objects_are_introspected_as_the_xml (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);

  for (guint i = 0; rig_interfaces[i] != NULL; i++)
    {
      const char *name = rig_interfaces[i]->info->name;
      g_autoptr(GVariant) reply = rig_call_standard (rig, rig_objects_path (objects, name),
                                                     "org.freedesktop.DBus.Introspectable", "Introspect", NULL);
      g_autofree char *expected = contract (name);
      g_autofree char *live = NULL;
      const char *xml;

      g_variant_get (reply, "(&s)", &xml);
      live = normal_form (xml, name);
      g_assert_cmpstr (live, ==, expected);
    }
}

static void
a_caller_hears_of_a_change_before_its_answer (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autoptr(Heard) heard = listen (rig, objects->session, "org.freedesktop.DBus.Properties", "PropertiesChanged");
  g_autoptr(Heard) root = listen (rig, RIG_ROOT, "org.freedesktop.DBus.Properties", "PropertiesChanged");
  g_autoptr(GVariant) started = NULL;
  g_autofree char *other = NULL, *second = NULL;

  started = rig_call (rig, objects->session, "Session.Start", rig_no_options ());
  g_assert_cmpuint (count_heard (heard, "'State': <'active'>"), ==, 1);
  g_assert_cmpuint (count_heard (heard, "'DataPending': <true>"), >=, 1);
  other = rig_session (rig, "two");
  g_assert_cmpuint (count_heard (root, "'SessionCount': <uint32 2>"), ==, 1);
  second = rig_channel (rig, other, "another");
  g_assert_cmpuint (count_heard (heard, "Channels"), ==, 0);
}

static void
changes_at_one_moment_are_one_signal (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autoptr(Heard) heard = listen (rig, objects->app, "org.freedesktop.DBus.Properties", "PropertiesChanged");
  TbusTracee *tracee = g_ptr_array_index (rig->tracees, 0);

  for (guint i = 0; i < 100; i++)
    tst_fake_tracer_freeze (rig->tracer, rig->core, tracee, i % 2 == 0);
  tst_fake_tracer_freeze (rig->tracer, rig->core, tracee, TRUE);
  rig_wait_until (heard->texts->len > 0);
  rig_assert_property (rig, objects->app, "App.State", "'unresponsive'");
  g_assert_cmpuint (heard->texts->len, ==, 1);
  g_assert_cmpuint (count_heard (heard, "{'State': <'unresponsive'>}"), ==, 1);
}

/* It is announced when it has been told what to record, and its end is the object's. */
static void
a_launched_program_is_two_signals (Rig *rig)
{
  g_autoptr(Heard) objects = listen (rig, RIG_ROOT, "org.freedesktop.DBus.ObjectManager", NULL);
  g_autoptr(Heard) changes = listen (rig, NULL, "org.freedesktop.DBus.Properties", "PropertiesChanged");
  g_autofree char *app = rig_app (rig, "app");
  TbusTracee *tracee = g_ptr_array_steal_index (rig->tracees, 0);

  tst_fake_tracer_leave (rig->tracer, rig->core, tracee);
  tbus_tracee_unref (tracee);
  rig_wait_until (count_heard (objects, "Removed") == 1);
  g_assert_cmpuint (objects->texts->len, ==, 2);
  g_assert_cmpuint (count_heard (objects, "'State': <'ready'>"), ==, 1);
  g_assert_cmpuint (count_heard (changes, "org.tracebus1.App"), ==, 0);
}

/* Many that come and go at once are not many signals of the manager. */
static void
many_objects_are_one_change_of_their_count (Rig *rig)
{
  g_autoptr(Heard) heard = listen (rig, RIG_ROOT, "org.freedesktop.DBus.Properties", "PropertiesChanged");
  TbusAppSet *apps = tbus_core_get_apps (rig->core);
  g_autofree char *first = NULL;

  first = rig_app (rig, "app");
  rig_wait_until (count_heard (heard, "AppCount") == 1);
  for (guint i = 0; i < 100; i++)
    g_free (rig_app (rig, "app"));
  g_assert_cmpuint (tbus_app_set_count (apps), ==, 101);
  rig_wait_until (count_heard (heard, "{'AppCount': <uint32 101>}") == 1);
  g_ptr_array_set_size (heard->texts, 0);
  for (guint i = 0; i < 100; i++)
    {
      TbusTracee *tracee = g_ptr_array_steal_index (rig->tracees, 1);

      tst_fake_tracer_leave (rig->tracer, rig->core, tracee);
      tbus_tracee_unref (tracee);
    }
  rig_wait_until (heard->texts->len > 0);
  rig_assert_property (rig, RIG_ROOT, "Manager.AppCount", "uint32 1");
  g_assert_cmpuint (count_heard (heard, "AppCount"), ==, 1);
}

static void
counters_are_signalled_once_a_second_at_most (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autoptr(Heard) heard = listen (rig, objects->consumer, "org.freedesktop.DBus.Properties", "PropertiesChanged");
  TbusConsumer *consumer = TBUS_CONSUMER (rig->pool.consumer);
  gint64 heard_first;

  for (guint i = 0; i < 1000; i++)
    tbus_consumer_add_bytes (consumer, 1);
  rig_wait_until (heard->texts->len == 1);
  g_assert_cmpuint (count_heard (heard, "{'BytesWritten': <uint64 1000>}"), ==, 1);
  heard_first = g_get_monotonic_time (); /* however long it took to come; the next change begins a second */
  tbus_consumer_add_bytes (consumer, 1);
  rig_assert_property (rig, objects->consumer, "Consumer.BytesWritten", "uint64 1001"); /* who asks is told */
  rig_wait_until (heard->texts->len == 2);
  g_assert_cmpuint (count_heard (heard, "{'BytesWritten': <uint64 1001>}"), ==, 1);
  g_assert_cmpint (g_get_monotonic_time () - heard_first, >, 900 * G_TIME_SPAN_MILLISECOND);
}

static void
refused_registrations_are_signalled (Rig *rig)
{
  g_autoptr(Heard) heard = listen (rig, RIG_ROOT, "org.freedesktop.DBus.Properties", "PropertiesChanged");

  tbus_core_tracer_events.refused (rig->core, 1, "It spoke another protocol");
  tbus_core_tracer_events.refused (rig->core, 1, "It spoke another protocol");
  rig_wait_until (heard->texts->len > 0);
  g_assert_cmpuint (count_heard (heard, "{'AppsRefused': <uint64 2>}"), ==, 1);
}

static void
what_is_there_before_the_bus_is_shown (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autofree char *before = rig_snapshot (rig);
  g_autofree char *after = NULL;

  rig_restart_bus (rig);
  after = rig_snapshot (rig);
  g_assert_cmpstr (before, ==, after);
}

static void
add_tests (void)
{
  rig_add ("/bus/objects/come-and-go-with-a-signal-each", objects_come_and_go_with_a_signal_each);
  rig_add ("/bus/objects/are-all-listed-but-the-managers", the_list_has_every_object_but_the_managers);
  rig_add ("/bus/objects/who-follows-them-misses-nothing-of-a-long-list",
           who_follows_the_objects_misses_nothing_of_a_long_list);
  rig_add ("/bus/objects/are-introspected-as-the-xml", live_objects_are_introspected_as_the_xml);
  rig_add ("/bus/objects/that-were-there-before-the-bus-are-shown", what_is_there_before_the_bus_is_shown);
  rig_add ("/bus/properties/have-the-types-that-the-xml-says", every_property_has_the_type_that_the_xml_says);
  rig_add ("/bus/properties/are-signalled-before-the-answer", a_caller_hears_of_a_change_before_its_answer);
  rig_add ("/bus/properties/that-change-at-one-moment-are-one-signal", changes_at_one_moment_are_one_signal);
  rig_add ("/bus/objects/a-launched-program-is-two-signals", a_launched_program_is_two_signals);
  rig_add ("/bus/properties/that-count-objects-are-one-signal", many_objects_are_one_change_of_their_count);
  rig_add ("/bus/properties/that-count-are-signalled-once-a-second", counters_are_signalled_once_a_second_at_most);
  rig_add ("/bus/properties/tell-of-refused-registrations", refused_registrations_are_signalled);
}

int
main (int argc, char **argv)
{
  return rig_main (argc, argv, add_tests);
}
