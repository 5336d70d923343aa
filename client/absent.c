/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/absent.h"

#include "client/ctl.h"

typedef struct {
  const char *name;
  const char *what; /* "There are no ... here" */
  CtlError code;
  const char *instead; /* nullable: what does much the same */
} Absence;

#define CHANGES "\"busctl monitor org.tracebus1\" tells what changes"
#define KERNEL "perf(1) and trace-cmd(1) record them"
#define LATEST "\"enable-channel NAME --tracefile-size=SIZE --tracefile-count=COUNT\" keeps the latest files"
#define LIVE "\"view\" shows a trace while it is recorded"
#define MOUNTED "\"create --output=PATH\" takes a folder that is mounted from elsewhere"
#define SCRIPT "keep the commands that make the session in a script"

static const Absence absences[] = {
  { "add-map-channel", "map channels", CTL_ERROR_ABSENT_VERB },
  { "add-trigger", "triggers", CTL_ERROR_ABSENT_VERB, CHANGES },
  { "calibrate", "kernel events", CTL_ERROR_ABSENT_VERB, KERNEL },
  { "clear", "traces that could be emptied", CTL_ERROR_ABSENT_VERB, "destroy the session and create it anew" },
  { "disable-rotation", "rotations", CTL_ERROR_ABSENT_VERB, LATEST },
  { "enable-rotation", "rotations", CTL_ERROR_ABSENT_VERB, LATEST },
  { "export-maps", "map channels", CTL_ERROR_ABSENT_VERB },
  { "list-triggers", "triggers", CTL_ERROR_ABSENT_VERB, CHANGES },
  { "load", "session files", CTL_ERROR_ABSENT_VERB, SCRIPT },
  { "metadata", "actions on metadata but \"regenerate metadata\"", CTL_ERROR_ABSENT_VERB },
  { "reclaim-memory", "buffers that could give memory back", CTL_ERROR_ABSENT_VERB },
  { "remove-trigger", "triggers", CTL_ERROR_ABSENT_VERB, CHANGES },
  { "rotate", "rotations", CTL_ERROR_ABSENT_VERB, LATEST },
  { "save", "session files", CTL_ERROR_ABSENT_VERB, SCRIPT },
  { "show-maps", "map channels", CTL_ERROR_ABSENT_VERB },
  { "snapshot", "snapshots", CTL_ERROR_ABSENT_VERB, LATEST },

  { "--kernel", "kernel events", CTL_ERROR_ABSENT_DOMAIN, KERNEL },
  { "--jul", "agents of java.util.logging", CTL_ERROR_ABSENT_DOMAIN },
  { "--log4j", "agents of log4j", CTL_ERROR_ABSENT_DOMAIN },
  { "--python", "agents of Python", CTL_ERROR_ABSENT_DOMAIN },
  { "-k", "kernel events", CTL_ERROR_ABSENT_DOMAIN, KERNEL },
  { "-j", "agents of java.util.logging", CTL_ERROR_ABSENT_DOMAIN },
  { "-l", "agents of log4j", CTL_ERROR_ABSENT_DOMAIN },
  { "-p", "agents of Python", CTL_ERROR_ABSENT_DOMAIN },

  { "--buffers-global", "buffers of the kernel", CTL_ERROR_ABSENT_OPTION },
  { "--ctrl-url", "traces over the network", CTL_ERROR_ABSENT_OPTION, MOUNTED },
  { "-C", "traces over the network", CTL_ERROR_ABSENT_OPTION, MOUNTED },
  { "--data-url", "traces over the network", CTL_ERROR_ABSENT_OPTION, MOUNTED },
  { "-D", "traces over the network", CTL_ERROR_ABSENT_OPTION, MOUNTED },
  { "--function", "kernel events", CTL_ERROR_ABSENT_OPTION, KERNEL },
  { "--live", "live sessions", CTL_ERROR_ABSENT_OPTION, LIVE },
  { "--no-output", "sessions without a trace", CTL_ERROR_ABSENT_OPTION },
  { "--probe", "kernel events", CTL_ERROR_ABSENT_OPTION, KERNEL },
  { "--snapshot", "snapshots", CTL_ERROR_ABSENT_OPTION, LATEST },
  { "--syscall", "kernel events", CTL_ERROR_ABSENT_OPTION, KERNEL },
  { "-S", "kernel events", CTL_ERROR_ABSENT_DOMAIN, KERNEL },
  { "--userspace-probe", "kernel events", CTL_ERROR_ABSENT_OPTION, KERNEL },
};

static const Absence *
find_absence (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (absences); i++)
    if (g_str_equal (absences[i].name, name))
      return &absences[i];
  return NULL;
}

static gboolean
tell (const Absence *absence, const char *asked, GError **error)
{
  g_set_error (error, CTL_ERROR, absence->code, "%s: there are no %s here%s%s", asked, absence->what,
               absence->instead != NULL ? "; " : "", absence->instead != NULL ? absence->instead : "");
  return FALSE;
}

gboolean
ctl_absent_verb (const char *program, const char *verb, GError **error)
{
  const Absence *absence = find_absence (verb);

  if (absence != NULL)
    return tell (absence, verb, error);
  g_set_error (error, CTL_ERROR, CTL_ERROR_ABSENT_VERB, "There is no verb \"%s\"; \"%s --help\" lists them", verb,
               program);
  return FALSE;
}

gboolean
ctl_absent_option (const char *option, const char *value, gpointer user_data, GError **error)
{
  const Absence *absence = find_absence (option);

  g_return_val_if_fail (absence != NULL, FALSE);
  return tell (absence, option, error);
}
