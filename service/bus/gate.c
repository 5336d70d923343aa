/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/gate.h"

#include "base/error.h"
#include "base/thread.h"

struct _TbusGate {
  GObject parent_instance;

  uid_t service_uid;
};

G_DEFINE_FINAL_TYPE (TbusGate, tbus_gate, G_TYPE_OBJECT)

static const char *const polkit_actions[] = {
  "org.tracebus1.trace-own",
  "org.tracebus1.trace-others",
  "org.tracebus1.manage-sessions",
};

static void
tbus_gate_init (TbusGate *self)
{
}

static void
tbus_gate_class_init (TbusGateClass *class)
{
}

TbusGate *
tbus_gate_new (uid_t service_uid)
{
  TbusGate *self = g_object_new (TBUS_TYPE_GATE, NULL);

  self->service_uid = service_uid;
  return self;
}

static gboolean
gate_trusts (TbusGate *self, TbusPeer *peer)
{
  uid_t uid = tbus_peer_get_uid (peer);

  return uid == 0 || uid == self->service_uid;
}

void
tbus_gate_check_async (TbusGate *self, TbusPeer *peer, TbusAction action, const char *method,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (self, tbus_peer_get_cancellable (peer), callback, user_data);

  tbus_thread_assert_main ();
  g_task_set_source_tag (task, tbus_gate_check_async);
  if (action == TBUS_ACTION_OPEN || gate_trusts (self, peer))
    g_task_return_boolean (task, TRUE);
  else if (self->service_uid == 0)
    g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_NOT_AUTHORIZED, "%s is for root, not for user %u", method,
                             tbus_peer_get_uid (peer));
  else
    g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_NOT_AUTHORIZED, "%s is for root and user %u, not for user %u",
                             method, self->service_uid, tbus_peer_get_uid (peer));
}

gboolean
tbus_gate_check_finish (TbusGate *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
tbus_gate_list_async (TbusGate *self, TbusPeer *peer, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (self, tbus_peer_get_cancellable (peer), callback, user_data);
  GVariantBuilder permissions;

  g_task_set_source_tag (task, tbus_gate_list_async);
  g_variant_builder_init (&permissions, G_VARIANT_TYPE ("a{ss}"));
  for (guint i = 0; i < G_N_ELEMENTS (polkit_actions); i++)
    g_variant_builder_add (&permissions, "{ss}", polkit_actions[i], gate_trusts (self, peer) ? "yes" : "no");
  g_task_return_pointer (task, g_variant_ref_sink (g_variant_builder_end (&permissions)),
                         (GDestroyNotify) g_variant_unref);
}

GVariant *
tbus_gate_list_finish (TbusGate *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
