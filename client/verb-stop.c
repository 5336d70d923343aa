/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/targets.h"
#include "client/verbs.h"

static gboolean
stop_session (Ctl *ctl, const char *path, const char *name, gpointer no_wait, GError **error)
{
  g_autoptr(GVariant) answer = NULL;

  if (no_wait == NULL)
    ctl_say (ctl, CTL_TEXT_STOPPING, NULL, NULL, NULL);
  answer = ctl_call (ctl, path, "Session.Stop", ctl_wait_options (no_wait != NULL), error);
  if (answer == NULL)
    return FALSE;
  ctl_report (ctl, answer);
  ctl_say (ctl, CTL_TEXT_SESSION_STOPPED, name, NULL, NULL);
  ctl_say_output (ctl, answer);
  return TRUE;
}

static gboolean
stop_run (Ctl *ctl, char ***args, GError **error)
{
  g_auto(CtlTargets) targets = { .state = "active" };
  gboolean no_wait = FALSE;
  const GOptionEntry entries[] = { CTL_OPTIONS_TARGETS (&targets), CTL_OPTION_NO_WAIT (&no_wait), { NULL } };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  targets.argument = (*args)[1];
  return ctl_for_targets (ctl, &targets, stop_session, GINT_TO_POINTER (no_wait), error);
}

const CtlVerb ctl_verb_stop = {
  .name = "stop",
  .arguments = "[SESSION] | --all",
  .summary = "Stop recording; the trace is complete then",
  .details = "The session stays and can be started again.",
  .max_arguments = 1,
  .run = stop_run,
};
