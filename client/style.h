/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Style: how tracebusctl speaks. There is one program and one table of verbs; a style is what differs between a run
 * under its own name and one under the name of LTTng's command, which scripts are written for: texts, exit codes, how
 * lists look, where the current session is remembered, what is refused.
 *
 * Owner:   none; constant.
 * Threads: any.
 */
#include "client/current-session.h"

G_BEGIN_DECLS

/* What verbs say when they are done. Behind each: what $1, $2 and $3 stand for in the text. */
typedef enum {
  CTL_TEXT_SESSION_CREATED,      /* session */
  CTL_TEXT_OUTPUT_WILL_BE,       /* path */
  CTL_TEXT_SESSION_SET,          /* session */
  CTL_TEXT_SESSION_STARTED,      /* session */
  CTL_TEXT_STOPPING,
  CTL_TEXT_SESSION_STOPPED,      /* session */
  CTL_TEXT_SESSION_DESTROYED,    /* session */
  CTL_TEXT_NO_SESSIONS,
  CTL_TEXT_OUTPUT_IS,            /* path */
  CTL_TEXT_CHANNEL_CREATED,      /* channel, session */
  CTL_TEXT_CHANNEL_ENABLED,      /* channel, session */
  CTL_TEXT_CHANNEL_DISABLED,     /* channel, session */
  CTL_TEXT_EVENT_ENABLED,        /* pattern, channel, session */
  CTL_TEXT_ALL_EVENTS_ENABLED,   /* pattern, channel, session */
  CTL_TEXT_EVENT_DISABLED,       /* pattern, channel, session */
  CTL_TEXT_ALL_EVENTS_DISABLED,  /* nothing, channel, session */
  CTL_TEXT_CONTEXT_ADDED,        /* type, channel */
  CTL_TEXT_CONTEXT_ADDED_TO_ALL, /* type */
  CTL_TEXT_TRACKED,              /* attribute, values, session */
  CTL_TEXT_ALL_TRACKED,          /* attribute, nothing, session */
  CTL_TEXT_UNTRACKED,            /* attribute, values, session */
  CTL_TEXT_ALL_UNTRACKED,        /* attribute, nothing, session */
  CTL_TEXT_METADATA_REGENERATED, /* session */
  CTL_TEXT_STATE_REGENERATED,    /* session */
  CTL_TEXT_VERSION,              /* of this program */
  CTL_N_TEXTS
} CtlText;

/* Bits of CtlVerb's styles. */
enum {
  CTL_STYLE_OWN = 1 << 0,
  CTL_STYLE_LTTNG = 1 << 1,
};

struct CtlLister;

typedef struct {
  guint bit;
  const char *program;
  const char *error_prefix;
  const char *const *texts; /* by CtlText; %NULL: nothing is said */
  const CtlMemory *memory;
  const struct CtlLister *lister;
  gboolean needs_domain;   /* the domain must be said, though there is only one */
  gboolean makes_channels; /* a channel that events or contexts are for is made where it is not there */
  gboolean keeps_going;    /* of several names, one that fails does not keep those behind it */
  gboolean skips_empty;    /* in lists of names */
  gboolean strict;         /* what would change nothing, or show half a trace, is an error */
  gboolean lttng_codes;    /* exit codes are those of lttng-codes.h, not of ctl.h */
} CtlStyle;

extern const CtlStyle ctl_style_own;
extern const CtlStyle ctl_style_lttng;

/* The style of a program that was started as @path. */
const CtlStyle *ctl_style_of_program (const char *path);
/* What @style says for @text; @quotes are three texts, each (nullable). (transfer full) (nullable) */
char *ctl_style_text (const CtlStyle *style, CtlText text, const char *const *quotes);

G_END_DECLS
