/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake-polkit.h"

#include <string.h>

#define PREFIX "org.tracebus1."

struct TstFakePolkit {
  GDBusConnection *connection;
  guint registration;
  GHashTable *answers; /* char * to TstPolkitAnswer */
  TstPolkitAnswer otherwise;
  gboolean holds;
  GPtrArray *held; /* of GDBusMethodInvocation, references */
  guint cancelled;
  GString *asked;
};

static const char description[] =
  "<node><interface name='org.freedesktop.PolicyKit1.Authority'>"
  "<method name='CheckAuthorization'><arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/>"
  "<arg type='a{ss}' direction='in'/><arg type='u' direction='in'/><arg type='s' direction='in'/>"
  "<arg type='(bba{ss})' direction='out'/></method>"
  "<method name='CancelCheckAuthorization'><arg type='s' direction='in'/></method>"
  "</interface></node>";

static TstPolkitAnswer
find_answer (TstFakePolkit *self, const char *action)
{
  gpointer answer;

  if (g_hash_table_lookup_extended (self->answers, action, NULL, &answer))
    return GPOINTER_TO_INT (answer);
  return self->otherwise;
}

/* Takes @invocation. */
static void
give_answer (TstFakePolkit *self, GDBusMethodInvocation *invocation)
{
  const char *action;
  TstPolkitAnswer answer;
  GVariantBuilder details;

  g_variant_get_child (g_dbus_method_invocation_get_parameters (invocation), 1, "&s", &action);
  answer = find_answer (self, action);
  if (answer == TST_POLKIT_ERROR)
    {
      g_dbus_method_invocation_return_dbus_error (invocation, "org.freedesktop.PolicyKit1.Error.Failed",
                                                  "out of order");
      return;
    }
  g_variant_builder_init (&details, G_VARIANT_TYPE ("a{ss}"));
  if (answer == TST_POLKIT_DISMISSED)
    g_variant_builder_add (&details, "{ss}", "polkit.dismissed", "true");
  g_dbus_method_invocation_return_value (
    invocation, g_variant_new ("((bba{ss}))", answer == TST_POLKIT_YES, answer == TST_POLKIT_AUTH, &details));
}

static void
write_down (TstFakePolkit *self, GVariant *question)
{
  g_autoptr(GVariant) details = NULL;
  const char *kind, *action, *session = "?", *owner = "?", *uids = "?";
  guint32 flags;

  g_variant_get (question, "((&s@a{sv})&s@a{ss}u&s)", &kind, NULL, &action, &details, &flags, NULL);
  g_assert_cmpstr (kind, ==, "system-bus-name");
  g_assert_true (g_str_has_prefix (action, PREFIX));
  g_variant_lookup (details, "session", "&s", &session);
  g_variant_lookup (details, "owner", "&s", &owner);
  g_variant_lookup (details, "uids", "&s", &uids);
  g_string_append_printf (self->asked, "%s%s%s session=%s owner=%s uids=%s", self->asked->len == 0 ? "" : "; ",
                          action + strlen (PREFIX), flags & 1 ? " ask" : "", session, owner, uids);
}

/* The question whose last argument is @id was given up. */
static void
cancel (TstFakePolkit *self, const char *id)
{
  for (guint i = 0; i < self->held->len; i++)
    {
      GDBusMethodInvocation *invocation = g_ptr_array_index (self->held, i);
      const char *known;

      g_variant_get_child (g_dbus_method_invocation_get_parameters (invocation), 4, "&s", &known);
      if (!g_str_equal (known, id))
        continue;
      g_ptr_array_steal_index (self->held, i);
      g_dbus_method_invocation_return_dbus_error (invocation, "org.freedesktop.PolicyKit1.Error.Cancelled", "given up");
      self->cancelled++;
      return;
    }
}

static void
on_call (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *method,
         GVariant *parameters, GDBusMethodInvocation *invocation, gpointer data)
{
  TstFakePolkit *self = data;
  const char *id;

  if (g_str_equal (method, "CancelCheckAuthorization"))
    {
      g_variant_get (parameters, "(&s)", &id);
      cancel (self, id);
      g_dbus_method_invocation_return_value (invocation, NULL);
      return;
    }
  write_down (self, parameters);
  if (self->holds)
    g_ptr_array_add (self->held, invocation);
  else
    give_answer (self, invocation);
}

TstFakePolkit *
tst_fake_polkit_new (const char *address)
{
  static const GDBusInterfaceVTable vtable = { on_call, NULL, NULL };
  TstFakePolkit *self = g_new0 (TstFakePolkit, 1);
  g_autoptr(GDBusNodeInfo) node = NULL;
  g_autoptr(GVariant) named = NULL;
  g_autoptr(GError) error = NULL;

  self->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->held = g_ptr_array_new_with_free_func (g_object_unref);
  self->asked = g_string_new (NULL);
  self->connection = g_dbus_connection_new_for_address_sync (
    address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL,
    &error);
  g_assert_no_error (error);
  node = g_dbus_node_info_new_for_xml (description, &error);
  g_assert_no_error (error);
  self->registration = g_dbus_connection_register_object (self->connection, "/org/freedesktop/PolicyKit1/Authority",
                                                          node->interfaces[0], &vtable, self, NULL, &error);
  g_assert_no_error (error);
  named = g_dbus_connection_call_sync (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "RequestName",
                                       g_variant_new ("(su)", "org.freedesktop.PolicyKit1", 0), NULL,
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  return self;
}

void
tst_fake_polkit_free (TstFakePolkit *self)
{
  tst_fake_polkit_hold (self, FALSE);
  g_dbus_connection_unregister_object (self->connection, self->registration);
  g_dbus_connection_close_sync (self->connection, NULL, NULL);
  g_object_unref (self->connection);
  g_hash_table_unref (self->answers);
  g_ptr_array_unref (self->held);
  g_string_free (self->asked, TRUE);
  g_free (self);
}

void
tst_fake_polkit_answer (TstFakePolkit *self, const char *action, TstPolkitAnswer answer)
{
  if (action != NULL)
    {
      g_hash_table_insert (self->answers, g_strconcat (PREFIX, action, NULL), GINT_TO_POINTER (answer));
      return;
    }
  g_hash_table_remove_all (self->answers);
  self->otherwise = answer;
}

void
tst_fake_polkit_hold (TstFakePolkit *self, gboolean hold)
{
  self->holds = hold;
  while (!hold && self->held->len > 0)
    give_answer (self, g_ptr_array_steal_index (self->held, 0));
}

guint
tst_fake_polkit_count_held (TstFakePolkit *self)
{
  return self->held->len;
}

guint
tst_fake_polkit_count_cancelled (TstFakePolkit *self)
{
  return self->cancelled;
}

char *
tst_fake_polkit_take_asked (TstFakePolkit *self)
{
  char *asked = g_string_free (self->asked, FALSE);

  self->asked = g_string_new (NULL);
  return asked;
}
