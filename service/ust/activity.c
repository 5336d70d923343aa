/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/activity.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The state letter of a stat file: behind the name, which is in parentheses and may hold any byte. '?': it has gone. */
static char
read_state (const char *path)
{
  char text[128]; /* a name has at most 64 bytes here */
  const char *name_end;
  gssize n;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return '?';
  n = read (fd, text, sizeof text - 1);
  close (fd);
  if (n <= 0)
    return '?';
  text[n] = '\0';
  name_end = strrchr (text, ')');
  return name_end != NULL && name_end[1] == ' ' ? name_end[2] : '?';
}

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
      char state = read_state (path);

      (*n_looks)++;
      if (state == 'R' || state == 'D')
        return TRUE;
      if (state == 'T' || state == 't' || state == 'Z' || state == 'X')
        return FALSE; /* so are all of them */
    }
  return FALSE;
}
