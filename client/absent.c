/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/absent.h"

#include "client/ctl.h"

typedef struct {
  const char *name;
  const char *what; /* "There are no ... here" */
  CtlError code;
} Absence;

static const Absence absences[] = {
  { "add-map-channel", "map channels", CTL_ERROR_ABSENT_VERB },
  { "add-trigger", "triggers", CTL_ERROR_ABSENT_VERB },
  { "clear", "ways to empty a trace: destroy the session and create it anew", CTL_ERROR_ABSENT_VERB },
  { "disable-rotation", "rotations", CTL_ERROR_ABSENT_VERB },
  { "enable-rotation", "rotations", CTL_ERROR_ABSENT_VERB },
  { "export-maps", "map channels", CTL_ERROR_ABSENT_VERB },
  { "list-triggers", "triggers", CTL_ERROR_ABSENT_VERB },
  { "load", "session files", CTL_ERROR_ABSENT_VERB },
  { "metadata", "actions on metadata but \"regenerate metadata\"", CTL_ERROR_ABSENT_VERB },
  { "reclaim-memory", "buffers that could give memory back", CTL_ERROR_ABSENT_VERB },
  { "remove-trigger", "triggers", CTL_ERROR_ABSENT_VERB },
  { "rotate", "rotations", CTL_ERROR_ABSENT_VERB },
  { "save", "session files", CTL_ERROR_ABSENT_VERB },
  { "show-maps", "map channels", CTL_ERROR_ABSENT_VERB },
  { "snapshot", "snapshots", CTL_ERROR_ABSENT_VERB },

  { "--kernel", "kernel events", CTL_ERROR_ABSENT_DOMAIN },
  { "--jul", "agents of java.util.logging", CTL_ERROR_ABSENT_DOMAIN },
  { "--log4j", "agents of log4j", CTL_ERROR_ABSENT_DOMAIN },
  { "--python", "agents of Python", CTL_ERROR_ABSENT_DOMAIN },
  { "-k", "kernel events", CTL_ERROR_ABSENT_DOMAIN },
  { "-j", "agents of java.util.logging", CTL_ERROR_ABSENT_DOMAIN },
  { "-l", "agents of log4j", CTL_ERROR_ABSENT_DOMAIN },
  { "-p", "agents of Python", CTL_ERROR_ABSENT_DOMAIN },

  { "--buffers-global", "buffers of the kernel", CTL_ERROR_ABSENT_OPTION },
  { "--ctrl-url", "traces over the network", CTL_ERROR_ABSENT_OPTION },
  { "-C", "traces over the network", CTL_ERROR_ABSENT_OPTION },
  { "--data-url", "traces over the network", CTL_ERROR_ABSENT_OPTION },
  { "-D", "traces over the network", CTL_ERROR_ABSENT_OPTION },
  { "--function", "kernel events", CTL_ERROR_ABSENT_OPTION },
  { "--live", "live sessions", CTL_ERROR_ABSENT_OPTION },
  { "--no-output", "sessions without a trace", CTL_ERROR_ABSENT_OPTION },
  { "--probe", "kernel events", CTL_ERROR_ABSENT_OPTION },
  { "--snapshot", "snapshots", CTL_ERROR_ABSENT_OPTION },
  { "--syscall", "kernel events", CTL_ERROR_ABSENT_OPTION },
  { "-S", "kernel events", CTL_ERROR_ABSENT_DOMAIN },
  { "--userspace-probe", "kernel events", CTL_ERROR_ABSENT_OPTION },
};

static const Absence *
find_absence (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (absences); i++)
    if (g_str_equal (absences[i].name, name))
      return &absences[i];
  return NULL;
}

gboolean
ctl_absent_verb (const char *program, const char *verb, GError **error)
{
  const Absence *absence = find_absence (verb);

  if (absence != NULL)
    g_set_error (error, CTL_ERROR, absence->code, "%s: there are no %s here", verb, absence->what);
  else
    g_set_error (error, CTL_ERROR, CTL_ERROR_ABSENT_VERB, "There is no verb \"%s\"; \"%s --help\" lists them", verb,
                 program);
  return FALSE;
}

gboolean
ctl_absent_option (const char *option, const char *value, gpointer user_data, GError **error)
{
  const Absence *absence = find_absence (option);

  g_return_val_if_fail (absence != NULL, FALSE);
  g_set_error (error, CTL_ERROR, absence->code, "%s: there are no %s here", option, absence->what);
  return FALSE;
}
