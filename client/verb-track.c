/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include "client/tracking.h"

static gboolean
track_run (Ctl *ctl, char ***args, GError **error)
{
  static const CtlTracking tracking = {
    "Session.Track", CTL_TEXT_TRACKED, CTL_TEXT_ALL_TRACKED,
  };

  return ctl_change_trackers (ctl, args, &tracking, error);
}

const CtlVerb ctl_verb_track = {
  .name = "track",
  .summary = "Record only some processes, users or groups",
  .details = "At first all are tracked. Values are added to those that were given before; with --all, all are tracked "
             "again.\nIt can be changed while the session records.",
  .run = track_run,
};
