/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/current-session.h"

#include "client/ctl.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

static char *
state_path (void)
{
  return g_build_filename (g_get_user_state_dir (), "tracebus", "current-session", NULL);
}

char *
ctl_lttng_home (void)
{
  const char *home = g_getenv ("LTTNG_HOME");

  return g_strdup (home != NULL && *home != '\0' ? home : g_get_home_dir ());
}

static char *
lttngrc_path (void)
{
  g_autofree char *home = ctl_lttng_home ();

  return g_build_filename (home, ".lttngrc", NULL);
}

const CtlMemory ctl_memory_own = { state_path, "" };
const CtlMemory ctl_memory_lttngrc = { lttngrc_path, "session=" };

char *
ctl_current_session_load (const CtlMemory *memory)
{
  g_autofree char *path = memory->path ();
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL) || !g_utf8_validate (text, -1, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], memory->key) && lines[i][strlen (memory->key)] != '\0')
      return g_strdup (lines[i] + strlen (memory->key));
  return NULL;
}

gboolean
ctl_current_session_store (const CtlMemory *memory, const char *name, GError **error)
{
  g_autofree char *path = memory->path ();
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *line = g_strdup_printf ("%s%s\n", memory->key, name);

  if (g_mkdir_with_parents (folder, 0700) != 0)
    return ctl_fail (error, errno, "%s cannot be made", folder);
  return g_file_set_contents_full (path, line, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

void
ctl_current_session_forget (const CtlMemory *memory, const char *name)
{
  g_autofree char *path = memory->path ();
  g_autofree char *current = ctl_current_session_load (memory);

  if (g_strcmp0 (current, name) == 0)
    g_unlink (path);
}
