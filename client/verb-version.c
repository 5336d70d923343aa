/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

static gboolean
version_run (Ctl *ctl, char ***args, GError **error)
{
  const GOptionEntry entries[] = { { NULL } };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  ctl_say (ctl, CTL_TEXT_VERSION, PACKAGE_VERSION, NULL, NULL);
  return TRUE;
}

const CtlVerb ctl_verb_version = {
  .name = "version",
  .summary = "Print the version of this program",
  .details = "The service's own version is what \"tracebusctl status\" prints.",
  .run = version_run,
};
