/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/interface.h"

#include "bus/call.h"
#include "bus/names.h"
#include "bus/tracepoints.h"
#include "bus/values.h"
#include "introspection/interface-info.h"

static void
app_list_tracepoints (TbusCall *call, gpointer app)
{
  tbus_tracepoints_list (call, app);
}

static const TbusMethod methods[] = {
  { "ListTracepoints", TBUS_ACTION_TRACE_OWN, app_list_tracepoints, "\"name\" or \"limit\"" },
  { NULL },
};

static GVariant *
get_pid (TbusBusContext *bus, gpointer app)
{
  return g_variant_new_uint32 (tbus_app_get_tracee (app)->pid);
}

static GVariant *
get_parent_pid (TbusBusContext *bus, gpointer app)
{
  return g_variant_new_uint32 (tbus_app_get_tracee (app)->parent_pid);
}

static GVariant *
get_uid (TbusBusContext *bus, gpointer app)
{
  return g_variant_new_uint32 (tbus_app_get_tracee (app)->uid);
}

static GVariant *
get_gid (TbusBusContext *bus, gpointer app)
{
  return g_variant_new_uint32 (tbus_app_get_tracee (app)->gid);
}

static GVariant *
get_name (TbusBusContext *bus, gpointer app)
{
  return tbus_value_string (tbus_app_get_name (app));
}

static GVariant *
get_bits_per_long (TbusBusContext *bus, gpointer app)
{
  return g_variant_new_uint32 (tbus_app_get_tracee (app)->abi.bits_per_long);
}

static GVariant *
get_byte_order (TbusBusContext *bus, gpointer app)
{
  return g_variant_new_string (tbus_app_get_tracee (app)->abi.little_endian ? "little-endian" : "big-endian");
}

static GVariant *
get_tracer_version (TbusBusContext *bus, gpointer app)
{
  const guint32 *version = tbus_app_get_tracer_version (app);

  if (version[0] == 0 && version[1] == 0 && version[2] == 0)
    return g_variant_new_string ("");
  return g_variant_new_printf ("%u.%u.%u", version[0], version[1], version[2]);
}

static GVariant *
get_abi_version (TbusBusContext *bus, gpointer app)
{
  const TbusTracee *tracee = tbus_app_get_tracee (app);

  return g_variant_new ("(uu)", tracee->abi_major, tracee->abi_minor);
}

static GVariant *
get_registered_at (TbusBusContext *bus, gpointer app)
{
  return g_variant_new_uint64 (tbus_app_get_tracee (app)->registered_at);
}

static GVariant *
get_state (TbusBusContext *bus, gpointer app)
{
  return g_variant_new_string (tbus_app_state_to_string (tbus_app_get_state (app)));
}

static GVariant *
get_sessions (TbusBusContext *bus, gpointer app)
{
  g_autoptr(GArray) ids = tbus_app_list_sessions (app);
  GVariantBuilder paths;

  g_variant_builder_init (&paths, G_VARIANT_TYPE_OBJECT_PATH_ARRAY);
  for (guint i = 0; i < ids->len; i++)
    g_variant_builder_add_value (&paths, tbus_value_path (tbus_path_session (g_array_index (ids, guint64, i))));
  return g_variant_builder_end (&paths);
}

static const TbusProperty properties[] = {
  { "Pid", get_pid, TBUS_PROPERTY_CONST },
  { "ParentPid", get_parent_pid, TBUS_PROPERTY_CONST },
  { "Uid", get_uid, TBUS_PROPERTY_CONST },
  { "Gid", get_gid, TBUS_PROPERTY_CONST },
  { "Name", get_name, TBUS_PROPERTY_CONST },
  { "BitsPerLong", get_bits_per_long, TBUS_PROPERTY_CONST },
  { "ByteOrder", get_byte_order, TBUS_PROPERTY_CONST },
  { "TracerVersion", get_tracer_version, TBUS_PROPERTY_CHANGING },
  { "AbiVersion", get_abi_version, TBUS_PROPERTY_CONST },
  { "RegisteredAt", get_registered_at, TBUS_PROPERTY_CONST },
  { "State", get_state, TBUS_PROPERTY_CHANGING },
  { "Sessions", get_sessions, TBUS_PROPERTY_SILENT },
  { NULL },
};

const TbusInterface tbus_app_interface = { &org_tracebus1_app_interface, methods, properties };
