/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/registration.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

TbusUstRegistration
tst_registration (const char *name, gboolean notify)
{
  TbusUstRegistration record = {
    .magic = LTTNG_UST_ABI_COMM_MAGIC,
    .major = TBUS_UST_MAJOR_MAX,
    .pid = getpid (),
    .ppid = getppid (),
    .uid = getuid (),
    .gid = getgid (),
    .bits_per_long = 64,
    .align_u8 = 8,
    .align_u16 = 8,
    .align_u32 = 8,
    .align_u64 = 8,
    .align_long = 8,
    .socket_type = notify ? LTTNG_UST_CTL_SOCKET_NOTIFY : LTTNG_UST_CTL_SOCKET_CMD,
  };

  g_strlcpy (record.name, name, sizeof record.name);
  return record;
}

int
tst_registration_connect (const char *socket_path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, socket_path, sizeof address.sun_path);
  if (fd >= 0 && connect (fd, (struct sockaddr *) &address, sizeof address) == 0)
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}

int
tst_registration_send (const char *socket_path, const char *name, gboolean notify)
{
  const TbusUstRegistration record = tst_registration (name, notify);
  int fd = tst_registration_connect (socket_path);

  if (fd >= 0 && send (fd, &record, sizeof record, MSG_NOSIGNAL) == sizeof record)
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}

gsize
tst_command_count_rest (const TbusUstMessage *message)
{
  switch (message->cmd)
    {
    case LTTNG_UST_ABI_CHANNEL:
      return message->u.channel.len + 1;
    case LTTNG_UST_ABI_STREAM:
      return 1;
    case LTTNG_UST_ABI_FILTER:
      return message->u.filter.len;
    case LTTNG_UST_ABI_EXCLUSION:
      return (gsize) message->u.exclusion.count * LTTNG_UST_ABI_SYM_NAME_LEN;
    default:
      return 0;
    }
}
