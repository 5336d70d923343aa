/* SPDX-License-Identifier: GPL-2.0-only */
#include "swarm.h"

#include <string.h>
#include <unistd.h>

#define OUR_ERROR "org.tracebus1.Error."
#define STANDARD_ERROR "org.freedesktop.DBus.Error."

enum {
  N_CONNECTIONS = 4,
  IN_FLIGHT = 10,
  IN_FLIGHT_OF_THE_FIRST = 24, /* more than the service takes of one caller */
  MIN_OWN_SESSIONS = 4,
  MAX_OWN_SESSIONS = 8,
  MAX_GONE = 50,
  TRIES = 100, /* to find an object that fits */
  CALLS_A_LOOK = 40, /* until it is looked which objects there are */
  CALLS_A_LIFE = 400, /* of a connection, about */
  MAX_PRINTED = 2000,
  MAX_SENTENCE = 1000,
};

typedef struct {
  GDBusConnection *bus;
  guint in_flight;
  gboolean closed;
} Connection;

struct TstSwarm {
  TstSwarmParts parts;
  GPtrArray *connections; /* of Connection */
  GDBusConnection *watcher;
  GPtrArray *objects;  /* of char * */
  GPtrArray *gone;     /* of char *: objects that are there no more */
  GPtrArray *sessions; /* of char *: those of the user's own */
  GHashTable *counts;  /* answer to number */
  GHashTable *done;    /* methods that were answered with a reply */
  guint sent, answered;
};

typedef struct {
  TstSwarm *swarm;
  Connection *connection; /* a reference */
  const TstMethod *method;
  char *path;
  GVariant *arguments;
} Flight;

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  g_object_unref (connection->bus);
}

static void
connection_unref (Connection *connection)
{
  g_rc_box_release_full (connection, connection_free);
}

/* The bus takes a caller's user from its socket. */
static Connection *
connect_as (TstSwarm *self)
{
  Connection *connection = g_rc_box_new0 (Connection);

  g_assert_cmpint (seteuid (self->parts.uid), ==, 0);
  connection->bus = tst_bus_connect (tst_service_bus (self->parts.service));
  g_assert_cmpint (seteuid (getuid ()), ==, 0);
  return connection;
}

static void
disconnect (Connection *connection)
{
  connection->closed = TRUE;
  g_dbus_connection_close_sync (connection->bus, NULL, NULL);
}

TstSwarm *
tst_swarm_new (const TstSwarmParts *parts)
{
  TstSwarm *self = g_new0 (TstSwarm, 1);

  self->parts = *parts;
  self->connections = g_ptr_array_new_with_free_func ((GDestroyNotify) connection_unref);
  self->watcher = tst_bus_connect (tst_service_bus (parts->service));
  self->gone = g_ptr_array_new_with_free_func (g_free);
  self->done = g_hash_table_new (NULL, NULL);
  self->counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < N_CONNECTIONS; i++)
    g_ptr_array_add (self->connections, connect_as (self));
  return self;
}

void
tst_swarm_free (TstSwarm *self)
{
  for (guint i = 0; i < self->connections->len; i++)
    disconnect (g_ptr_array_index (self->connections, i));
  tst_values_use_paths (self->parts.values, NULL);
  g_dbus_connection_close_sync (self->watcher, NULL, NULL);
  g_object_unref (self->watcher);
  g_ptr_array_unref (self->connections);
  g_clear_pointer (&self->objects, g_ptr_array_unref);
  g_ptr_array_unref (self->gone);
  g_hash_table_unref (self->done);
  g_clear_pointer (&self->sessions, g_ptr_array_unref);
  g_hash_table_unref (self->counts);
  g_free (self);
}

/* Answers. */

static void
flight_free (Flight *flight)
{
  g_variant_unref (flight->arguments);
  g_free (flight->path);
  connection_unref (flight->connection);
  g_free (flight);
}

static void G_GNUC_NORETURN G_GNUC_PRINTF (2, 3)
flight_fail (const Flight *flight, const char *format, ...)
{
  g_autofree char *arguments = g_variant_print (flight->arguments, TRUE);
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  g_error ("%s.%s of %s with %.*s: %s", flight->method->interface, flight->method->name, flight->path, MAX_PRINTED,
           arguments, why);
}

static void
count (TstSwarm *self, const char *answer)
{
  guint n = tst_swarm_count (self, answer);

  g_hash_table_insert (self->counts, g_strdup (answer), GUINT_TO_POINTER (n + 1));
}

static void
check_sentence (const Flight *flight, const char *name, const char *message)
{
  if (strlen (message) < 10 || strchr (message, ' ') == NULL || !g_utf8_validate (message, -1, NULL))
    flight_fail (flight, "%s: \"%s\" is no sentence", name, message);
  if (g_str_has_prefix (name, OUR_ERROR) && strlen (message) > MAX_SENTENCE)
    flight_fail (flight, "%s: what the caller said crowds out the sentence: %.*s", name, MAX_SENTENCE, message);
  if (g_str_has_prefix (name, OUR_ERROR) && g_ascii_islower (message[0]))
    flight_fail (flight, "%s: \"%s\" does not begin like a sentence", name, message);
}

static void
check_error (const Flight *flight, const GError *error)
{
  static const char *const ours[] = {
    "NotFound", "AlreadyExists", "InvalidArgs", "InvalidState", "NotAuthorized", "Unsupported", "FilterSyntax",
    "Exhausted", "OutputUnavailable", "ConsumerFailed", "AppGone", "TimedOut", NULL,
  };
  static const char *const standard[] = {
    "InvalidArgs", "UnknownMethod", "UnknownObject", "UnknownInterface", "UnknownProperty", "PropertyReadOnly",
    "AccessDenied", "LimitsExceeded", "InteractiveAuthorizationRequired", NULL,
  };
  g_autofree char *name = g_dbus_error_get_remote_error (error);
  g_autoptr(GError) plain = g_error_copy (error);

  g_dbus_error_strip_remote_error (plain);
  if (name != NULL && g_str_has_prefix (name, OUR_ERROR) && g_strv_contains (ours, name + strlen (OUR_ERROR)))
    count (flight->swarm, name + strlen (OUR_ERROR));
  else if (name != NULL && g_str_has_prefix (name, STANDARD_ERROR)
           && g_strv_contains (standard, name + strlen (STANDARD_ERROR)))
    count (flight->swarm, name + strlen (STANDARD_ERROR));
  else
    flight_fail (flight, "answered with %s: %s", name, plain->message);
  check_sentence (flight, name, plain->message);
}

static void
check_reply (const Flight *flight, GDBusMessage *reply)
{
  g_autoptr(GVariant) nothing = g_variant_ref_sink (g_variant_new_tuple (NULL, 0));
  GVariant *body = g_dbus_message_get_body (reply);

  if (!g_variant_is_of_type (body != NULL ? body : nothing, flight->method->answer))
    flight_fail (flight, "answered with %s", body != NULL ? g_variant_get_type_string (body) : "nothing");
  count (flight->swarm, "");
  g_hash_table_add (flight->swarm->done, (gpointer) flight->method);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Flight *flight = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GDBusMessage) reply = NULL;

  reply = g_dbus_connection_send_message_with_reply_finish (G_DBUS_CONNECTION (source), result, &error);
  if (reply != NULL)
    g_dbus_message_to_gerror (reply, &error);
  if (flight->connection->closed && reply == NULL)
    count (flight->swarm, "(left)");
  else if (error != NULL)
    check_error (flight, error);
  else
    check_reply (flight, reply);
  flight->connection->in_flight--;
  flight->swarm->answered++;
  flight_free (flight);
}

/* Calls. */

static gboolean
is_same_text (gconstpointer a, gconstpointer b)
{
  return g_str_equal (a, b);
}

/* What has gone is still called for a while. */
static void
look_around (TstSwarm *self)
{
  g_autoptr(GPtrArray) before = g_steal_pointer (&self->objects);

  self->objects = tst_known_objects (self->watcher);
  for (guint i = 0; before != NULL && i < before->len; i++)
    if (!g_ptr_array_find_with_equal_func (self->objects, g_ptr_array_index (before, i), is_same_text, NULL))
      g_ptr_array_add (self->gone, g_strdup (g_ptr_array_index (before, i)));
  if (self->gone->len > MAX_GONE)
    g_ptr_array_remove_range (self->gone, 0, self->gone->len - MAX_GONE);
  tst_values_use_paths (self->parts.values, self->objects);
  g_clear_pointer (&self->sessions, g_ptr_array_unref);
  self->sessions = tst_known_sessions (self->watcher, self->parts.uid);
}

static const char *
pick (TstSwarm *self, GPtrArray *from)
{
  return from->len > 0 ? g_ptr_array_index (from, tst_values_below (self->parts.values, from->len)) : "/";
}

/* Most calls go where they can be understood, and many to what is the caller's own. */
static const char *
pick_path (TstSwarm *self, const TstMethod *method)
{
  TstValues *values = self->parts.values;
  const char *session = self->sessions->len > 0 && !tst_values_chance (values, 4) ? pick (self, self->sessions) : "";
  const char *path = pick (self, self->objects);

  if (tst_values_chance (values, 30))
    return pick (self, self->gone);
  if (strstr (method->interface, "LogControl") != NULL || tst_values_chance (values, 50))
    return "/org/freedesktop/LogControl1";
  if (strstr (method->interface, "Session") == NULL && strstr (method->interface, "Channel") == NULL)
    session = "";
  for (guint tries = TRIES; tries > 0; tries--)
    {
      if (tst_known_fits (path, method->interface) && g_str_has_prefix (path, session))
        break;
      path = pick (self, self->objects);
    }
  return path;
}

/* Something but what introspection says that it takes: now and then, of those that are not plain. */
static gboolean
is_wrong (TstSwarm *self, gboolean plain)
{
  return !plain && tst_values_chance (self->parts.values, 60);
}

/* (transfer full) */
static GVariant *
make_arguments (TstSwarm *self, const TstMethod *method)
{
  TstValues *values = self->parts.values;
  const GVariantType *type = g_variant_type_first (method->arguments);
  const gboolean plain = tst_values_chance (values, 4);
  GVariantBuilder tuple;
  guint n = 0;

  tst_values_speak_of (values, method->name);
  tst_values_be_plain (values, plain);
  g_variant_builder_init (&tuple, G_VARIANT_TYPE_TUPLE);
  for (; type != NULL && !is_wrong (self, plain); type = g_variant_type_next (type), n++)
    if (is_wrong (self, plain))
      g_variant_builder_add_value (&tuple, tst_values_make_any (values));
    else
      g_variant_builder_add_value (&tuple, tst_values_make (values, type, method->names[n]));
  if (is_wrong (self, plain))
    g_variant_builder_add_value (&tuple, tst_values_make_any (values));
  return g_variant_ref_sink (g_variant_builder_end (&tuple));
}

static const TstMethod *
find_method (TstSwarm *self, const char *name)
{
  GPtrArray *methods = tst_known_methods (self->parts.known);

  for (guint i = 0; i < methods->len; i++)
    {
      const TstMethod *method = g_ptr_array_index (methods, i);

      if (g_str_equal (method->name, name))
        return method;
    }
  g_error ("introspection does not tell of %s", name);
}

/* So many sessions as this makes would take the machine's memory, so old ones are ended; but some should get old. */
static Flight *
plan (TstSwarm *self)
{
  GPtrArray *methods = tst_known_methods (self->parts.known);
  Flight *flight = g_new0 (Flight, 1);

  flight->swarm = self;
  flight->method = g_ptr_array_index (methods, tst_values_below (self->parts.values, methods->len));
  if (self->sessions->len < MIN_OWN_SESSIONS && g_str_equal (flight->method->name, "Destroy"))
    flight->method = find_method (self, "CreateSession");
  if (self->sessions->len > MAX_OWN_SESSIONS)
    {
      flight->method = find_method (self, "Destroy");
      flight->path = g_ptr_array_steal_index (self->sessions, 0);
      flight->arguments = g_variant_ref_sink (g_variant_new_parsed ("(@a{sv} {},)"));
    }
  else
    {
      flight->path = g_strdup (pick_path (self, flight->method));
      flight->arguments = make_arguments (self, flight->method);
    }
  return flight;
}

static void
launch (Flight *flight, Connection *connection)
{
  TstSwarm *self = flight->swarm;
  g_autoptr(GDBusMessage) message = g_dbus_message_new_method_call ("org.tracebus1", flight->path,
                                                                    flight->method->interface, flight->method->name);
  g_autoptr(GUnixFDList) files = NULL;

  flight->connection = g_rc_box_acquire (connection);
  if (tst_values_chance (self->parts.values, 4))
    g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION);
  g_dbus_message_set_body (message, flight->arguments);
  if (tst_values_chance (self->parts.values, 3))
    files = tst_odd_files_pick (self->parts.files, self->parts.values);
  if (files != NULL && g_unix_fd_list_get_length (files) > 0)
    g_dbus_message_set_unix_fd_list (message, files);
  connection->in_flight++;
  self->sent++;
  g_dbus_connection_send_message_with_reply (connection->bus, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, TST_CALL_MS,
                                             NULL, NULL, on_answer, flight);
}

/* Some leave with their calls unanswered, and others come. */
static Connection *
pick_connection (TstSwarm *self)
{
  guint i = tst_values_below (self->parts.values, N_CONNECTIONS);
  Connection *connection = g_ptr_array_index (self->connections, i);

  if (tst_values_chance (self->parts.values, CALLS_A_LIFE))
    {
      disconnect (connection);
      connection_unref (connection);
      connection = g_ptr_array_index (self->connections, i) = connect_as (self);
    }
  return connection->in_flight < (i == 0 ? IN_FLIGHT_OF_THE_FIRST : IN_FLIGHT) ? connection : NULL;
}

void
tst_swarm_run (TstSwarm *self, guint n)
{
  const guint end = self->sent + n;

  while (self->sent < end)
    {
      Connection *connection = pick_connection (self);

      if (self->sent % CALLS_A_LOOK == 0)
        look_around (self);
      if (connection != NULL)
        launch (plan (self), connection);
      else
        {
          const guint before = self->answered;

          tst_wait_until (self->parts.service, self->answered > before);
        }
    }
  tst_wait_until (self->parts.service, self->answered == self->sent);
}

guint
tst_swarm_count (TstSwarm *self, const char *answer)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->counts, answer));
}

guint
tst_swarm_count_refused (TstSwarm *self, const char *interface)
{
  GPtrArray *methods = tst_known_methods (self->parts.known);
  guint n = 0;

  for (guint i = 0; i < methods->len; i++)
    {
      const TstMethod *method = g_ptr_array_index (methods, i);

      if (!g_str_has_prefix (method->interface, interface) || g_hash_table_contains (self->done, method))
        continue;
      g_test_message ("%s.%s was always refused", method->interface, method->name);
      n++;
    }
  return n;
}

void
tst_swarm_report (TstSwarm *self, const char *who)
{
  g_autoptr(GString) text = g_string_new (NULL);
  GHashTableIter iter;
  gpointer answer, n;

  g_hash_table_iter_init (&iter, self->counts);
  while (g_hash_table_iter_next (&iter, &answer, &n))
    g_string_append_printf (text, ", %u %s", GPOINTER_TO_UINT (n),
                            *(const char *) answer != '\0' ? (const char *) answer : "done");
  g_test_message ("%s: %u calls%s", who, self->answered, text->str);
}
