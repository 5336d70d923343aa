/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables beside the XML: no method without a row, no row without a method, and so with properties. */
#include "bus/interface.h"

#include <string.h>

static const TbusInterface *const interfaces[] = {
  &tbus_manager_interface, &tbus_session_interface, &tbus_channel_interface,
  &tbus_app_interface, &tbus_consumer_interface,
};

static guint
count_methods (const TbusInterface *interface)
{
  guint n = 0;

  while (interface->methods != NULL && interface->methods[n].name != NULL)
    n++;
  return n;
}

static guint
count_properties (const TbusInterface *interface)
{
  guint n = 0;

  while (interface->properties != NULL && interface->properties[n].name != NULL)
    n++;
  return n;
}

/* What g_dbus_interface_info_lookup_method() does, without its cache: the infos are constant. */
static const GDBusMethodInfo *
find_method (const TbusInterface *interface, const char *name)
{
  GDBusMethodInfo **methods = interface->info->methods;

  for (guint i = 0; methods != NULL && methods[i] != NULL; i++)
    if (g_str_equal (methods[i]->name, name))
      return methods[i];
  return NULL;
}

static const GDBusPropertyInfo *
find_property (const TbusInterface *interface, const char *name)
{
  for (guint i = 0; interface->info->properties[i] != NULL; i++)
    if (g_str_equal (interface->info->properties[i]->name, name))
      return interface->info->properties[i];
  return NULL;
}

static void
every_method_is_a_row (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    {
      GDBusMethodInfo **methods = interfaces[i]->info->methods;
      guint n = 0;

      for (guint j = 0; j < count_methods (interfaces[i]); j++)
        {
          const TbusMethod *row = &interfaces[i]->methods[j];

          g_assert_nonnull (find_method (interfaces[i], row->name));
          g_assert_nonnull (row->handler);
        }
      while (methods != NULL && methods[n] != NULL)
        n++;
      g_assert_cmpuint (n, ==, count_methods (interfaces[i]));
    }
}

static void
every_property_is_a_row (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    {
      guint n = 0;

      for (guint j = 0; j < count_properties (interfaces[i]); j++)
        {
          const TbusProperty *row = &interfaces[i]->properties[j];

          g_assert_nonnull (find_property (interfaces[i], row->name));
          g_assert_nonnull (row->get);
        }
      while (interfaces[i]->info->properties[n] != NULL)
        n++;
      g_assert_cmpuint (n, ==, count_properties (interfaces[i]));
      g_assert_cmpuint (n, <=, 64); /* one bit each */
    }
}

static void
every_property_is_read_only_and_signalled_as_it_says (void)
{
  static const char *const annotation[] = {
    [TBUS_PROPERTY_CONST] = "const",
    [TBUS_PROPERTY_CHANGING] = "true",
    [TBUS_PROPERTY_COUNTER] = "true",
    [TBUS_PROPERTY_SILENT] = "false",
  };

  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    for (guint j = 0; j < count_properties (interfaces[i]); j++)
      {
        const TbusProperty *row = &interfaces[i]->properties[j];
        const GDBusPropertyInfo *info = find_property (interfaces[i], row->name);

        g_assert_cmpint (info->flags, ==, G_DBUS_PROPERTY_INFO_FLAGS_READABLE);
        g_assert_cmpstr (g_dbus_annotation_info_lookup (info->annotations,
                                                        "org.freedesktop.DBus.Property.EmitsChangedSignal"),
                         ==, annotation[row->kind]);
      }
}

/* The rule of the contract: a{sv} options last, and no method that acts is open to everybody. */
static void
every_method_that_acts_takes_options_and_asks (void)
{
  static const char *const asking[] = { "GetSession", "GetAppsByPid", "GetPermissions", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    for (guint j = 0; j < count_methods (interfaces[i]); j++)
      {
        const TbusMethod *row = &interfaces[i]->methods[j];
        const GDBusMethodInfo *info = find_method (interfaces[i], row->name);
        const GDBusArgInfo *last = NULL;
        gboolean asks = g_str_has_prefix (row->name, "Get") || g_str_equal (row->name, "ListBufferRegistries");

        for (guint k = 0; info->in_args != NULL && info->in_args[k] != NULL; k++)
          last = info->in_args[k];
        if (!asks)
          {
            g_assert_nonnull (last);
            g_assert_cmpstr (last->signature, ==, "a{sv}");
            g_assert_cmpstr (last->name, ==, "options");
          }
        g_assert_cmpint (row->action == TBUS_ACTION_OPEN, ==, g_strv_contains (asking, row->name));
      }
}

static void
names_are_as_the_guidelines_say (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    for (guint j = 0; j < count_methods (interfaces[i]); j++)
      {
        const GDBusMethodInfo *info = find_method (interfaces[i], interfaces[i]->methods[j].name);

        g_assert_true (g_ascii_isupper (info->name[0]));
        for (guint k = 0; info->in_args != NULL && info->in_args[k] != NULL; k++)
          g_assert_cmpuint (strspn (info->in_args[k]->name, "abcdefghijklmnopqrstuvwxyz_"), ==,
                            strlen (info->in_args[k]->name));
        for (guint k = 0; info->out_args != NULL && info->out_args[k] != NULL; k++)
          g_assert_cmpuint (strspn (info->out_args[k]->name, "abcdefghijklmnopqrstuvwxyz_"), ==,
                            strlen (info->out_args[k]->name));
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus/tables/every-method-is-a-row", every_method_is_a_row);
  g_test_add_func ("/bus/tables/every-property-is-a-row", every_property_is_a_row);
  g_test_add_func ("/bus/tables/every-property-is-read-only-and-signalled-as-it-says",
                   every_property_is_read_only_and_signalled_as_it_says);
  g_test_add_func ("/bus/tables/every-method-that-acts-takes-options-and-asks",
                   every_method_that_acts_takes_options_and_asks);
  g_test_add_func ("/bus/tables/names-are-as-the-guidelines-say", names_are_as_the_guidelines_say);
  return g_test_run ();
}
