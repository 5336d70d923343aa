/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

char
tbus_process_read_state (const char *path)
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
  /* Behind the name, which is in parentheses and may hold any byte. */
  name_end = strrchr (text, ')');
  return name_end != NULL && name_end[1] == ' ' ? name_end[2] : '?';
}

gboolean
tbus_process_is_stopped (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  char state = tbus_process_read_state (path);

  return state == 'T' || state == 't';
}

gboolean
tbus_process_has_ended (pid_t pid)
{
  struct pollfd process = { .fd = (int) syscall (SYS_pidfd_open, pid, 0), .events = POLLIN };
  gboolean ended;

  if (process.fd < 0)
    return errno == ESRCH;
  ended = poll (&process, 1, 0) == 1;
  close (process.fd);
  return ended;
}
