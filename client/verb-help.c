/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/general.h"
#include "client/verbs.h"

/* Both ways end in a --help, which prints and exits. */
static gboolean
help_run (Ctl *ctl, char ***args, GError **error)
{
  const GOptionEntry entries[] = { { NULL } };
  g_auto(GStrv) ask = g_strsplit (" --help", " ", -1);
  g_autofree char *program = NULL;

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  if ((*args)[1] == NULL)
    {
      g_set_prgname (ctl->style->program);
      return ctl_parse_general (ctl, &ask, error);
    }
  if (ctl_find_verb (ctl->style, (*args)[1]) == NULL)
    return ctl_absent_verb (ctl->style->program, (*args)[1], error);
  ctl->verb = ctl_find_verb (ctl->style, (*args)[1]);
  program = g_strdup_printf ("%s %s", ctl->style->program, ctl->verb->name);
  g_set_prgname (program);
  return ctl->verb->run (ctl, &ask, error);
}

const CtlVerb ctl_verb_help = {
  .name = "help",
  .arguments = "[VERB]",
  .summary = "Explain a verb, or list all of them",
  .max_arguments = 1,
  .run = help_run,
};
