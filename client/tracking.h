/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Tracking: what the verbs track and untrack share, which is nearly all.
 *
 * Threads: one.
 */
#include "client/ctl.h"

G_BEGIN_DECLS

/* @method: "Session.Track" or "Session.Untrack"; @done: "tracked" or "not tracked", for the answer. */
gboolean ctl_change_trackers (Ctl *ctl, char ***args, const char *method, const char *done, GError **error);

G_END_DECLS
