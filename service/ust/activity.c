/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/activity.h"

#include "base/process.h"

gboolean
tbus_process_is_active (pid_t pid, guint *n_looks)
{
  g_autofree char *directory = g_strdup_printf ("/proc/%d/task", (int) pid);
  g_autoptr(GDir) tasks = g_dir_open (directory, 0, NULL);
  const char *name;

  if (tasks == NULL)
    return FALSE;
  for (guint n = 0; n < TBUS_ACTIVITY_MAX_THREADS && (name = g_dir_read_name (tasks)) != NULL; n++)
    {
      g_autofree char *path = g_strconcat (directory, "/", name, "/stat", NULL);
      char state = tbus_process_read_state (path);

      (*n_looks)++;
      if (state == 'R' || state == 'D')
        return TRUE;
      if (state == 'T' || state == 't' || state == 'Z' || state == 'X')
        return FALSE; /* so are all of them */
    }
  return FALSE;
}

gboolean
tbus_process_is_halted (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);

  return tbus_process_read_state (path) == 'T';
}
