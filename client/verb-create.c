/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include "client/current-session.h"
#include "client/output.h"

#include <stdio.h>
#include <string.h>

static char *
automatic_name (void)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();

  return g_date_time_format (now, "auto-%Y%m%d-%H%M%S");
}

/* The path of the new session; NULL with @error. (transfer full) */
static char *
create_at (Ctl *ctl, const char *name, const CtlOutput *output, GError **error)
{
  g_auto(GVariantDict) options = G_VARIANT_DICT_INIT (NULL);
  g_autoptr(GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr(GVariant) answer = NULL;
  char *path;

  if (output->fd >= 0)
    {
      int index = g_unix_fd_list_append (fds, output->fd, error);

      if (index < 0)
        return NULL;
      g_variant_dict_insert (&options, "output-fd", "h", index);
    }
  answer = ctl_call_with_fds (ctl, TBUS_ROOT_PATH, "Manager.CreateSession",
                              g_variant_new ("(s@a{sv})", name, g_variant_dict_end (&options)), fds, error);
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
    printf ("Its trace will be in %s\n", output);
  return TRUE;
}

static gboolean
create_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *where = NULL;
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;
  g_auto(CtlOutput) output = CTL_OUTPUT_INIT;
  g_autoptr(GError) store_error = NULL;
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &where,
      "Where the trace goes; default: ~/lttng-traces/NAME-DATE-TIME", "PATH" },
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  name = (*args)[1] != NULL ? g_strdup ((*args)[1]) : automatic_name ();
  /* A name that could lead elsewhere is the service's to refuse. */
  if (where == NULL && strchr (name, '/') == NULL)
    where = ctl_output_default (name);
  if (where != NULL && !ctl_output_open (&output, where, error))
    return FALSE;
  path = create_at (ctl, name, &output, error);
  if (path == NULL)
    {
      ctl_output_take_back (&output);
      return FALSE;
    }
  printf ("Session %s created\n", name);
  if (!ctl_current_session_store (name, &store_error))
    ctl_warn ("Warning: It is not remembered as the current session: %s", store_error->message);
  return tell (ctl, path, error);
}

const CtlVerb ctl_verb_create = {
  .name = "create",
  .arguments = "[NAME]",
  .summary = "Create a session and make it the current one",
  .details = "Without NAME it is called auto-DATE-TIME. The directory of the trace is made now, with your rights. "
             "Nothing is recorded before \"tracebusctl start\".",
  .max_arguments = 1,
  .run = create_run,
};
