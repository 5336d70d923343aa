/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/viewer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static GStrv
make_argv (const char *viewer, const char *trace, GError **error)
{
  g_autoptr(GStrvBuilder) argv = g_strv_builder_new ();
  g_auto(GStrv) words = NULL;

  if (!g_shell_parse_argv (viewer != NULL ? viewer : "babeltrace2", NULL, &words, error))
    {
      g_prefix_error (error, "--viewer: ");
      return NULL;
    }
  g_strv_builder_addv (argv, (const char **) words);
  g_strv_builder_add (argv, trace);
  return g_strv_builder_end (argv);
}

/* GIO ignores it; a viewer before a pager is used to die of it. */
static void
restore_signals (gpointer data)
{
  signal (SIGPIPE, SIG_DFL);
}

gboolean
ctl_viewer_become (const char *viewer, const char *trace, GError **error)
{
  g_auto(GStrv) argv = make_argv (viewer, trace, error);

  if (argv == NULL)
    return FALSE;
  fflush (NULL);
  restore_signals (NULL);
  execvp (argv[0], argv);
  return ctl_fail (error, errno, "%s cannot be run", argv[0]);
}

gboolean
ctl_viewer_run (const char *viewer, const char *trace, GError **error)
{
  g_auto(GStrv) argv = make_argv (viewer, trace, error);
  int status;

  return argv != NULL
         && g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, restore_signals, NULL,
                          NULL, NULL, &status, error)
         && g_spawn_check_wait_status (status, error);
}
