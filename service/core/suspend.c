/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a life of the service after which another one goes on: core comes to rest, and takes nothing apart. */
#include "core/app-private.h"
#include "core/session-private.h"

enum { PATIENCE_MS = 3000 }; /* for what was begun; programs that do not answer are not waited for at all */

static gboolean
sessions_rest (TbusHub *hub)
{
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (hub->sessions);

  for (guint i = 0; i < sessions->len; i++)
    if (!g_queue_is_empty (&((TbusSession *) g_ptr_array_index (sessions, i))->works))
      return FALSE;
  return TRUE;
}

static gboolean
apps_rest (TbusHub *hub)
{
  g_autoptr(GPtrArray) apps = tbus_app_set_list (hub->apps);

  for (guint i = 0; i < apps->len; i++)
    {
      const TbusApp *app = g_ptr_array_index (apps, i);

      if (app->state != TBUS_APP_UNRESPONSIVE && app->state != TBUS_APP_GONE
          && (app->job != NULL || app->applied < app->wanted))
        return FALSE;
    }
  return TRUE;
}

static void
finish (TbusHub *hub)
{
  g_autoptr(GTask) task = g_steal_pointer (&hub->suspending);

  hub->suspended = TRUE;
  g_source_remove (GPOINTER_TO_UINT (g_task_get_task_data (task)));
  g_task_return_boolean (task, TRUE);
}

void
tbus_hub_rested (TbusHub *hub)
{
  if (hub->suspending != NULL && sessions_rest (hub) && apps_rest (hub))
    finish (hub);
}

/* Who is still being told something registers anew, and what was asked of consumers is asked again. */
static gboolean
on_late (gpointer hub)
{
  finish (hub);
  return G_SOURCE_CONTINUE; /* removed by now */
}

void
tbus_core_suspend_async (TbusCore *core, GAsyncReadyCallback callback, gpointer user_data)
{
  TbusHub *hub = tbus_core_get_hub (core);
  guint deadline = g_timeout_add (PATIENCE_MS, on_late, hub);

  g_return_if_fail (hub->suspending == NULL);
  hub->stopping = TRUE;
  hub->suspending = g_task_new (core, NULL, callback, user_data);
  g_task_set_task_data (hub->suspending, GUINT_TO_POINTER (deadline), NULL);
  tbus_hub_rested (hub);
}

void
tbus_core_suspend_finish (TbusCore *core, GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}
