/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include "client/list.h"

const struct CtlLister ctl_lister_own = {
  .sessions = ctl_print_sessions,
  .session = ctl_print_session,
  .tracepoints = ctl_print_tracepoints,
};

static gboolean
list_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *channel = NULL;
  CtlListing listing = { 0 };
  gboolean no_legend = FALSE, userspace = FALSE, apps = FALSE;
  const char *session;
  const GOptionEntry entries[] = {
    { "userspace", 'u', 0, G_OPTION_ARG_NONE, &userspace, "The tracepoints of the apps that run", NULL },
    CTL_OPTION_ABSENT ("kernel", 'k', G_OPTION_FLAG_NO_ARG),
    CTL_OPTION_ABSENT ("syscall", 'S', G_OPTION_FLAG_NO_ARG),
    CTL_OPTIONS_AGENTS,
    { "fields", 'f', 0, G_OPTION_ARG_NONE, &listing.fields, "With --userspace: and their fields", NULL },
    { "apps", 0, 0, G_OPTION_ARG_NONE, &apps, "The apps that are registered", NULL },
    { "channel", 'c', 0, G_OPTION_ARG_STRING, &channel, "Of SESSION, this channel only", "CHANNEL" },
    { "domain", 'd', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &listing.domains, NULL, NULL },
    CTL_OPTION_JSON (&listing.json),
    CTL_OPTION_NO_LEGEND (&no_legend),
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  session = (*args)[1];
  listing.legend = !no_legend;
  listing.channel = channel;
  if (channel != NULL && session == NULL)
    return ctl_usage (error, "--channel needs the name of a session");
  if (apps && (userspace || session != NULL))
    return ctl_usage (error, "--apps stands alone");
  if (apps)
    return ctl_list_apps (ctl, &listing, error);
  if (session != NULL)
    return ctl_list_session (ctl, &listing, session, error);
  if (userspace || listing.fields)
    return ctl_list_tracepoints (ctl, &listing, error);
  return ctl_list_sessions (ctl, &listing, error);
}

const CtlVerb ctl_verb_list = {
  .name = "list",
  .arguments = "[SESSION]",
  .summary = "List sessions, one session's channels and rules, tracepoints, or apps",
  .max_arguments = 1,
  .run = list_run,
};
