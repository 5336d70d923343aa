/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/output.h"
#include "client/units.h"
#include "client/users.h"
#include "client/verbs.h"

#include <string.h>

#define FILE_URL "file://"

static char *
automatic_name (void)
{
  g_autofree char *when = ctl_time_stamp ();

  return g_strconcat ("auto-", when, NULL);
}

/* Where the trace of session @name goes. (transfer full) (nullable): the service is to say what is wrong with @name. */
static char *
find_output (const char *name, const char *path, const char *url)
{
  if (path != NULL)
    return g_strdup (path);
  if (url != NULL)
    return g_strdup (url + strlen (FILE_URL));
  return strchr (name, '/') == NULL ? ctl_output_default (name) : NULL;
}

static gboolean
check_output (const char *path, const char *url, GError **error)
{
  if (path != NULL && url != NULL)
    return ctl_usage (error, "--output and --set-url exclude each other");
  if (url != NULL && !g_str_has_prefix (url, FILE_URL "/"))
    return ctl_usage (error, "--set-url is \"%s\"; it takes " FILE_URL " and an absolute path", url);
  return TRUE;
}

/* The path of the new session; NULL with @error. (transfer full) */
static char *
create_at (Ctl *ctl, const char *name, const CtlOutput *output, GVariantDict *options, GError **error)
{
  g_autoptr(GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr(GVariant) answer = NULL;
  char *path;

  if (output->fd >= 0)
    {
      int index = g_unix_fd_list_append (fds, output->fd, error);

      if (index < 0)
        return NULL;
      g_variant_dict_insert (options, "output-fd", "h", index);
    }
  answer = ctl_call_with_fds (ctl, TBUS_ROOT_PATH, "Manager.CreateSession",
                              g_variant_new ("(s@a{sv})", name, g_variant_dict_end (options)), fds, error);
  if (answer == NULL)
    return NULL;
  g_variant_get (answer, "(o)", &path);
  return path;
}

static gboolean
tell (Ctl *ctl, const char *path, GError **error)
{
  g_autoptr(GVariant) properties = ctl_get_properties (ctl, path, "Session", error);
  const char *output;

  if (properties == NULL)
    return FALSE;
  if (g_variant_lookup (properties, "Output", "&s", &output) && *output != '\0')
    ctl_say (ctl, CTL_TEXT_OUTPUT_WILL_BE, output, NULL, NULL);
  return TRUE;
}

static gboolean
create_session (Ctl *ctl, const char *name, const char *where, GVariantDict *options, GError **error)
{
  g_auto(CtlOutput) output = CTL_OUTPUT_INIT;
  g_autofree char *path = NULL;
  g_autoptr(GError) store_error = NULL;

  if (where != NULL && !ctl_output_open (&output, where, error))
    return FALSE;
  path = create_at (ctl, name, &output, options, error);
  if (path == NULL)
    {
      ctl_output_take_back (&output);
      return FALSE;
    }
  ctl_say (ctl, CTL_TEXT_SESSION_CREATED, name, NULL, NULL);
  if (!ctl_current_session_store (ctl->style->memory, name, &store_error))
    ctl_warn ("Warning: It is not remembered as the current session: %s", store_error->message);
  return tell (ctl, path, error);
}

static GVariant *
absolute (const char *path)
{
  return g_variant_new_take_string (g_canonicalize_filename (path, NULL));
}

static gboolean
create_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *url = NULL;
  g_autofree char *name = NULL;
  g_autofree char *where = NULL;
  g_autofree char *users = NULL;
  g_autofree char *shm_path = NULL;
  gboolean all_users = FALSE;
  g_auto(GVariantDict) options = G_VARIANT_DICT_INIT (NULL);
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &path,
      "Where the trace goes; default: ~/lttng-traces/NAME-DATE-TIME", "PATH" },
    { "set-url", 'U', 0, G_OPTION_ARG_FILENAME, &url, "The same as " FILE_URL "PATH", "URL" },
    { "uids", 0, 0, G_OPTION_ARG_STRING, &users,
      "Record the programs of these users, names or numbers; default: your own", "USER,..." },
    { "shm-path", 0, 0, G_OPTION_ARG_FILENAME, &shm_path,
      "Buffers are files below PATH: \"crash\" finds there what was not written out yet", "PATH" },
    { "all-users", 0, 0, G_OPTION_ARG_NONE, &all_users, "Record the programs of all users", NULL },
    CTL_OPTION_ABSENT ("ctrl-url", 'C', 0),
    CTL_OPTION_ABSENT ("data-url", 'D', 0),
    CTL_OPTION_ABSENT ("live", 0, G_OPTION_FLAG_OPTIONAL_ARG),
    CTL_OPTION_ABSENT ("no-output", 0, G_OPTION_FLAG_NO_ARG),
    CTL_OPTION_ABSENT ("snapshot", 0, G_OPTION_FLAG_NO_ARG),
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error) || !check_output (path, url, error)
      || !ctl_users_add (ctl, &options, users, all_users, error))
    return FALSE;
  if (shm_path != NULL)
    g_variant_dict_insert_value (&options, "shm-path", absolute (shm_path));
  name = (*args)[1] != NULL ? g_strdup ((*args)[1]) : automatic_name ();
  where = find_output (name, path, url);
  return create_session (ctl, name, where, &options, error);
}

const CtlVerb ctl_verb_create = {
  .name = "create",
  .arguments = "[NAME]",
  .summary = "Create a session and make it the current one",
  .details = "Without NAME it is called auto-DATE-TIME. The directory of the trace is made now, with your rights. "
             "Nothing is recorded before it is started.",
  .max_arguments = 1,
  .run = create_run,
};
