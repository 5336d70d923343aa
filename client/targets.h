/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Targets: which sessions start, stop and destroy are about: the one that is named, the current one, or several.
 *
 * Owner:   the verb's own run.
 * Threads: one.
 */
#include "client/verbs.h"

G_BEGIN_DECLS

typedef struct {
  char *session;        /* of --session */
  const char *argument; /* (nullable): the same without an option */
  gboolean all, glob;
  const char *state; /* of several, those that are in it; %NULL: whichever they are in */
} CtlTargets;

void ctl_targets_clear (CtlTargets *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CtlTargets, ctl_targets_clear)

#define CTL_OPTIONS_TARGETS(targets) \
  CTL_OPTION_SESSION (&(targets)->session), \
  { "all", 'a', 0, G_OPTION_ARG_NONE, &(targets)->all, "All sessions of the user", NULL }, \
  { "glob", 'g', 0, G_OPTION_ARG_NONE, &(targets)->glob, "SESSION is a pattern, in which * stands for any text", NULL }

typedef gboolean (*CtlSessionFunc) (Ctl *ctl, const char *path, const char *name, gpointer user_data, GError **error);

/* Calls @function for the session, or for each of several, of which one that fails does not keep the others. */
gboolean ctl_for_targets (Ctl *ctl, const CtlTargets *targets, CtlSessionFunc function, gpointer user_data,
                          GError **error);

G_END_DECLS
