/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include "client/tracking.h"

static gboolean
untrack_run (Ctl *ctl, char ***args, GError **error)
{
  static const CtlTracking tracking = {
    "Session.Untrack", CTL_TEXT_UNTRACKED, CTL_TEXT_ALL_UNTRACKED,
  };

  return ctl_change_trackers (ctl, args, &tracking, error);
}

const CtlVerb ctl_verb_untrack = {
  .name = "untrack",
  .summary = "Record some processes, users or groups no more",
  .details = "Takes back what was given to track; with --all, nothing is tracked until track says so.",
  .run = untrack_run,
};
