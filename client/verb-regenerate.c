/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

typedef struct {
  const char *name, *method;
  CtlText done;
} Target;

static const Target targets[] = {
  { "metadata", "Session.RegenerateMetadata", CTL_TEXT_METADATA_REGENERATED },
  { "statedump", "Session.RegenerateStatedump", CTL_TEXT_STATE_REGENERATED },
};

static const Target *
find_target (const char *name, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    if (g_strcmp0 (name, targets[i].name) == 0)
      return &targets[i];
  if (name == NULL)
    ctl_usage (error, "What is to be regenerated? \"metadata\" or \"statedump\"");
  else
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                 "\"%s\" cannot be regenerated, but \"metadata\" and \"statedump\" can", name);
  return NULL;
}

static gboolean
regenerate_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *option = NULL;
  g_autofree char *path = NULL;
  g_autofree char *session = NULL;
  const GOptionEntry entries[] = { CTL_OPTION_SESSION (&option), { NULL } };
  const Target *target;

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  target = find_target ((*args)[1], error);
  if (target == NULL || !ctl_find_session (ctl, option, &path, &session, error)
      || !ctl_do (ctl, path, target->method, ctl_no_options (), error))
    return FALSE;
  ctl_say (ctl, target->done, session, NULL, NULL);
  return TRUE;
}

const CtlVerb ctl_verb_regenerate = {
  .name = "regenerate",
  .arguments = "metadata | statedump",
  .summary = "Say anew how the clock goes, or what programs have loaded",
  .details = "metadata: compare the clock of the trace with the wall clock again, for instance after that was set.\n"
             "statedump: have programs record again what they have loaded, as they do at the start.",
  .max_arguments = 1,
  .run = regenerate_run,
};
