/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

typedef struct {
  const char *path, *session;
} Target;

static gboolean
disable_channel (Ctl *ctl, const char *name, gpointer user_data, GError **error)
{
  const Target *target = user_data;
  g_autofree char *channel = ctl_find_channel (ctl, target->path, name, error);

  if (channel == NULL || !ctl_do (ctl, channel, "Channel.Disable", ctl_no_options (), error))
    return FALSE;
  ctl_say (ctl, CTL_TEXT_CHANNEL_DISABLED, name, target->session, NULL);
  return TRUE;
}

static gboolean
disable_channel_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *option = NULL;
  g_autofree char *path = NULL;
  g_autofree char *session = NULL;
  g_auto(GStrv) channels = NULL;
  gboolean userspace = FALSE;
  const GOptionEntry entries[] = { CTL_OPTION_SESSION (&option), CTL_OPTION_USERSPACE (&userspace), { NULL } };
  Target target;

  if (!ctl_parse (ctl, entries, args, error) || !ctl_check_domain (ctl, userspace, error)
      || !ctl_split_names (ctl, (*args)[1], "channel", &channels, error)
      || !ctl_find_session (ctl, option, &path, &session, error))
    return FALSE;
  target = (Target) { path, session };
  return ctl_for_each (ctl, channels, disable_channel, &target, error);
}

const CtlVerb ctl_verb_disable_channel = {
  .name = "disable-channel",
  .arguments = "CHANNEL[,CHANNEL...]",
  .summary = "Let channels record nothing until they are enabled again",
  .max_arguments = 1,
  .run = disable_channel_run,
};
