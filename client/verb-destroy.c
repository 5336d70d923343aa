/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/targets.h"
#include "client/verbs.h"

static gboolean
destroy_session (Ctl *ctl, const char *path, const char *name, gpointer no_wait, GError **error)
{
  g_autoptr(GVariant) answer = NULL;

  answer = ctl_call (ctl, path, "Session.Destroy", ctl_wait_options (no_wait != NULL), error);
  if (answer == NULL)
    return FALSE;
  ctl_report (ctl, answer);
  ctl_current_session_forget (ctl->style->memory, name);
  ctl_say (ctl, CTL_TEXT_SESSION_DESTROYED, name, NULL, NULL);
  ctl_say_output (ctl, answer);
  return TRUE;
}

static gboolean
destroy_run (Ctl *ctl, char ***args, GError **error)
{
  g_auto(CtlTargets) targets = { 0 };
  gboolean no_wait = FALSE;
  const GOptionEntry entries[] = { CTL_OPTIONS_TARGETS (&targets), CTL_OPTION_NO_WAIT (&no_wait), { NULL } };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  targets.argument = (*args)[1];
  return ctl_for_targets (ctl, &targets, destroy_session, GINT_TO_POINTER (no_wait), error);
}

const CtlVerb ctl_verb_destroy = {
  .name = "destroy",
  .arguments = "[SESSION] | --all",
  .summary = "Stop recording and forget the session; its trace stays",
  .max_arguments = 1,
  .run = destroy_run,
};
