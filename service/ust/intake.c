/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/intake.h"

#include "base/stray.h"

#include <errno.h>
#include <sys/socket.h>

gboolean
tbus_intake_init (TbusIntake *self, int fd)
{
  const int from = 0;

  *self = (TbusIntake){ .fd = fd };
  return setsockopt (fd, SOL_SOCKET, SO_PEEK_OFF, &from, sizeof from) == 0;
}

gssize
tbus_intake_look (TbusIntake *self, gpointer buffer, gsize size)
{
  /* Descriptors stay where they are: there is no room for them, and the queue has them too. */
  gssize n = recv (self->fd, buffer, size, MSG_PEEK | MSG_DONTWAIT);

  if (n > 0)
    self->seen += n;
  return n;
}

gboolean
tbus_intake_take (TbusIntake *self, gpointer scratch, gsize size)
{
  while (self->seen > 0)
    {
      gssize n = tbus_stray_recv (self->fd, scratch, MIN (size, self->seen));

      if (n > 0)
        self->seen -= n;
      else if (n == 0 || errno != EINTR)
        {
          if (n == 0 || errno == EAGAIN)
            errno = EPIPE; /* what was seen is not there: it plays with out-of-band data */
          return FALSE;
        }
    }
  return TRUE;
}
