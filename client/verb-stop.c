/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include <stdio.h>

static gboolean
stop_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *option = NULL;
  g_autofree char *session = NULL;
  g_autofree char *name = NULL;
  g_autoptr(GVariant) answer = NULL;
  gboolean no_wait = FALSE;
  const GOptionEntry entries[] = { CTL_OPTION_SESSION (&option), CTL_OPTION_NO_WAIT (&no_wait), { NULL } };

  if (!ctl_parse (ctl, entries, args, error)
      || !ctl_find_session (ctl, (*args)[1] != NULL ? (*args)[1] : option, &session, &name, error))
    return FALSE;
  answer = ctl_call (ctl, session, "Session.Stop", ctl_wait_options (no_wait), error);
  if (answer == NULL)
    return FALSE;
  ctl_report (ctl, answer);
  printf ("Session %s has stopped recording\n", name);
  ctl_print_output (answer);
  return TRUE;
}

const CtlVerb ctl_verb_stop = {
  .name = "stop",
  .arguments = "[SESSION]",
  .summary = "Stop recording; the trace is complete then",
  .details = "The session stays and can be started again.",
  .max_arguments = 1,
  .run = stop_run,
};
