/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"
#include "client/viewer.h"

#include <string.h>

/* Viewers say of a folder without a trace what nobody understands. */
static gboolean
is_empty (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);

  return dir != NULL && g_dir_read_name (dir) == NULL;
}

/* The folder of the trace that @what (a path, a session, or nothing: the current session) means. */
static char *
find_trace (Ctl *ctl, const char *what, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *name = NULL;
  g_autofree char *output = NULL;
  g_autoptr(GVariant) properties = NULL;
  const char *state = "";

  if (what != NULL && strchr (what, '/') != NULL)
    return g_strdup (what);
  if (!ctl_find_session (ctl, what, &path, &name, error))
    return NULL;
  properties = ctl_get_properties (ctl, path, "Session", error);
  if (properties == NULL)
    return NULL;
  g_variant_lookup (properties, "State", "&s", &state);
  if (ctl->style->strict && g_str_equal (state, "active"))
    {
      g_set_error (error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_INVALID_STATE,
                   "Session %s is recording; please stop it first", name);
      return NULL;
    }
  if (!g_variant_lookup (properties, "Output", "s", &output) || *output == '\0')
    {
      g_set_error (error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_OUTPUT_UNAVAILABLE,
                   "Session %s has no folder that could be viewed", name);
      return NULL;
    }
  if (!ctl->style->strict && is_empty (output))
    {
      g_set_error (error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_OUTPUT_UNAVAILABLE,
                   "Session %s has recorded nothing yet: no program took part while it was recording", name);
      return NULL;
    }
  if (!g_file_test (output, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_OUTPUT_UNAVAILABLE,
                   "Session %s has no trace that you can read at %s: was it started?", name, output);
      return NULL;
    }
  return g_steal_pointer (&output);
}

static gboolean
view_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *viewer = NULL;
  g_autofree char *given = NULL;
  g_autofree char *trace = NULL;
  const GOptionEntry entries[] = {
    CTL_OPTION_VIEWER (&viewer),
    { "trace-path", 't', 0, G_OPTION_ARG_FILENAME, &given, "A trace that is there, of whatever session", "PATH" },
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  trace = given != NULL ? g_strdup (given) : find_trace (ctl, (*args)[1], error);
  return trace != NULL && ctl_viewer_become (viewer, trace, error);
}

const CtlVerb ctl_verb_view = {
  .name = "view",
  .arguments = "[SESSION | PATH]",
  .summary = "Show a trace, also while it is being recorded",
  .details = "A PATH has a slash in it. The exit code is the viewer's.",
  .max_arguments = 1,
  .becomes_other = TRUE,
  .run = view_run,
};
