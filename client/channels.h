/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Channels: those of a session that events and contexts go to; not "metadata".
 *
 * Threads: one.
 */
#include "client/ctl.h"

G_BEGIN_DECLS

/* What it is called where nobody names it. */
#define CTL_DEFAULT_CHANNEL "channel0"

typedef struct {
  char *name, *path;
} CtlChannel;

/* (transfer full): of CtlChannel, in the order in which they were made. */
GPtrArray *ctl_load_channels (Ctl *ctl, const char *session, GError **error);
/* (transfer full): the path of the new channel, which has no attributes of its own. */
char *ctl_make_channel (Ctl *ctl, const char *session, const char *name, GError **error);
/* (transfer full): that of the channel @name; where it is not there and the style says so, it is made. */
char *ctl_find_or_make_channel (Ctl *ctl, const char *session, const char *name, GError **error);
/* %CTL_ERROR_NEEDS_CHANNEL where the style does not guess: @session has others than channel0. */
gboolean ctl_check_default_channel (Ctl *ctl, const char *session, GError **error);

G_END_DECLS
