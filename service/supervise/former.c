/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/former.h"

#include "base/fd-store.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { START_TIME = 22 }; /* number of the field in /proc/PID/stat; the second ends with the last parenthesis */

/* In clock ticks since the machine's start; 0 where there is no such process. */
static guint64
get_start_time (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  g_autofree char *text = NULL;
  const char *rest;

  if (!g_file_get_contents (path, &text, NULL, NULL) || (rest = strrchr (text, ')')) == NULL)
    return 0;
  for (guint field = 2; field < START_TIME && rest != NULL; field++)
    rest = strchr (rest + 1, ' ');
  return rest != NULL ? g_ascii_strtoull (rest + 1, NULL, 10) : 0;
}

char *
tbus_former_keep (guint64 consumer, uid_t uid, pid_t pid, int link_fd)
{
  char *name;

  if (!tbus_fd_store_is_there ())
    return NULL;
  name = g_strdup_printf ("consumer-%" G_GUINT64_FORMAT "-%d-%" G_GUINT64_FORMAT, consumer, (int) pid,
                          get_start_time (pid));
  tbus_fd_store_keep (name, uid, link_fd);
  return name;
}

/* Somebody may not have looked at its end yet. */
static gboolean
is_alive (int pidfd)
{
  struct pollfd ended = { .fd = pidfd, .events = POLLIN };

  return poll (&ended, 1, 0) == 0;
}

/* NULL: it is dead, and its number may be another's by now. */
static TbusChild *
revive (const char *name, const char *numbers)
{
  guint64 start;
  int pid, pidfd;

  if (sscanf (numbers, "%d-%" G_GUINT64_FORMAT, &pid, &start) != 2 || start == 0)
    return NULL;
  pidfd = syscall (SYS_pidfd_open, pid, 0);
  if (pidfd < 0)
    return NULL;
  if (get_start_time (pid) == start && is_alive (pidfd))
    return tbus_child_adopt (pid, pidfd, tbus_fd_store_take (name));
  close (pidfd);
  return NULL;
}

TbusChild *
tbus_former_find (guint64 consumer, char **name)
{
  g_autofree char *prefix = g_strdup_printf ("consumer-%" G_GUINT64_FORMAT "-", consumer);
  g_auto(GStrv) names = tbus_fd_store_list (prefix);
  TbusChild *found = NULL;

  for (guint i = 0; names[i] != NULL; i++)
    {
      TbusChild *child = found == NULL ? revive (names[i], names[i] + strlen (prefix)) : NULL;

      if (child == NULL)
        {
          tbus_fd_store_end (names[i]);
          continue;
        }
      found = child;
      *name = g_strdup (names[i]);
    }
  return found;
}
