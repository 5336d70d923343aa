/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include <stdio.h>

static gboolean
start_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *option = NULL;
  g_autofree char *session = NULL;
  g_autofree char *name = NULL;
  g_autoptr(GVariant) answer = NULL;
  const GOptionEntry entries[] = { CTL_OPTION_SESSION (&option), { NULL } };

  if (!ctl_parse (ctl, entries, args, error)
      || !ctl_find_session (ctl, (*args)[1] != NULL ? (*args)[1] : option, &session, &name, error))
    return FALSE;
  answer = ctl_call (ctl, session, "Session.Start", ctl_no_options (), error);
  if (answer == NULL)
    return FALSE;
  ctl_report (ctl, answer);
  printf ("Session %s is recording\n", name);
  return TRUE;
}

const CtlVerb ctl_verb_start = {
  .name = "start",
  .arguments = "[SESSION]",
  .summary = "Begin to record",
  .details = "Answers when every app that runs has been told; apps that come later join by themselves.",
  .max_arguments = 1,
  .run = start_run,
};
