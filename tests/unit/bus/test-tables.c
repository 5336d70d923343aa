/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables beside the XML: no method without a row, no row without a method, and so with properties. */
#include "bus/interface.h"

#include <string.h>

#define PREFIX "org.tracebus1."

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

/* (transfer full) */
static char *
read_source (const char *folder, const char *file)
{
  g_autofree char *path = g_build_filename (g_getenv ("TRACEBUS_SOURCE"), folder, file, NULL);
  g_autoptr(GError) error = NULL;
  char *text;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

/* The comment in @text that tells of @method. (transfer full) */
static char *
find_comment (const char *text, const char *method)
{
  g_autofree char *head = g_strdup_printf ("<!--\n    %s:\n", method);
  const char *begin = strstr (text, head);
  const char *end = begin != NULL ? strstr (begin, "-->") : NULL;

  if (end == NULL)
    g_error ("no comment tells of %s", method);
  return g_strndup (begin, end - begin);
}

/* What callers are told is what the table does. */
static void
every_row_is_documented_as_it_is (void)
{
  static const char *const told[] = {
    [TBUS_ACTION_OPEN] = "\n    Open to everybody.",
    [TBUS_ACTION_OWNER] = "\n    Needs ownership of the session.",
    [TBUS_ACTION_TRACE_OWN] = "\n    Action: " TBUS_POLKIT_TRACE_OWN,
    [TBUS_ACTION_START] = "\n    Action: " TBUS_POLKIT_TRACE_OWN,
  };

  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    {
      g_autofree char *file = g_strconcat (interfaces[i]->info->name, ".xml", NULL);
      g_autofree char *text = read_source ("introspection", file);

      for (guint j = 0; j < count_methods (interfaces[i]); j++)
        {
          const TbusMethod *row = &interfaces[i]->methods[j];
          g_autofree char *comment = find_comment (text, row->name);

          g_assert_cmpuint (row->action, !=, TBUS_ACTION_TRACE_OTHERS); /* a handler's question, not a row's */
          if (strstr (comment, told[row->action]) == NULL)
            g_error ("%s: its comment does not say%s", row->name, told[row->action]);
          if (row->action == TBUS_ACTION_START)
            g_assert_nonnull (strstr (comment, TBUS_POLKIT_TRACE_OTHERS));
        }
    }
}

/* @action of @policy: its defaults in the order of the file, "yes yes yes". (transfer full) */
static char *
find_defaults (const char *policy, const char *action)
{
  g_autofree char *head = g_strdup_printf ("<action id=\"%s\">", action);
  const char *at = strstr (policy, head);
  GString *defaults = g_string_new (NULL);

  if (at == NULL)
    g_error ("the policy has no action %s", action);
  for (guint i = 0; i < 3; i++)
    {
      const char *begin = strchr (strstr (at, "<allow_"), '>') + 1;

      at = strchr (begin, '<');
      g_string_append_printf (defaults, "%s%.*s", i == 0 ? "" : " ", (int) (at - begin), begin);
    }
  return g_string_free (defaults, FALSE);
}

static void
every_action_is_in_the_policy_and_no_other (void)
{
  static const struct {
    const char *action;
    const char *defaults; /* anybody, at an inactive and at an active seat */
  } expected[] = {
    { TBUS_POLKIT_TRACE_OWN, "yes yes yes" },
    { TBUS_POLKIT_TRACE_OTHERS, "auth_admin_keep auth_admin_keep auth_admin_keep" },
    { TBUS_POLKIT_MANAGE_SESSIONS, "auth_admin auth_admin auth_admin_keep" },
  };
  g_autofree char *policy = read_source ("data", "org.tracebus1.policy.in");
  g_autofree char *gate = read_source ("service/bus", "gate.h");
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autofree char *defaults = find_defaults (policy, expected[i].action);

      g_assert_cmpstr (defaults, ==, expected[i].defaults);
    }
  for (const char *at = policy; (at = strstr (at, "<action ")) != NULL; at++)
    n++;
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (expected));
  n = 0;
  for (const char *at = gate; (at = strstr (at, "\"" PREFIX)) != NULL; at++)
    n++;
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (expected));
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
  g_test_add_func ("/bus/tables/every-row-is-documented-as-it-is", every_row_is_documented_as_it_is);
  g_test_add_func ("/bus/tables/every-action-is-in-the-policy-and-no-other",
                   every_action_is_in_the_policy_and_no_other);
  g_test_add_func ("/bus/tables/names-are-as-the-guidelines-say", names_are_as_the_guidelines_say);
  return g_test_run ();
}
