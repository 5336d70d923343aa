/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Verbs: what tracebusctl can be told to do; each is defined in verb-<name>.c.
 *
 * Owner: none; constant. Threads: one.
 */
#include "client/absent.h"
#include "client/ctl.h"

G_BEGIN_DECLS

extern const CtlVerb ctl_verb_status;
/* What LTTng's users know as "status". */
extern const CtlVerb ctl_verb_status_of_session;
extern const CtlVerb ctl_verb_list;
extern const CtlVerb ctl_verb_create;
extern const CtlVerb ctl_verb_set_session;
extern const CtlVerb ctl_verb_enable_channel;
extern const CtlVerb ctl_verb_disable_channel;
extern const CtlVerb ctl_verb_enable_event;
extern const CtlVerb ctl_verb_disable_event;
extern const CtlVerb ctl_verb_add_context;
extern const CtlVerb ctl_verb_track;
extern const CtlVerb ctl_verb_untrack;
extern const CtlVerb ctl_verb_start;
extern const CtlVerb ctl_verb_regenerate;
extern const CtlVerb ctl_verb_stop;
extern const CtlVerb ctl_verb_destroy;
extern const CtlVerb ctl_verb_view;
extern const CtlVerb ctl_verb_crash;
extern const CtlVerb ctl_verb_help;
extern const CtlVerb ctl_verb_version;

/* In the order in which they are explained; ends with %NULL. */
extern const CtlVerb *const ctl_verbs[];
gboolean ctl_verb_has_style (const CtlVerb *verb, const CtlStyle *style);
/* (nullable) */
const CtlVerb *ctl_find_verb (const CtlStyle *style, const char *name);

/* The options that several verbs have. */
#define CTL_OPTION_SESSION(variable) \
  { "session", 's', 0, G_OPTION_ARG_STRING, variable, "The session; default: the current one", "SESSION" }
#define CTL_OPTION_USERSPACE(variable) \
  { "userspace", 'u', 0, G_OPTION_ARG_NONE, variable, "User space, the only domain that there is", NULL }, \
  CTL_OPTION_ABSENT ("kernel", 'k', G_OPTION_FLAG_NO_ARG)
/* The domains that rules and contexts may have beside. */
#define CTL_OPTIONS_AGENTS \
  CTL_OPTION_ABSENT ("jul", 'j', G_OPTION_FLAG_NO_ARG), \
  CTL_OPTION_ABSENT ("log4j", 'l', G_OPTION_FLAG_NO_ARG), \
  CTL_OPTION_ABSENT ("python", 'p', G_OPTION_FLAG_NO_ARG)
#define CTL_OPTION_NO_WAIT(variable) \
  { "no-wait", 'n', 0, G_OPTION_ARG_NONE, variable, "Do not wait until the trace is complete", NULL }
#define CTL_OPTION_JSON(variable) \
  { "json", 0, 0, G_OPTION_ARG_NONE, variable, "Print JSON", NULL }
#define CTL_OPTION_NO_LEGEND(variable) \
  { "no-legend", 0, 0, G_OPTION_ARG_NONE, variable, "Print tables without their heads", NULL }

G_END_DECLS
