/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/interface.h"

#include "base/errand.h"
#include "base/error.h"
#include "base/fd-budget.h"
#include "base/thread.h"
#include "bus/call.h"
#include "bus/create-session.h"
#include "bus/names.h"
#include "bus/tracepoints.h"
#include "bus/values.h"
#include "introspection/interface-info.h"

static void
manager_create_session (TbusCall *call, gpointer core)
{
  tbus_create_session (call);
}

static void
manager_get_session (TbusCall *call, gpointer core)
{
  TbusSession *session;
  const char *name;

  g_variant_get (tbus_call_get_parameters (call), "(&s)", &name);
  session = tbus_session_set_find_name (tbus_core_get_sessions (core), name, tbus_call_get_uid (call));
  if (session == NULL)
    tbus_call_fail (call, g_error_new (TBUS_ERROR, TBUS_ERROR_NOT_FOUND, "There is no session \"%.128s\"", name));
  else
    tbus_call_return (call, g_variant_new ("(@o)",
                                           tbus_value_path (tbus_path_session (tbus_session_get_id (session)))));
}

static void
manager_get_apps_by_pid (TbusCall *call, gpointer core)
{
  g_autoptr(GPtrArray) apps = NULL;
  GVariantBuilder paths;
  guint32 pid;

  g_variant_get (tbus_call_get_parameters (call), "(u)", &pid);
  apps = tbus_app_set_find_pid (tbus_core_get_apps (core), pid);
  g_variant_builder_init (&paths, G_VARIANT_TYPE_OBJECT_PATH_ARRAY);
  for (guint i = 0; i < apps->len; i++)
    g_variant_builder_add_value (
      &paths, tbus_value_path (tbus_path_app (tbus_app_get_id (g_ptr_array_index (apps, i)))));
  tbus_call_return (call, g_variant_new ("(ao)", &paths));
}

static void
manager_list_tracepoints (TbusCall *call, gpointer core)
{
  tbus_tracepoints_list (call, NULL);
}

static void
on_permissions (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TbusCall *call = user_data;
  g_autoptr(GVariant) permissions = NULL;
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  permissions = tbus_gate_list_finish (TBUS_GATE (source), result, &error);
  if (permissions == NULL)
    tbus_call_fail (call, g_steal_pointer (&error));
  else
    tbus_call_return (call, g_variant_new ("(@a{ss})", permissions));
}

static void
manager_get_permissions (TbusCall *call, gpointer core)
{
  tbus_gate_list_async (tbus_call_get_bus (call)->gate, tbus_call_get_peer (call), on_permissions, call);
}

static const TbusMethod methods[] = {
  { "CreateSession", TBUS_ACTION_TRACE_OWN, manager_create_session, .durable = TRUE },
  { "GetSession", TBUS_ACTION_OPEN, manager_get_session },
  { "GetAppsByPid", TBUS_ACTION_OPEN, manager_get_apps_by_pid },
  { "ListTracepoints", TBUS_ACTION_TRACE_OWN, manager_list_tracepoints, "\"app\", \"name\" or \"limit\"" },
  { "GetPermissions", TBUS_ACTION_OPEN, manager_get_permissions },
  { NULL },
};

static GVariant *
get_version (TbusBusContext *bus, gpointer core)
{
  return tbus_value_string (bus->version);
}

static GVariant *
get_tracer_version (TbusBusContext *bus, gpointer core)
{
  return tbus_value_string (bus->tracer_version);
}

static GVariant *
get_features (TbusBusContext *bus, gpointer core)
{
  static const char *const features[] = {
    "blocking-timeout", "clock-plugin", "context:app", "context:perf", "exclude", "filter", "mode-overwrite",
    "process-buffers", "regenerate-metadata", "regenerate-statedump", "tracefile-count", "tracefile-size",
    "tracepoint-fields", "tracker", NULL,
  };

  return g_variant_new_strv (features, -1);
}

static GVariant *
get_context_types (TbusBusContext *bus, gpointer core)
{
  g_auto(GStrv) types = tbus_context_list ();

  return g_variant_new_strv ((const char *const *) types, -1);
}

static GVariant *
get_registration_socket (TbusBusContext *bus, gpointer core)
{
  return tbus_value_string (bus->registration_socket);
}

static GVariant *
get_session_count (TbusBusContext *bus, gpointer core)
{
  return g_variant_new_uint32 (tbus_session_set_count (tbus_core_get_sessions (core)));
}

static GVariant *
get_app_count (TbusBusContext *bus, gpointer core)
{
  return g_variant_new_uint32 (tbus_app_set_count (tbus_core_get_apps (core)));
}

static GVariant *
get_consumer_count (TbusBusContext *bus, gpointer core)
{
  return g_variant_new_uint32 (tbus_core_get_consumers (core)->len);
}

static GVariant *
get_apps_refused (TbusBusContext *bus, gpointer core)
{
  return g_variant_new_uint64 (tbus_app_set_get_refused (tbus_core_get_apps (core)));
}

static GVariant *
get_fd_budget (TbusBusContext *bus, gpointer core)
{
  return g_variant_new_uint32 (tbus_fd_budget_total ());
}

static GVariant *
get_fds_in_use (TbusBusContext *bus, gpointer core)
{
  return g_variant_new_uint32 (tbus_fd_budget_used ());
}

static void
add_health (GVariantBuilder *parts, const char *part, const TbusHealth *health)
{
  gint64 epoch = g_get_real_time () - g_get_monotonic_time ();

  g_variant_builder_open (parts, G_VARIANT_TYPE ("{sa{sv}}"));
  g_variant_builder_add (parts, "s", part);
  g_variant_builder_open (parts, G_VARIANT_TYPE_VARDICT);
  tbus_dict_add (parts, "alive", g_variant_new_boolean (health->alive && !tbus_health_is_stuck (health)));
  tbus_dict_add (parts, "since", g_variant_new_uint64 (epoch + health->since));
  tbus_dict_add (parts, "doing", tbus_value_string (health->doing));
  g_variant_builder_close (parts);
  g_variant_builder_close (parts);
}

static GVariant *
get_health (TbusBusContext *bus, gpointer core)
{
  GPtrArray *consumers = tbus_core_get_consumers (core);
  g_autoptr(GArray) errands = tbus_errand_list ();
  GVariantBuilder parts;

  g_variant_builder_init (&parts, G_VARIANT_TYPE ("a{sa{sv}}"));
  for (TbusThreadRole role = 0; role < TBUS_N_THREADS; role++)
    {
      TbusHealth health = tbus_thread_health (role);

      add_health (&parts, tbus_thread_role_name (role), &health);
    }
  for (guint i = 0; i < errands->len; i++)
    {
      g_autofree char *part = g_strdup_printf ("worker-%u", i + 1);

      add_health (&parts, part, &g_array_index (errands, TbusHealth, i));
    }
  for (guint i = 0; i < consumers->len; i++)
    {
      TbusConsumer *consumer = g_ptr_array_index (consumers, i);
      g_autofree char *part = g_strdup_printf ("consumer-%" G_GUINT64_FORMAT, tbus_consumer_get_id (consumer));
      TbusHealth health = tbus_consumer_get_health (consumer);

      add_health (&parts, part, &health);
    }
  return g_variant_builder_end (&parts);
}

static const TbusProperty properties[] = {
  { "Version", get_version, TBUS_PROPERTY_CONST },
  { "TracerVersion", get_tracer_version, TBUS_PROPERTY_CONST },
  { "Features", get_features, TBUS_PROPERTY_CONST },
  { "ContextTypes", get_context_types, TBUS_PROPERTY_CONST },
  { "RegistrationSocket", get_registration_socket, TBUS_PROPERTY_CONST },
  { "SessionCount", get_session_count, TBUS_PROPERTY_CHANGING },
  { "AppCount", get_app_count, TBUS_PROPERTY_COUNTER },
  { "ConsumerCount", get_consumer_count, TBUS_PROPERTY_CHANGING },
  { "AppsRefused", get_apps_refused, TBUS_PROPERTY_COUNTER },
  { "FdBudget", get_fd_budget, TBUS_PROPERTY_CONST },
  { "FdsInUse", get_fds_in_use, TBUS_PROPERTY_SILENT },
  { "Health", get_health, TBUS_PROPERTY_SILENT },
  { NULL },
};

const TbusInterface tbus_manager_interface = { &org_tracebus1_manager_interface, methods, properties };
