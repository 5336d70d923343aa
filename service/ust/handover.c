/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/handover.h"

#include "base/error.h"
#include "base/fd-budget.h"
#include "base/limits.h"
#include "core/ids.h"

#include <unistd.h>

/* No user keeps the apps of others out; but who runs the service may have all of it. */
static guint
most_of_user (uid_t uid)
{
  return uid == 0 || uid == geteuid () ? TBUS_MAX_APPS : MIN (TBUS_MAX_APPS_OF_USER, tbus_fd_budget_total () / 4);
}

static gboolean
has_room (const TbusHandover *self, const TbusRegistration *registration, GError **error)
{
  const TbusPeer *peer = &registration->peer;
  guint most = most_of_user (peer->uid);

  if (tbus_tracee_index_count_user (self->index, peer->uid) >= most)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "Process %d is one more than the %u apps of user %u that "
                   "are served", (int) peer->pid, most, (guint) peer->uid);
      return FALSE;
    }
  if (tbus_tracee_index_count (self->index) >= TBUS_MAX_APPS)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "Process %d is one more than the %d apps that are served",
                   (int) peer->pid, TBUS_MAX_APPS);
      return FALSE;
    }
  return tbus_fd_budget_take (2, "Registering an app", error);
}

static TbusTracee *
make_tracee (const TbusRegistration *registration, int command_fd, int notify_fd)
{
  TbusTracee *tracee = tbus_tracee_new (command_fd, notify_fd);

  tracee->id = tbus_id_next (TBUS_ID_APP);
  tracee->pid = registration->peer.pid;
  tracee->uid = registration->peer.uid;
  tracee->gid = registration->peer.gid;
  tracee->parent_pid = registration->parent_pid;
  g_strlcpy (tracee->name, registration->name, sizeof tracee->name);
  tracee->abi_major = registration->major;
  tracee->abi_minor = registration->minor;
  tracee->abi = registration->abi;
  tracee->registered_at = g_get_real_time ();
  return tracee;
}

gboolean
tbus_handover (const TbusHandover *self, const TbusRegistration *registration, int command_fd, int notify_fd,
               GError **error)
{
  g_autoptr(TbusTracee) tracee = NULL;
  TbusPulse *pulse;
  gboolean adopted;

  if (!has_room (self, registration, error))
    {
      close (command_fd);
      close (notify_fd);
      return FALSE;
    }
  tracee = make_tracee (registration, command_fd, notify_fd);
  pulse = tbus_pulse_new ();
  adopted = tbus_links_adopt (self->links, tracee, pulse, error);
  if (adopted)
    {
      tbus_tracee_index_add (self->index, tracee);
      tbus_notify_attach (self->notify, tracee, pulse);
      tbus_reports_registered (self->reports, tracee);
    }
  tbus_pulse_unref (pulse);
  return adopted;
}
