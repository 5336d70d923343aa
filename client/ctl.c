/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/ctl.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>

typedef struct {
  GAsyncResult *result;
  gboolean interrupted;
} Wait;

G_DEFINE_QUARK (ctl-error-quark, ctl_error)

gboolean
ctl_usage (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  /* GLib's own complaints have other codes, by which exit codes differ. */
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, message);
  return FALSE;
}

gboolean
ctl_fail (GError **error, int errnum, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errnum), "%s: %s", message, g_strerror (errnum));
  return FALSE;
}

gboolean
ctl_check_domain (Ctl *ctl, gboolean userspace, GError **error)
{
  return userspace || !ctl->style->needs_domain
         || ctl_usage (error, "Please say which domain: --userspace is the one that there is");
}

gboolean
ctl_parse (Ctl *ctl, const GOptionEntry *entries, char ***args, GError **error)
{
  return ctl_parse_into (ctl, entries, NULL, args, error);
}

gboolean
ctl_parse_into (Ctl *ctl, const GOptionEntry *entries, gpointer data, char ***args, GError **error)
{
  const CtlVerb *verb = ctl->verb;
  g_autoptr(GOptionContext) context = g_option_context_new (verb->arguments);
  GOptionGroup *group = g_option_group_new (NULL, NULL, NULL, data, NULL);
  guint count;

  g_option_context_set_summary (context, verb->summary);
  g_option_context_set_description (context, verb->details);
  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  if (!g_option_context_parse_strv (context, args, error))
    return FALSE;
  /* "--" stays where options follow it. */
  if ((*args)[1] != NULL && g_str_equal ((*args)[1], "--"))
    {
      g_free ((*args)[1]);
      for (count = 1; (*args)[count] != NULL; count++)
        (*args)[count] = (*args)[count + 1];
    }
  count = g_strv_length (*args) - 1;
  if (count > verb->max_arguments)
    return ctl_usage (error, "\"%s\" is one argument too many", (*args)[verb->max_arguments + 1]);
  return TRUE;
}

gboolean
ctl_split_names (Ctl *ctl, const char *text, const char *what, char ***names, GError **error)
{
  g_autoptr(GStrvBuilder) found = g_strv_builder_new ();
  g_auto(GStrv) split = NULL;

  if (text == NULL || *text == '\0')
    return ctl_usage (error, "The name of the %s is missing", what);
  split = g_strsplit (text, ",", -1);
  for (guint i = 0; split[i] != NULL; i++)
    if (*split[i] != '\0')
      g_strv_builder_add (found, split[i]);
    else if (!ctl->style->skips_empty)
      return ctl_usage (error, "\"%s\" has an empty name in it", text);
  *names = g_strv_builder_end (found);
  return TRUE;
}

gboolean
ctl_for_each (Ctl *ctl, char **names, CtlNameFunc function, gpointer user_data, GError **error)
{
  g_autoptr(GError) latest = NULL;

  for (guint i = 0; names[i] != NULL && (latest == NULL || ctl->style->keeps_going); i++)
    {
      g_autoptr(GError) local_error = NULL;

      if (function (ctl, names[i], user_data, &local_error))
        continue;
      if (latest != NULL)
        ctl_print_error (ctl, latest);
      g_clear_error (&latest);
      latest = g_steal_pointer (&local_error);
    }
  if (latest == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&latest));
  return FALSE;
}

const char *
ctl_get_bus_name (const Ctl *ctl)
{
  if (ctl->bus_type == G_BUS_TYPE_SESSION
      || (ctl->bus_type == G_BUS_TYPE_NONE && g_strcmp0 (g_getenv ("TRACEBUS_BUS"), "session") == 0))
    return "session";
  return "system";
}

static gboolean
ctl_connect (Ctl *ctl, GError **error)
{
  g_autoptr(GError) local_error = NULL;

  if (ctl->client != NULL)
    return TRUE;
  ctl->client = tbus_client_new_sync (ctl->bus_type, NULL, &local_error);
  if (ctl->client == NULL)
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_NO_SERVICE, "The %s bus cannot be reached: %s",
                   ctl_get_bus_name (ctl), local_error->message);
      return FALSE;
    }
  /* Most calls take no password: who asks for one is brought up when it is wanted. */
  tbus_client_set_interactive (ctl->client, FALSE);
  /* The end of the bus is an error to print, not a signal to die of. */
  g_dbus_connection_set_exit_on_close (tbus_client_get_connection (ctl->client), FALSE);
  return TRUE;
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Wait *wait = user_data;

  wait->result = g_object_ref (result);
}

static gboolean
on_interrupt (gpointer user_data)
{
  Wait *wait = user_data;

  wait->interrupted = TRUE;
  return G_SOURCE_CONTINUE;
}

/* As every program that is interrupted dies: so that the loop of a shell script ends too. */
static void
die_interrupted (void)
{
  ctl_warn ("Interrupted; the service goes on with what it was asked.");
  signal (SIGINT, SIG_DFL);
  raise (SIGINT);
}

static void
explain_absence (const Ctl *ctl, GError **error)
{
  gboolean user = g_str_equal (ctl_get_bus_name (ctl), "session");
  const char *other = user ? "system" : "session";

  if (!g_error_matches (*error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
      && !g_error_matches (*error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    return;
  g_clear_error (error);
  g_set_error (error, CTL_ERROR, CTL_ERROR_NO_SERVICE,
               TBUS_BUS_NAME " is not on the %s bus: tracebusd does not run. \"systemctl %sstart tracebus\" starts it, "
               "\"tracebusctl --%s\" looks at the %s bus", ctl_get_bus_name (ctl), user ? "--user " : "", other, other);
}

GVariant *
ctl_call (Ctl *ctl, const char *path, const char *member, GVariant *parameters, GError **error)
{
  return ctl_call_with_fds (ctl, path, member, parameters, NULL, error);
}

gboolean
ctl_do (Ctl *ctl, const char *path, const char *member, GVariant *parameters, GError **error)
{
  g_autoptr(GVariant) answer = ctl_call (ctl, path, member, parameters, error);

  if (answer != NULL)
    ctl_report (ctl, answer);
  return answer != NULL;
}

typedef struct {
  const char *path, *member;
  GVariant *parameters; /* nullable */
  GUnixFDList *fds;     /* nullable */
} Question;

/* (transfer full) */
static GVariant *
ask_once (Ctl *ctl, const Question *question, GError **error)
{
  GVariant *answer;
  Wait wait = { 0 };
  guint interrupt;

  if (ctl->verbose)
    ctl_warn ("%s of %s", question->member, question->path);
  interrupt = g_unix_signal_add (SIGINT, on_interrupt, &wait);
  tbus_client_call_with_fds_async (ctl->client, question->path, question->member, question->parameters, question->fds,
                                   NULL, on_answered, &wait);
  while (wait.result == NULL && !wait.interrupted)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (interrupt);
  if (wait.result == NULL)
    die_interrupted ();
  answer = tbus_client_call_finish (ctl->client, wait.result, error);
  g_object_unref (wait.result);
  return answer;
}

GVariant *
ctl_call_with_fds (Ctl *ctl, const char *path, const char *member, GVariant *parameters, GUnixFDList *fds,
                   GError **error)
{
  g_autoptr(GVariant) held = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;
  const Question question = { path, member, held, fds };
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GError) local_error = NULL;

  if (!ctl_connect (ctl, error))
    return NULL;
  answer = ask_once (ctl, &question, &local_error);
  if (g_error_matches (local_error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_NEEDS_INTERACTION) && !ctl->never_asks)
    {
      g_clear_error (&local_error);
      ctl->agent = ctl_agent_new ();
      tbus_client_set_interactive (ctl->client, TRUE);
      answer = ask_once (ctl, &question, &local_error);
    }
  if (answer == NULL)
    {
      explain_absence (ctl, &local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
    }
  return g_steal_pointer (&answer);
}

GVariant *
ctl_get_properties (Ctl *ctl, const char *path, const char *interface, GError **error)
{
  g_autofree char *full = g_strconcat (TBUS_INTERFACE_PREFIX, interface, NULL);
  g_autoptr(GVariant) answer = NULL;

  answer = ctl_call (ctl, path, "org.freedesktop.DBus.Properties.GetAll", g_variant_new ("(s)", full), error);
  return answer != NULL ? g_variant_get_child_value (answer, 0) : NULL;
}

static gint
compare_paths (gconstpointer a, gconstpointer b)
{
  const char *path_a = NULL, *path_b = NULL;
  gsize length_a, length_b;

  g_variant_lookup (*(GVariant *const *) a, "Path", "&o", &path_a);
  g_variant_lookup (*(GVariant *const *) b, "Path", "&o", &path_b);
  length_a = strlen (path_a);
  length_b = strlen (path_b);
  /* They end in ids: the shorter is the older. */
  return length_a != length_b ? (length_a > length_b ? 1 : -1) : strcmp (path_a, path_b);
}

GPtrArray *
ctl_get_objects (Ctl *ctl, const char *interface, GError **error)
{
  g_autofree char *full = g_strconcat (TBUS_INTERFACE_PREFIX, interface, NULL);
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GVariantIter) objects = NULL;
  GVariant *interfaces;
  const char *path;

  answer = ctl_call (ctl, TBUS_ROOT_PATH, "org.freedesktop.DBus.ObjectManager.GetManagedObjects", NULL, error);
  if (answer == NULL)
    return NULL;
  g_variant_get (answer, "(a{oa{sa{sv}}})", &objects);
  while (g_variant_iter_loop (objects, "{&o@a{sa{sv}}}", &path, &interfaces))
    {
      g_autoptr(GVariant) properties = g_variant_lookup_value (interfaces, full, G_VARIANT_TYPE_VARDICT);
      g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT (properties);

      if (properties == NULL)
        continue;
      g_variant_dict_insert (&dict, "Path", "o", path);
      g_ptr_array_add (found, g_variant_ref_sink (g_variant_dict_end (&dict)));
    }
  g_ptr_array_sort (found, compare_paths);
  return g_steal_pointer (&found);
}

GVariant *
ctl_array_of_objects (GPtrArray *objects)
{
  return g_variant_new_array (G_VARIANT_TYPE_VARDICT, (GVariant *const *) objects->pdata, objects->len);
}

GVariant *
ctl_no_options (void)
{
  return g_variant_new ("(a{sv})", NULL);
}

/* Takes @failure. Says which of all things is not there, for exit codes go by it. */
static void
propagate_not_found (GError **error, GError *failure, CtlError code)
{
  g_autoptr(GError) taken = failure;

  if (g_error_matches (taken, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_NOT_FOUND))
    g_set_error_literal (error, CTL_ERROR, code, taken->message);
  else
    g_propagate_error (error, g_steal_pointer (&taken));
}

gboolean
ctl_find_session (Ctl *ctl, const char *name, char **path, char **found, GError **error)
{
  g_autofree char *current = name == NULL ? ctl_current_session_load (ctl->style->memory) : NULL;
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GError) local_error = NULL;
  const char *wanted = name != NULL ? name : current;

  if (wanted == NULL)
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_NO_CURRENT_SESSION,
                   "No session is named and none is current: \"%s create\" makes one, \"%s set-session NAME\" chooses "
                   "one that is there", ctl->style->program, ctl->style->program);
      return FALSE;
    }
  answer = ctl_call (ctl, TBUS_ROOT_PATH, "Manager.GetSession", g_variant_new ("(s)", wanted), &local_error);
  if (answer == NULL)
    {
      propagate_not_found (error, g_steal_pointer (&local_error), CTL_ERROR_NO_SESSION);
      if (current != NULL)
        g_prefix_error (error, "The current session, \"%s\": ", current);
      return FALSE;
    }
  g_variant_get (answer, "(o)", path);
  if (found != NULL)
    *found = g_strdup (wanted);
  return TRUE;
}

char *
ctl_find_channel (Ctl *ctl, const char *session, const char *name, GError **error)
{
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GError) local_error = NULL;
  char *path;

  answer = ctl_call (ctl, session, "Session.GetChannel", g_variant_new ("(s)", name), &local_error);
  if (answer == NULL)
    {
      propagate_not_found (error, g_steal_pointer (&local_error), CTL_ERROR_NO_CHANNEL);
      return NULL;
    }
  g_variant_get (answer, "(o)", &path);
  return path;
}

GVariant *
ctl_wait_options (gboolean no_wait)
{
  g_auto(GVariantDict) options = G_VARIANT_DICT_INIT (NULL);

  if (no_wait)
    g_variant_dict_insert (&options, "no-wait", "b", TRUE);
  return g_variant_new ("(@a{sv})", g_variant_dict_end (&options));
}
