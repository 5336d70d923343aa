/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/threads.h"

#include <string.h>

/* "": it is gone, or not ours to see. */
static char *
read_about (pid_t pid, const char *thread, const char *what)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task/%s/%s", (int) pid, thread, what);
  char *text;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return g_strdup ("");
  return g_strchomp (text);
}

static void
tell_thread (GString *all, pid_t pid, const char *thread)
{
  g_autofree char *name = read_about (pid, thread, "comm");
  g_autofree char *stat = read_about (pid, thread, "stat");
  g_autofree char *place = read_about (pid, thread, "wchan");
  const char *end = strrchr (stat, ')'); /* of the name, which may have any */

  g_string_append_printf (all, "process %d, thread %s (%s): %c in %s\n", (int) pid, thread, name,
                          end != NULL && end[1] == ' ' ? end[2] : '?', place);
}

static void
tell_children (GString *all, pid_t pid, const char *thread);

static void
tell_process (GString *all, pid_t pid, gboolean itself)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task", (int) pid);
  g_autoptr(GDir) threads = g_dir_open (path, 0, NULL);
  const char *thread;

  while (threads != NULL && (thread = g_dir_read_name (threads)) != NULL)
    {
      if (itself)
        tell_thread (all, pid, thread);
      tell_children (all, pid, thread);
    }
}

static void
tell_children (GString *all, pid_t pid, const char *thread)
{
  g_autofree char *list = read_about (pid, thread, "children");
  g_auto(GStrv) children = g_strsplit (list, " ", -1);

  for (guint i = 0; children[i] != NULL; i++)
    if (*children[i] != '\0')
      tell_process (all, (pid_t) g_ascii_strtoll (children[i], NULL, 10), TRUE);
}

char *
tst_threads_tell (pid_t pid)
{
  GString *all = g_string_new (NULL);

  tell_process (all, pid, FALSE);
  return g_string_free (all, FALSE);
}
