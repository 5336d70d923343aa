/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include <stdio.h>

static gboolean
disable_channel (Ctl *ctl, const char *session, const char *name, GError **error)
{
  g_autofree char *channel = ctl_find_channel (ctl, session, name, error);
  g_autoptr(GVariant) answer = NULL;

  if (channel == NULL)
    return FALSE;
  answer = ctl_call (ctl, channel, "Channel.Disable", ctl_no_options (), error);
  if (answer == NULL)
    return FALSE;
  ctl_report (ctl, answer);
  printf ("Channel %s disabled\n", name);
  return TRUE;
}

static gboolean
disable_channel_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *session = NULL;
  g_auto(GStrv) channels = NULL;
  gboolean userspace;
  const GOptionEntry entries[] = { CTL_OPTION_SESSION (&name), CTL_OPTION_USERSPACE (&userspace), { NULL } };

  if (!ctl_parse (ctl, entries, args, error) || !ctl_split_names ((*args)[1], "channel", &channels, error)
      || !ctl_find_session (ctl, name, &session, NULL, error))
    return FALSE;
  for (guint i = 0; channels[i] != NULL; i++)
    if (!disable_channel (ctl, session, channels[i], error))
      return FALSE;
  return TRUE;
}

const CtlVerb ctl_verb_disable_channel = {
  .name = "disable-channel",
  .arguments = "CHANNEL[,CHANNEL...]",
  .summary = "Let channels record nothing until they are enabled again",
  .max_arguments = 1,
  .run = disable_channel_run,
};
