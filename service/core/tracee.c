/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/tracee.h"

#include "base/fd-budget.h"
#include "base/marks.h"

#include <unistd.h>

TbusTracee *
tbus_tracee_new_with_mark (int command_fd, int notify_fd, guint mark)
{
  TbusTracee *self = g_new0 (TbusTracee, 1);

  urcu_ref_init (&self->refs);
  self->command_fd = command_fd;
  self->notify_fd = notify_fd;
  self->mark = mark;
  return self;
}

TbusTracee *
tbus_tracee_new (int command_fd, int notify_fd)
{
  return tbus_tracee_new_with_mark (command_fd, notify_fd, tbus_mark_take ());
}

static void
tracee_free (struct rcu_head *head)
{
  TbusTracee *self = caa_container_of (head, TbusTracee, rcu);

  close (self->command_fd);
  close (self->notify_fd);
  tbus_mark_give (self->mark);
  tbus_fd_budget_give (2);
  tbus_charge_clear (&self->descriptors);
  g_free (self);
}

static void
tracee_release (struct urcu_ref *refs)
{
  TbusTracee *self = caa_container_of (refs, TbusTracee, refs);

  call_rcu (&self->rcu, tracee_free);
}

TbusTracee *
tbus_tracee_ref (TbusTracee *self)
{
  urcu_ref_get (&self->refs);
  return self;
}

void
tbus_tracee_unref (TbusTracee *self)
{
  urcu_ref_put (&self->refs, tracee_release);
}
