/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What 'tracebusctl list' can list, each in list-<what>.c.
 *
 * Threads: one.
 */
#include "client/ctl.h"

G_BEGIN_DECLS

typedef struct {
  gboolean json, legend;
  gboolean fields;     /* of tracepoints */
  const char *channel; /* (nullable): of a session, this one only */
} CtlListing;

gboolean ctl_list_sessions (Ctl *ctl, const CtlListing *listing, GError **error);
/* One session, with its channels and their rules. */
gboolean ctl_list_session (Ctl *ctl, const CtlListing *listing, const char *name, GError **error);
gboolean ctl_list_apps (Ctl *ctl, const CtlListing *listing, GError **error);
gboolean ctl_list_tracepoints (Ctl *ctl, const CtlListing *listing, GError **error);

G_END_DECLS
