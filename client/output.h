/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Output: the directory of a new session's trace, opened by the user of tracebusctl, who need not tell anybody
 * else how to find it.
 *
 * Owner:   the verb that creates the session.
 * Threads: one.
 */
#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

typedef struct {
  char *path; /* absolute */
  int fd;
  gboolean made; /* it was not there before */
} CtlOutput;

#define CTL_OUTPUT_INIT { .fd = -1 }

/* ~/lttng-traces/NAME-DATE-TIME. (transfer full) */
char *ctl_output_default (const char *name);
/* Makes @path, with what leads there, where it is missing, and opens it. */
gboolean ctl_output_open (CtlOutput *self, const char *path, GError **error);
/* Removes it again, where it was made and is empty: there is no session. */
void ctl_output_take_back (CtlOutput *self);
void ctl_output_clear (CtlOutput *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CtlOutput, ctl_output_clear)

G_END_DECLS
