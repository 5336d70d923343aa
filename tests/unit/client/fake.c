/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake.h"

#include <string.h>

typedef struct {
  char *call;
  char *answer;     /* NULL: none */
  char *error_name; /* NULL: the answer is a tuple */
} Rule;

struct TstFake {
  GDBusConnection *connection;
  guint filter;
  GMutex lock;
  GCond called;
  GPtrArray *rules; /* from here on under @lock */
  GString *calls;
};

static void
rule_free (gpointer data)
{
  Rule *rule = data;

  g_free (rule->call);
  g_free (rule->answer);
  g_free (rule->error_name);
  g_free (rule);
}

static gint
compare_entries (gconstpointer a, gconstpointer b)
{
  g_autoptr(GVariant) key_a = g_variant_get_child_value (*(GVariant *const *) a, 0);
  g_autoptr(GVariant) key_b = g_variant_get_child_value (*(GVariant *const *) b, 0);

  return g_variant_compare (key_a, key_b);
}

/* (transfer full): @value with every dictionary in it sorted. */
static GVariant *
sort_dictionaries (GVariant *value)
{
  g_autoptr(GPtrArray) children = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  gboolean tuple = g_variant_is_of_type (value, G_VARIANT_TYPE_TUPLE);

  if (!tuple && !g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY))
    return g_variant_ref (value);
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (value, i);

      g_ptr_array_add (children, sort_dictionaries (child));
    }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    g_ptr_array_sort (children, compare_entries);
  if (tuple)
    return g_variant_ref_sink (g_variant_new_tuple ((GVariant *const *) children->pdata, children->len));
  return g_variant_ref_sink (g_variant_new_array (g_variant_type_element (g_variant_get_type (value)),
                                                  (GVariant *const *) children->pdata, children->len));
}

static char *
describe_body (GVariant *body)
{
  g_autoptr(GVariant) sorted = body != NULL ? sort_dictionaries (body) : NULL;

  return sorted != NULL ? g_variant_print (sorted, TRUE) : g_strdup ("()");
}

static char *
describe_call (GDBusMessage *message)
{
  g_autofree char *body = describe_body (g_dbus_message_get_body (message));
  const char *interface = strrchr (g_dbus_message_get_interface (message), '.') + 1;

  return g_strdup_printf ("%s %s.%s %s", g_dbus_message_get_path (message), interface,
                          g_dbus_message_get_member (message), body);
}

/* Ends the test where a call is not one of those that introspection/ describes. */
static void
check_contract (GDBusMessage *message)
{
  const char *interface = g_dbus_message_get_interface (message);
  g_autofree char *name = g_strconcat (interface, ".xml", NULL);
  g_autofree char *file = g_build_filename (g_getenv ("TRACEBUS_SOURCE"), "introspection", name, NULL);
  g_autofree char *xml = NULL;
  g_autoptr(GDBusNodeInfo) node = NULL;
  g_autoptr(GString) signature = g_string_new (NULL);
  GDBusMethodInfo *method;

  if (!g_str_has_prefix (interface, "org.tracebus1."))
    return;
  g_assert_true (g_file_get_contents (file, &xml, NULL, NULL));
  node = g_dbus_node_info_new_for_xml (xml, NULL);
  g_assert_nonnull (node);
  method = g_dbus_interface_info_lookup_method (node->interfaces[0], g_dbus_message_get_member (message));
  if (method == NULL)
    g_error ("there is no method %s.%s", interface, g_dbus_message_get_member (message));
  for (guint i = 0; method->in_args != NULL && method->in_args[i] != NULL; i++)
    g_string_append (signature, method->in_args[i]->signature);
  g_assert_cmpstr (g_dbus_message_get_signature (message), ==, signature->str);
}

static GDBusMessage *
make_reply (GDBusMessage *message, const Rule *rule, const char *call)
{
  g_autoptr(GError) error = NULL;
  GDBusMessage *reply;

  if (rule == NULL)
    return g_dbus_message_new_method_error (message, "org.tracebus1.Error.Untold", "The test did not expect %s", call);
  if (rule->error_name != NULL)
    return g_dbus_message_new_method_error_literal (message, rule->error_name, rule->answer);
  reply = g_dbus_message_new_method_reply (message);
  g_dbus_message_set_body (reply, g_variant_parse (NULL, rule->answer, NULL, NULL, &error));
  g_assert_no_error (error);
  return reply;
}

static GDBusMessage *
answer (TstFake *self, GDBusMessage *message)
{
  g_autofree char *call = describe_call (message);
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Rule *rule = NULL;

  check_contract (message);
  g_string_append_printf (self->calls, "%s\n", call);
  g_cond_broadcast (&self->called);
  for (guint i = self->rules->len; i-- > 0 && rule == NULL;)
    {
      const Rule *candidate = self->rules->pdata[i];

      if (g_str_has_prefix (call, candidate->call))
        rule = candidate;
    }
  if (rule != NULL && rule->answer == NULL)
    return NULL;
  return make_reply (message, rule, call);
}

static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  g_autoptr(GDBusMessage) reply = NULL;

  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  reply = answer (user_data, message);
  if (reply != NULL)
    g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
  g_object_unref (message);
  return NULL;
}

TstFake *
tst_fake_new (GDBusConnection *connection)
{
  g_autoptr(GVariant) owned = NULL;
  g_autoptr(GError) error = NULL;
  TstFake *self = g_new0 (TstFake, 1);

  self->connection = g_object_ref (connection);
  self->rules = g_ptr_array_new_with_free_func (rule_free);
  self->calls = g_string_new (NULL);
  g_mutex_init (&self->lock);
  g_cond_init (&self->called);
  self->filter = g_dbus_connection_add_filter (connection, on_message, self, NULL);
  owned = g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "RequestName",
                                       g_variant_new ("(su)", "org.tracebus1", 0), G_VARIANT_TYPE ("(u)"),
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  return self;
}

void
tst_fake_free (TstFake *self)
{
  g_dbus_connection_close_sync (self->connection, NULL, NULL);
  g_dbus_connection_remove_filter (self->connection, self->filter);
  g_object_unref (self->connection);
  g_ptr_array_unref (self->rules);
  g_string_free (self->calls, TRUE);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->called);
  g_free (self);
}

static void
add_rule (TstFake *self, const char *call, const char *text, const char *error_name)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Rule *rule = g_new0 (Rule, 1);

  rule->call = g_strdup (call);
  rule->answer = g_strdup (text);
  rule->error_name = g_strdup (error_name);
  g_ptr_array_add (self->rules, rule);
}

void
tst_fake_answer (TstFake *self, const char *call, const char *text)
{
  add_rule (self, call, text, NULL);
}

void
tst_fake_refuse (TstFake *self, const char *call, const char *error_name, const char *message)
{
  add_rule (self, call, message, error_name);
}

void
tst_fake_ignore (TstFake *self, const char *call)
{
  add_rule (self, call, NULL, NULL);
}

char *
tst_fake_take_calls (TstFake *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  char *calls = g_strdup (self->calls->str);

  g_string_truncate (self->calls, 0);
  return calls;
}

void
tst_fake_wait_call (TstFake *self, const char *call)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (strstr (self->calls->str, call) == NULL)
    g_cond_wait (&self->called, &self->lock);
}
