/* SPDX-License-Identifier: GPL-2.0-only */
/* org.freedesktop.LogControl1: everybody looks, root changes. */
#include "rig.h"

#include "base/log.h"

#define PATH "/org/freedesktop/LogControl1"
#define INTERFACE "org.freedesktop.LogControl1"

enum { NOBODY = 65534 };

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

/* Properties.@method. (transfer full); NULL with @error */
static GVariant *
call (GDBusConnection *caller, const char *method, GVariant *parameters, GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  g_dbus_connection_call (caller, "org.tracebus1", PATH, "org.freedesktop.DBus.Properties", method, parameters, NULL,
                          G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, keep_result, &result);
  rig_wait_until (result != NULL);
  return g_dbus_connection_call_finish (caller, result, error);
}

static GVariant *
set (GDBusConnection *caller, const char *name, const char *value, GError **error)
{
  return call (caller, "Set", g_variant_new ("(ssv)", INTERFACE, name, g_variant_new_string (value)), error);
}

static void
assert_value (GDBusConnection *caller, const char *name, const char *expected)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = call (caller, "Get", g_variant_new ("(ss)", INTERFACE, name), &error);
  g_autoptr(GVariant) value = NULL;

  g_assert_no_error (error);
  g_variant_get (reply, "(v)", &value);
  g_assert_cmpstr (g_variant_get_string (value, NULL), ==, expected);
}

static void
tells_how_it_logs (Rig *rig)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = NULL, values = NULL;

  assert_value (rig->caller, "LogLevel", "info");
  assert_value (rig->caller, "LogTarget", tbus_log_get_target ());
  assert_value (rig->caller, "SyslogIdentifier", "tracebusd");
  reply = call (rig->caller, "GetAll", g_variant_new ("(s)", INTERFACE), &error);
  g_assert_no_error (error);
  values = g_variant_get_child_value (reply, 0);
  g_assert_cmpuint (g_variant_n_children (values), ==, 3);
}

static void
is_changed_by_those_who_may (Rig *rig)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) level = set (rig->caller, "LogLevel", "debug", &error), target = NULL;

  g_assert_no_error (error);
  assert_value (rig->caller, "LogLevel", "debug");
  target = set (rig->caller, "LogTarget", "null", &error);
  g_assert_no_error (error);
  assert_value (rig->caller, "LogTarget", "null");
  g_assert_true (tbus_log_set_level ("info"));
  g_assert_true (tbus_log_set_target ("auto"));
}

static void
takes_words_that_it_knows (Rig *rig)
{
  static const char *const wrong[][2] = {
    { "LogLevel", "loud" }, { "LogLevel", "" }, { "LogTarget", "printer" }, { "LogLevel", "INFO" },
  };
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_assert_null (set (rig->caller, wrong[i][0], wrong[i][1], &error));
      g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
      g_clear_error (&error);
    }
  g_assert_null (set (rig->caller, "SyslogIdentifier", "x", &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (call (rig->caller, "Set", g_variant_new ("(ssv)", INTERFACE, "LogLevel", g_variant_new_uint32 (7)),
                       &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
  assert_value (rig->caller, "LogLevel", "info");
}

static void
is_not_changed_by_others (Rig *rig)
{
  g_autoptr(GDBusConnection) other = rig_connect_as (rig, NOBODY);
  g_autoptr(GError) error = NULL;

  assert_value (other, "LogLevel", "info");
  g_assert_null (set (other, "LogLevel", "debug", &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
  g_clear_error (&error);
  g_assert_null (set (other, "LogTarget", "null", &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
  assert_value (other, "LogLevel", "info");
}

static void
add_tests (void)
{
  rig_add ("/bus/log-control/tells-how-it-logs", tells_how_it_logs);
  rig_add ("/bus/log-control/is-changed-by-those-who-may", is_changed_by_those_who_may);
  rig_add ("/bus/log-control/takes-words-that-it-knows", takes_words_that_it_knows);
  rig_add_for_root ("/bus/log-control/is-not-changed-by-others", is_not_changed_by_others);
}

int
main (int argc, char **argv)
{
  return rig_main (argc, argv, add_tests);
}
