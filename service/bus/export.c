/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/export.h"

#include "base/thread.h"
#include "bus/call.h"

struct _TbusExport {
  GDBusInterfaceSkeleton parent_instance;

  TbusBusContext *bus;
  const TbusInterface *interface;
  GObject *object;
  guint64 changed;  /* one bit a property row; not 0: it waits in the bus's changes */
  guint64 counters; /* likewise */
  guint64 generation;
};

G_DEFINE_FINAL_TYPE (TbusExport, tbus_export, G_TYPE_DBUS_INTERFACE_SKELETON)

static const TbusMethod *
find_method (const TbusInterface *interface, const char *name)
{
  for (const TbusMethod *method = interface->methods; method != NULL && method->name != NULL; method++)
    if (g_str_equal (method->name, name))
      return method;
  return NULL;
}

static const TbusProperty *
find_property (const TbusInterface *interface, const char *name)
{
  for (const TbusProperty *property = interface->properties; property != NULL && property->name != NULL; property++)
    if (g_str_equal (property->name, name))
      return property;
  return NULL;
}

/* GDBus has checked the name, and the arguments' types, against the XML. */
static void
on_method_call (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                const char *name, GVariant *parameters, GDBusMethodInvocation *invocation, gpointer user_data)
{
  TbusExport *self = TBUS_EXPORT (user_data);
  const TbusMethod *method = find_method (self->interface, name);

  tbus_thread_assert_main ();
  if (method == NULL)
    g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD, "No method %s", name);
  else
    tbus_call_begin (self->bus, method, self->object, invocation);
}

static GVariant *
on_get_property (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                 const char *name, GError **error, gpointer user_data)
{
  TbusExport *self = TBUS_EXPORT (user_data);
  const TbusProperty *property = find_property (self->interface, name);

  tbus_thread_assert_main ();
  if (property != NULL)
    return property->get (self->bus, self->object);
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY, "No property %s", name);
  return NULL;
}

static GDBusInterfaceInfo *
tbus_export_get_info (GDBusInterfaceSkeleton *skeleton)
{
  return (GDBusInterfaceInfo *) TBUS_EXPORT (skeleton)->interface->info;
}

static GDBusInterfaceVTable *
tbus_export_get_vtable (GDBusInterfaceSkeleton *skeleton)
{
  static GDBusInterfaceVTable vtable = { on_method_call, on_get_property, NULL };

  return &vtable;
}

static GVariant *
tbus_export_get_properties (GDBusInterfaceSkeleton *skeleton)
{
  TbusExport *self = TBUS_EXPORT (skeleton);
  const TbusProperty *property = self->interface->properties;
  GVariantBuilder values;

  g_variant_builder_init (&values, G_VARIANT_TYPE_VARDICT);
  for (; property != NULL && property->name != NULL; property++)
    g_variant_builder_add (&values, "{sv}", property->name, property->get (self->bus, self->object));
  return g_variant_ref_sink (g_variant_builder_end (&values));
}

void
tbus_export_emit (GObject *object, gboolean counters)
{
  TbusExport *self = TBUS_EXPORT (object);
  guint64 *bits = counters ? &self->counters : &self->changed;
  GDBusInterfaceSkeleton *skeleton = G_DBUS_INTERFACE_SKELETON (self);
  GDBusConnection *connection = g_dbus_interface_skeleton_get_connection (skeleton);
  const TbusProperty *properties = self->interface->properties;
  GVariantBuilder values;

  if (connection != NULL && *bits != 0)
    {
      self->generation++;
      g_variant_builder_init (&values, G_VARIANT_TYPE_VARDICT);
      for (guint i = 0; properties[i].name != NULL; i++)
        if (*bits & (G_GUINT64_CONSTANT (1) << i))
          g_variant_builder_add (&values, "{sv}", properties[i].name, properties[i].get (self->bus, self->object));
      g_dbus_connection_emit_signal (connection, NULL, g_dbus_interface_skeleton_get_object_path (skeleton),
                                     "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                     g_variant_new ("(s@a{sv}@as)", self->interface->info->name,
                                                    g_variant_builder_end (&values), g_variant_new_strv (NULL, 0)),
                                     NULL);
    }
  *bits = 0;
}

guint64
tbus_export_get_generation (TbusExport *self)
{
  return self->generation;
}

static void
tbus_export_flush (GDBusInterfaceSkeleton *skeleton)
{
  tbus_export_emit (G_OBJECT (skeleton), FALSE);
}

static void
export_mark (TbusExport *self, const TbusProperty *property)
{
  guint64 *bits = property->kind == TBUS_PROPERTY_COUNTER ? &self->counters : &self->changed;
  gboolean waits = *bits != 0;

  if (property->kind != TBUS_PROPERTY_CHANGING && property->kind != TBUS_PROPERTY_COUNTER)
    return;
  *bits |= G_GUINT64_CONSTANT (1) << (property - self->interface->properties);
  if (!waits)
    tbus_changes_add (self->bus->changes, G_OBJECT (self), property->kind == TBUS_PROPERTY_COUNTER);
}

void
tbus_export_changed (TbusExport *self, const char *name)
{
  const TbusProperty *property = find_property (self->interface, name);

  tbus_thread_assert_main ();
  g_return_if_fail (property != NULL);
  export_mark (self, property);
}

/* Whether "bytes-written" is "BytesWritten". */
static gboolean
same_name (const char *dashed, const char *camel)
{
  gboolean capital = TRUE;

  for (; *dashed != '\0'; dashed++)
    {
      if (*dashed == '-')
        {
          capital = TRUE;
          continue;
        }
      if (*camel++ != (capital ? g_ascii_toupper (*dashed) : *dashed))
        return FALSE;
      capital = FALSE;
    }
  return *camel == '\0';
}

static void
on_notify (TbusExport *self, GParamSpec *pspec, GObject *object)
{
  const TbusProperty *property = self->interface->properties;

  tbus_thread_assert_main ();
  for (; property != NULL && property->name != NULL; property++)
    if (same_name (pspec->name, property->name))
      export_mark (self, property);
}

static void
tbus_export_init (TbusExport *self)
{
}

static void
tbus_export_finalize (GObject *object)
{
  TbusExport *self = TBUS_EXPORT (object);

  g_object_unref (self->object);
  tbus_bus_context_unref (self->bus);
  G_OBJECT_CLASS (tbus_export_parent_class)->finalize (object);
}

static void
tbus_export_class_init (TbusExportClass *class)
{
  GDBusInterfaceSkeletonClass *skeleton_class = G_DBUS_INTERFACE_SKELETON_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = tbus_export_finalize;
  skeleton_class->get_info = tbus_export_get_info;
  skeleton_class->get_vtable = tbus_export_get_vtable;
  skeleton_class->get_properties = tbus_export_get_properties;
  skeleton_class->flush = tbus_export_flush;
}

TbusExport *
tbus_export_new (TbusBusContext *bus, const TbusInterface *interface, GObject *object)
{
  TbusExport *self = g_object_new (TBUS_TYPE_EXPORT, NULL);

  self->bus = tbus_bus_context_ref (bus);
  self->interface = interface;
  self->object = g_object_ref (object);
  g_signal_connect_object (object, "notify", G_CALLBACK (on_notify), self, G_CONNECT_SWAPPED);
  return self;
}
