/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/room.h"

#include "base/error.h"
#include "core/session-private.h"

enum { PERIOD_MS = 1000 };

struct TbusRoom {
  TbusHub *hub;
  gboolean wanted;
  guint timer;
};

TbusRoom *
tbus_room_new (TbusHub *hub)
{
  TbusRoom *self = g_new0 (TbusRoom, 1);

  self->hub = hub;
  return self;
}

void
tbus_room_free (TbusRoom *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  g_free (self);
}

void
tbus_room_want (TbusRoom *self)
{
  self->wanted = TRUE;
}

static gboolean
retry_app (TbusApp *app, TbusSession *session)
{
  TbusAppSession *app_session = tbus_app_find_session (app, tbus_session_get_id (session));

  if (app_session == NULL || !g_error_matches (app_session->error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED))
    return FALSE;
  tbus_app_session_retry (app_session);
  return TRUE;
}

/* Who is refused again says so again. */
static void
retry_session (TbusHub *hub, TbusSession *session)
{
  g_autoptr(GPtrArray) apps = tbus_app_set_list (hub->apps);

  tbus_session_clear_problem (session, TBUS_PROBLEM_NO_ROOM, 0);
  for (guint i = 0; i < apps->len; i++)
    if (retry_app (g_ptr_array_index (apps, i), session))
      tbus_app_kick (g_ptr_array_index (apps, i));
}

static gboolean
on_timer (gpointer data)
{
  TbusRoom *self = data;
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (self->hub->sessions);

  self->timer = 0;
  self->wanted = FALSE;
  for (guint i = 0; i < sessions->len; i++)
    if (tbus_session_get_state (g_ptr_array_index (sessions, i)) == TBUS_SESSION_ACTIVE)
      retry_session (self->hub, g_ptr_array_index (sessions, i));
  return G_SOURCE_REMOVE;
}

void
tbus_room_freed (TbusRoom *self)
{
  if (self->wanted && self->timer == 0 && !self->hub->stopping)
    self->timer = g_timeout_add (PERIOD_MS, on_timer, self);
}
