/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/handle.h"

#include "base/fd-budget.h"

#include <unistd.h>

struct TbusHandle {
  int fd;
};

TbusHandle *
tbus_handle_new (int fd, const char *what, GError **error)
{
  TbusHandle *self;

  if (!tbus_fd_budget_take (1, what, error))
    {
      close (fd);
      return NULL;
    }
  self = g_rc_box_new0 (TbusHandle);
  self->fd = fd;
  return self;
}

TbusHandle *
tbus_handle_ref (TbusHandle *self)
{
  return g_rc_box_acquire (self);
}

static void
handle_clear (gpointer data)
{
  TbusHandle *self = data;

  close (self->fd);
  tbus_fd_budget_give (1);
}

void
tbus_handle_unref (TbusHandle *self)
{
  g_rc_box_release_full (self, handle_clear);
}

int
tbus_handle_get_fd (TbusHandle *self)
{
  return self->fd;
}
