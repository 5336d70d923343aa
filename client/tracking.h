/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Tracking: what the verbs track and untrack share, which is all but a method and what they say.
 *
 * Owner: none. Threads: one.
 */
#include "client/ctl.h"

G_BEGIN_DECLS

typedef struct {
  const char *method;
  CtlText done, done_with_all;
} CtlTracking;

gboolean ctl_change_trackers (Ctl *ctl, char ***args, const CtlTracking *tracking, GError **error);

G_END_DECLS
