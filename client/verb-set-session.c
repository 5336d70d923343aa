/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

static gboolean
set_session_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *path = NULL;
  const GOptionEntry entries[] = { { NULL } };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  if ((*args)[1] == NULL)
    return ctl_usage (error, "The name of the session is missing");
  if (!ctl_find_session (ctl, (*args)[1], &path, NULL, error)
      || !ctl_current_session_store (ctl->style->memory, (*args)[1], error))
    return FALSE;
  ctl_say (ctl, CTL_TEXT_SESSION_SET, (*args)[1], NULL, NULL);
  return TRUE;
}

const CtlVerb ctl_verb_set_session = {
  .name = "set-session",
  .arguments = "SESSION",
  .summary = "Choose the session that verbs work on where none is named",
  .max_arguments = 1,
  .run = set_session_run,
};
