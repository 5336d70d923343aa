/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/current-session.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>

static char *
state_path (const char *file)
{
  return g_build_filename (g_get_user_state_dir (), "tracebus", file, NULL);
}

char *
ctl_current_session_load (void)
{
  g_autofree char *path = state_path ("current-session");
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  g_strchomp (text);
  if (*text == '\0' || !g_utf8_validate (text, -1, NULL))
    return NULL;
  return g_steal_pointer (&text);
}

gboolean
ctl_current_session_store (const char *name, GError **error)
{
  g_autofree char *folder = state_path (NULL);
  g_autofree char *path = state_path ("current-session");
  g_autofree char *line = g_strdup_printf ("%s\n", name);

  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      int errnum = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errnum), "%s cannot be made: %s", folder,
                   g_strerror (errnum));
      return FALSE;
    }
  return g_file_set_contents_full (path, line, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

void
ctl_current_session_forget (const char *name)
{
  g_autofree char *path = state_path ("current-session");
  g_autofree char *current = ctl_current_session_load ();

  if (g_strcmp0 (current, name) == 0)
    g_unlink (path);
}
