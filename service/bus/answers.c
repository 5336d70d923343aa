/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/answers.h"

#include "base/thread.h"
#include "bus/call.h"
#include "bus/values.h"

void
tbus_answer_operation (GObject *session, GAsyncResult *result, gpointer call)
{
  g_autoptr(TbusOperation) operation = NULL;
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  operation = tbus_session_operation_finish (TBUS_SESSION (session), result, &error);
  if (operation == NULL)
    tbus_call_fail (call, g_steal_pointer (&error));
  else
    tbus_call_return (call, g_variant_new ("(@a{sv})", tbus_value_outcome (tbus_operation_get_outcome (operation))));
}

void
tbus_answer_flush (GObject *session, GAsyncResult *result, gpointer call)
{
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  if (!tbus_session_flush_finish (TBUS_SESSION (session), result, &error))
    tbus_call_fail (call, g_steal_pointer (&error));
  else
    tbus_call_return (call, NULL);
}
