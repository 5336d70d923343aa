/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/targets.h"
#include "client/verbs.h"

/* A session without channels would record nothing, and never could: they are made before the first start. */
static gboolean
check_channels (Ctl *ctl, const char *session, const char *name, GError **error)
{
  g_autoptr(GVariant) properties = ctl_get_properties (ctl, session, "Session", error);
  g_autofree const char **channels = NULL;

  if (properties == NULL)
    return FALSE;
  if (!g_variant_lookup (properties, "Channels", "^a&o", &channels) || channels[0] != NULL)
    return TRUE;
  g_set_error (error, CTL_ERROR, CTL_ERROR_NO_CHANNELS, "Session %s has no channel, so it would record nothing", name);
  return FALSE;
}

static gboolean
start_session (Ctl *ctl, const char *path, const char *name, gpointer user_data, GError **error)
{
  if ((ctl->style->strict && !check_channels (ctl, path, name, error))
      || !ctl_do (ctl, path, "Session.Start", ctl_no_options (), error))
    return FALSE;
  ctl_say (ctl, CTL_TEXT_SESSION_STARTED, name, NULL, NULL);
  return TRUE;
}

static gboolean
start_run (Ctl *ctl, char ***args, GError **error)
{
  g_auto(CtlTargets) targets = { .state = "inactive" };
  const GOptionEntry entries[] = { CTL_OPTIONS_TARGETS (&targets), { NULL } };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  targets.argument = (*args)[1];
  return ctl_for_targets (ctl, &targets, start_session, NULL, error);
}

const CtlVerb ctl_verb_start = {
  .name = "start",
  .arguments = "[SESSION] | --all",
  .summary = "Begin to record",
  .details = "Answers when every app that runs has been told; apps that come later join by themselves.",
  .max_arguments = 1,
  .run = start_run,
};
