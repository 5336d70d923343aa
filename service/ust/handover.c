/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/handover.h"

#include "base/error.h"
#include "base/fd-budget.h"
#include "base/quota.h"
#include "base/stray.h"
#include "core/ids.h"
#include "ust/kept-app.h"

#include <unistd.h>

/* No user keeps the apps of others out. */
static gboolean
has_room (const TbusHandover *self, const TbusRegistration *registration, GError **error)
{
  const TbusPeer *peer = &registration->peer;

  if (tbus_quota_binds (peer->uid)
      && tbus_tracee_index_count_user (self->index, peer->uid) >= tbus_limit (TBUS_LIMIT_APPS))
    {
      tbus_limit_refuse (TBUS_LIMIT_APPS, error);
      g_prefix_error (error, "Process %d is one more app of user %u: ", (int) peer->pid, (guint) peer->uid);
      return FALSE;
    }
  if (tbus_tracee_index_count (self->index) >= TBUS_MAX_APPS)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "Process %d is one more than the %d apps that are served",
                   (int) peer->pid, TBUS_MAX_APPS);
      return FALSE;
    }
  return TRUE;
}

/* Of the user's share, then of all that there are. */
static gboolean
take_descriptors (const TbusPeer *peer, TbusCharge *charge, GError **error)
{
  tbus_charge_init (charge, TBUS_LIMIT_DESCRIPTORS, peer->uid);
  if (!tbus_charge_add (charge, 2, error))
    {
      g_prefix_error (error, "Process %d of user %u cannot be served: ", (int) peer->pid, (guint) peer->uid);
      return FALSE;
    }
  if (tbus_fd_budget_take (2, "Registering an app", error))
    return TRUE;
  tbus_charge_clear (charge);
  return FALSE;
}

static TbusTracee *
make_tracee (const TbusRegistration *registration, const TbusCharge *descriptors, int command_fd, int notify_fd)
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
  tracee->descriptors = *descriptors;
  return tracee;
}

/* The notify side has its socket before anything can be asked on the other. */
static gboolean
serve (const TbusHandover *self, TbusTracee *tracee, GError **error)
{
  TbusPulse *pulse = tbus_pulse_new ();
  gboolean served = tbus_links_adopt (self->links, tracee, pulse, error);

  if (served)
    tbus_notify_attach (self->notify, tracee, pulse);
  tbus_pulse_unref (pulse);
  return served;
}

gboolean
tbus_handover (const TbusHandover *self, const TbusRegistration *registration, int command_fd, int notify_fd,
               GError **error)
{
  g_autoptr(TbusTracee) tracee = NULL;
  TbusCharge descriptors;

  if (!has_room (self, registration, error) || !take_descriptors (&registration->peer, &descriptors, error))
    {
      tbus_stray_close_socket (command_fd);
      tbus_stray_close_socket (notify_fd);
      return FALSE;
    }
  tracee = make_tracee (registration, &descriptors, command_fd, notify_fd);
  tbus_tracee_index_add (self->index, tracee);
  if (!serve (self, tracee, error))
    {
      tbus_tracee_index_remove (self->index, tracee);
      return FALSE;
    }
  tbus_kept_app_keep (tracee);
  tbus_reports_registered (self->reports, tracee);
  return TRUE;
}

/* Both ends of a connection know who made it; the number of a dead process may be another's by now. */
static gboolean
is_the_same (const TbusTracee *tracee, int fd, GError **error)
{
  TbusPeer peer;

  if (!tbus_peer_init (&peer, fd, error))
    return FALSE;
  if (peer.pid == tracee->pid && peer.uid == tracee->uid)
    return TRUE;
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "The connection of process %d is that of process %d",
               (int) tracee->pid, (int) peer.pid);
  return FALSE;
}

gboolean
tbus_handover_adopt (const TbusHandover *self, TbusTracee *tracee, GError **error)
{
  if (is_the_same (tracee, tracee->command_fd, error) && is_the_same (tracee, tracee->notify_fd, error)
      && serve (self, tracee, error))
    return TRUE;
  tbus_tracee_index_remove (self->index, tracee);
  tbus_kept_app_end (tracee);
  tbus_reports_gone (self->reports, tracee);
  return FALSE;
}
