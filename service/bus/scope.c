/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/scope.h"

#include "base/error.h"

/* Whose apps; none: everybody's. */
static void
set_uids (TbusScope *self, const uid_t *uids, gsize n)
{
  g_autoptr(GString) text = g_string_new (n == 0 ? "all" : NULL);

  self->beyond = n == 0;
  for (gsize i = 0; i < n; i++)
    {
      g_string_append_printf (text, i == 0 ? "%u" : ",%u", uids[i]);
      self->beyond |= uids[i] != self->owner;
    }
  self->uids = g_string_free (g_steal_pointer (&text), FALSE);
}

static void
init_session (TbusScope *self, TbusSession *session)
{
  gsize n;
  const uid_t *uids = tbus_session_get_uids (session, &n);

  *self = (TbusScope){ G_OBJECT (session), tbus_session_get_name (session), tbus_session_get_owner (session) };
  set_uids (self, uids, n);
}

gboolean
tbus_scope_init_object (TbusScope *self, TbusCore *core, GObject *object, uid_t caller, GError **error)
{
  TbusSession *session;

  if (TBUS_IS_SESSION (object))
    init_session (self, TBUS_SESSION (object));
  else if (TBUS_IS_CHANNEL (object))
    {
      session = tbus_session_set_find_id (tbus_core_get_sessions (core),
                                          tbus_channel_get_session_id (TBUS_CHANNEL (object)));
      if (session == NULL)
        {
          g_set_error (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND, "The session of channel \"%s\" is gone",
                       tbus_channel_get_name (TBUS_CHANNEL (object)));
          return FALSE;
        }
      init_session (self, session);
    }
  else if (TBUS_IS_APP (object))
    {
      *self = (TbusScope){ object, NULL, tbus_app_get_tracee (TBUS_APP (object))->uid };
      set_uids (self, &self->owner, 1);
    }
  else
    {
      *self = (TbusScope){ object, NULL, caller };
      set_uids (self, &caller, 1);
    }
  return TRUE;
}

void
tbus_scope_init_request (TbusScope *self, const TbusSessionRequest *request)
{
  *self = (TbusScope){ NULL, request->name, request->owner };
  if (request->all_users)
    set_uids (self, NULL, 0);
  else if (request->n_uids > 0)
    set_uids (self, request->uids, request->n_uids);
  else
    set_uids (self, &request->owner, 1);
}

void
tbus_scope_init_everybody (TbusScope *self, uid_t caller)
{
  *self = (TbusScope){ NULL, NULL, caller };
  set_uids (self, NULL, 0);
}

void
tbus_scope_init_user (TbusScope *self, uid_t uid, uid_t caller)
{
  *self = (TbusScope){ NULL, NULL, caller };
  set_uids (self, &uid, 1);
}

void
tbus_scope_clear (TbusScope *self)
{
  g_clear_pointer (&self->uids, g_free);
}
