/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include "client/current-session.h"

#include <stdio.h>

static gboolean
set_session_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *path = NULL;
  const GOptionEntry entries[] = { { NULL } };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  if ((*args)[1] == NULL)
    return ctl_usage (error, "The name of the session is missing");
  if (!ctl_find_session (ctl, (*args)[1], &path, NULL, error) || !ctl_current_session_store ((*args)[1], error))
    return FALSE;
  printf ("The current session is %s\n", (*args)[1]);
  return TRUE;
}

const CtlVerb ctl_verb_set_session = {
  .name = "set-session",
  .arguments = "SESSION",
  .summary = "Choose the session that verbs work on where none is named",
  .max_arguments = 1,
  .run = set_session_run,
};
