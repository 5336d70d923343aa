/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/list.h"
#include "client/verbs.h"

static gboolean
status_of_session_run (Ctl *ctl, char ***args, GError **error)
{
  const GOptionEntry entries[] = { { NULL } };
  const CtlListing listing = { .legend = TRUE };

  return ctl_parse (ctl, entries, args, error) && ctl_list_session (ctl, &listing, NULL, error);
}

const CtlVerb ctl_verb_status_of_session = {
  .name = "status",
  .summary = "Show the current session",
  .styles = CTL_STYLE_LTTNG,
  .run = status_of_session_run,
};
