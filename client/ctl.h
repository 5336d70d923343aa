/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * tracebusctl: one run of it, and what verbs share. A verb is a row of the table in verbs.c and a file of its own,
 * verb-<name>.c.
 *
 * Answers go to stdout, everything else to stderr. A verb fails with a GError whose message is printed as it is;
 * G_OPTION_ERROR means that the command line was wrong.
 *
 * Owner:   main() in tracebusctl.c.
 * Threads: one.
 */
#include "client/agent.h"
#include "client/style.h"
#include "client/tracebus.h"

G_BEGIN_DECLS

/* Exit codes of the own style; scripts rely on them. */
enum {
  CTL_EXIT_OK = 0,
  CTL_EXIT_FAILED = 1,
  CTL_EXIT_USAGE = 2,
};

/* What fails on this side of the bus. The numbers go on where those of TbusClientError end. */
typedef enum {
  CTL_ERROR_NO_SERVICE = TBUS_CLIENT_ERROR_NEEDS_INTERACTION + 1,
  CTL_ERROR_NO_CURRENT_SESSION,
  CTL_ERROR_NO_SESSION,    /* that is named so */
  CTL_ERROR_NO_CHANNEL,    /* that is named so */
  CTL_ERROR_NO_CHANNELS,   /* at all */
  CTL_ERROR_NEEDS_CHANNEL, /* it must be named, for there are several to choose from */
  CTL_ERROR_ABSENT_VERB,
  CTL_ERROR_ABSENT_OPTION,
  CTL_ERROR_ABSENT_DOMAIN,
  CTL_ERROR_ABSENT_FORMAT,
} CtlError;

#define CTL_ERROR (ctl_error_quark ())
GQuark ctl_error_quark (void);

typedef struct CtlVerb CtlVerb;

typedef struct {
  const CtlStyle *style;
  GBusType bus_type;  /* G_BUS_TYPE_NONE: what the environment says */
  TbusClient *client; /* connected by the first call */
  const CtlVerb *verb;
  gboolean quiet;
  gboolean verbose; /* each call is told */
  gboolean never_asks; /* for a password */
  CtlAgent *agent;  /* NULL until one is needed */
  gboolean coarse;  /* of this run LTTng's command would not tell one failure from another */
} Ctl;

struct CtlVerb {
  const char *name;
  const char *arguments; /* what follows the options, for --help; nullable */
  const char *summary;   /* one line, for the list of verbs */
  const char *details;   /* what the verb's own --help says besides; nullable */
  int max_arguments;     /* that are not options */
  guint styles;          /* CTL_STYLE_ bits of those that have it; 0: all */
  gboolean becomes_other; /* what it prints is another program's: -q leaves it alone */
  gboolean (*run) (Ctl *ctl, char ***args, GError **error);
};

/* Takes @entries' options out of @args and leaves the arguments; @args[0] is no argument. --help prints and exits. */
gboolean ctl_parse (Ctl *ctl, const GOptionEntry *entries, char ***args, GError **error);
/* The same with @data for the entries that are callbacks. */
gboolean ctl_parse_into (Ctl *ctl, const GOptionEntry *entries, gpointer data, char ***args, GError **error);
/* Which bus it talks to: "system", "session". */
const char *ctl_get_bus_name (const Ctl *ctl);
/* The command line is wrong, because. Returns: %FALSE */
gboolean ctl_usage (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* What @format says went wrong, and @errnum why. Returns: %FALSE */
gboolean ctl_fail (GError **error, int errnum, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* As ctl_usage() where the style wants the domain and @userspace says that it is not there. */
gboolean ctl_check_domain (Ctl *ctl, gboolean userspace, GError **error);

/*
 * Splits "a,b,c"; @what it lists, as "channel", is for the error. An empty name is an error where the style does not
 * pass over it. @names untouched on failure.
 */
gboolean ctl_split_names (Ctl *ctl, const char *text, const char *what, char ***names, GError **error);

/* Does something with one of several names. */
typedef gboolean (*CtlNameFunc) (Ctl *ctl, const char *name, gpointer user_data, GError **error);
/*
 * Calls @function for each of @names until one fails or, where the style goes on then, for all of them: all failures
 * but the last are printed, and the last is @error.
 */
gboolean ctl_for_each (Ctl *ctl, char **names, CtlNameFunc function, gpointer user_data, GError **error);

/*
 * Calls @member, as "Session.Start", and waits for its answer as long as it takes; Ctrl-C leaves the program. Where it
 * takes a password, the user is asked, on the terminal if nobody else asks.
 */
GVariant *ctl_call (Ctl *ctl, const char *path, const char *member, GVariant *parameters, GError **error);
/* The same where nothing of the answer matters but what ctl_report() says of it. */
gboolean ctl_do (Ctl *ctl, const char *path, const char *member, GVariant *parameters, GError **error);
/* As ctl_call(), with descriptors that @parameters speaks of. @fds: nullable */
GVariant *ctl_call_with_fds (Ctl *ctl, const char *path, const char *member, GVariant *parameters, GUnixFDList *fds,
                             GError **error);
/* All properties of @interface, as "Session": a{sv}. */
GVariant *ctl_get_properties (Ctl *ctl, const char *path, const char *interface, GError **error);
/* The properties (a{sv}, with "Path" o added) of everything that has @interface, by path. (transfer full) */
GPtrArray *ctl_get_objects (Ctl *ctl, const char *interface, GError **error);
/* The same as one floating aa{sv}. */
GVariant *ctl_array_of_objects (GPtrArray *objects);
/* The floating tuple of no arguments but an empty a{sv}. */
GVariant *ctl_no_options (void);
/* The same with the option that Stop and Destroy have. */
GVariant *ctl_wait_options (gboolean no_wait);

/*
 * The session that a verb is about: @name, or the current one where that is NULL. @path (transfer full): its object;
 * @found (transfer full) (optional): its name.
 */
gboolean ctl_find_session (Ctl *ctl, const char *name, char **path, char **found, GError **error);
/* (transfer full): the object of channel @name of the session @session. */
char *ctl_find_channel (Ctl *ctl, const char *session, const char *name, GError **error);

/*
 * Prints to stderr what a result (a{sv}, or the tuple that holds it) says beside success: warnings, apps that will
 * follow, apps that failed, events that were lost.
 */
void ctl_report (Ctl *ctl, GVariant *result);
/* What the answer of Stop or Destroy says of where the trace is. */
void ctl_say_output (Ctl *ctl, GVariant *answer);
/* Prints what the style says; what is quoted is NULL where the text has no place for it. */
void ctl_say (Ctl *ctl, CtlText text, const char *first, const char *second, const char *third);
void ctl_print_error (Ctl *ctl, const GError *error);
void ctl_warn (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
