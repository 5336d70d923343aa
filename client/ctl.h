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
#include "client/tracebus.h"

G_BEGIN_DECLS

/* Exit codes; scripts rely on them. */
enum {
  CTL_EXIT_OK = 0,
  CTL_EXIT_FAILED = 1,
  CTL_EXIT_USAGE = 2,
};

typedef struct CtlVerb CtlVerb;

typedef struct {
  GBusType bus_type;  /* G_BUS_TYPE_NONE: what the environment says */
  TbusClient *client; /* connected by the first call */
  const CtlVerb *verb;
} Ctl;

struct CtlVerb {
  const char *name;
  const char *arguments; /* what follows the options, for --help; nullable */
  const char *summary;   /* one line, for the list of verbs */
  const char *details;   /* what the verb's own --help says besides; nullable */
  int max_arguments;     /* that are not options */
  gboolean (*run) (Ctl *ctl, char ***args, GError **error);
};

/* Takes @entries' options out of @args and leaves the arguments; @args[0] is no argument. --help prints and exits. */
gboolean ctl_parse (Ctl *ctl, const GOptionEntry *entries, char ***args, GError **error);
/* The same with @data for the entries that are callbacks. */
gboolean ctl_parse_into (Ctl *ctl, const GOptionEntry *entries, gpointer data, char ***args, GError **error);
/* The command line is wrong, because. Returns: %FALSE */
gboolean ctl_usage (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Splits "a,b,c"; @what it lists, as "channel", is for the error. @names untouched on failure. */
gboolean ctl_split_names (const char *text, const char *what, char ***names, GError **error);

/* Calls @member, as "Session.Start", and waits for its answer as long as it takes; Ctrl-C leaves the program. */
GVariant *ctl_call (Ctl *ctl, const char *path, const char *member, GVariant *parameters, GError **error);
/* The same with descriptors that @parameters speaks of. @fds: nullable */
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
void ctl_print_output (GVariant *answer);
void ctl_warn (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
