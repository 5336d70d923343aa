/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include "client/current-session.h"

#include <stdio.h>
#include <unistd.h>

static gboolean
destroy_session (Ctl *ctl, const char *path, const char *name, gboolean no_wait, GError **error)
{
  g_autoptr(GVariant) answer = NULL;

  answer = ctl_call (ctl, path, "Session.Destroy", ctl_wait_options (no_wait), error);
  if (answer == NULL)
    return FALSE;
  ctl_report (ctl, answer);
  ctl_current_session_forget (name);
  printf ("Session %s destroyed\n", name);
  ctl_print_output (answer);
  return TRUE;
}

/* Every session of the caller; one that fails does not keep the others. */
static gboolean
destroy_all (Ctl *ctl, gboolean no_wait, GError **error)
{
  g_autoptr(GPtrArray) sessions = ctl_get_objects (ctl, "Session", error);
  guint failed = 0;

  if (sessions == NULL)
    return FALSE;
  for (guint i = 0; i < sessions->len; i++)
    {
      GVariant *session = sessions->pdata[i];
      g_autoptr(GError) local_error = NULL;
      const char *path, *name = "";
      guint32 owner = G_MAXUINT32;

      g_variant_lookup (session, "Path", "&o", &path);
      g_variant_lookup (session, "Name", "&s", &name);
      g_variant_lookup (session, "Owner", "u", &owner);
      if (owner != getuid () || destroy_session (ctl, path, name, no_wait, &local_error))
        continue;
      ctl_warn ("%s: %s", name, local_error->message);
      failed++;
    }
  if (failed > 0)
    g_set_error (error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_INVALID_STATE, "%u session%s could not be destroyed",
                 failed, failed == 1 ? "" : "s");
  return failed == 0;
}

static gboolean
destroy_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *option = NULL;
  g_autofree char *session = NULL;
  g_autofree char *name = NULL;
  gboolean all = FALSE, no_wait = FALSE;
  const GOptionEntry entries[] = {
    CTL_OPTION_SESSION (&option),
    CTL_OPTION_NO_WAIT (&no_wait),
    { "all", 'a', 0, G_OPTION_ARG_NONE, &all, "All sessions of the user", NULL },
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  if (all && (option != NULL || (*args)[1] != NULL))
    return ctl_usage (error, "--all and the name of a session exclude each other");
  if (all)
    return destroy_all (ctl, no_wait, error);
  return ctl_find_session (ctl, (*args)[1] != NULL ? (*args)[1] : option, &session, &name, error)
         && destroy_session (ctl, session, name, no_wait, error);
}

const CtlVerb ctl_verb_destroy = {
  .name = "destroy",
  .arguments = "[SESSION] | --all",
  .summary = "Stop recording and forget the session; its trace stays",
  .max_arguments = 1,
  .run = destroy_run,
};
