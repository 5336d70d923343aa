/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/call.h"

#include "base/errand.h"
#include "base/error.h"
#include "base/quota.h"
#include "base/thread.h"
#include "bus/error-names.h"

#include <gio/gunixfdlist.h>

struct TbusCall {
  GDBusMethodInvocation *invocation; /* NULL once it is answered */
  const TbusMethod *method;
  TbusBusContext *bus;
  GObject *object;
  TbusPeer *peer; /* entered */
  TbusCharge charge; /* of the calls of its user; once it is identified */
  TbusTurn *turn; /* NULL once it began, and where it waits for nobody */
};

typedef struct {
  TbusCall *call;
  GDBusMethodInvocation *invocation; /* the worker's */
  TbusCallBuilder build;
  gpointer data;
  GDestroyNotify destroy;
} Build;

static void
invocation_fail (GDBusMethodInvocation *invocation, const GError *error)
{
  g_dbus_method_invocation_take_error (invocation, tbus_error_for_bus (error));
}

static void
invocation_return (GDBusMethodInvocation *invocation, const TbusMethod *method, GVariant *value)
{
  gsize most = method->lists_all ? TBUS_MAX_OBJECTS : TBUS_MAX_REPLY;
  g_autoptr(GVariant) owned = value == NULL ? NULL : g_variant_ref_sink (value);
  g_autoptr(GError) error = NULL;

  if (owned == NULL || g_variant_get_size (owned) <= most)
    {
      g_dbus_method_invocation_return_value (invocation, owned);
      return;
    }
  error = g_error_new (TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "The reply of %s would pass %" G_GSIZE_FORMAT " bytes%s%s",
                       method->name, most,
                       method->narrow == NULL ? "" : ": narrow it with ", method->narrow == NULL ? "" : method->narrow);
  invocation_fail (invocation, error);
}

void
tbus_call_free (TbusCall *self)
{
  if (self->invocation != NULL)
    {
      g_autoptr(GError) error = g_error_new (G_DBUS_ERROR, G_DBUS_ERROR_FAILED, "%s was given up without an answer",
                                             self->method->name);

      invocation_fail (g_steal_pointer (&self->invocation), error);
    }
  if (self->turn != NULL)
    tbus_turn_leave (self->turn);
  tbus_charge_clear (&self->charge);
  tbus_peer_leave (self->peer);
  g_object_unref (self->peer);
  g_object_unref (self->object);
  tbus_bus_context_unref (self->bus);
  g_free (self);
}

static void
call_run (gpointer data)
{
  TbusCall *self = data;

  self->turn = NULL;
  /* Who left while others had their turn gets nothing done. */
  if (g_cancellable_is_cancelled (tbus_call_get_cancellable (self)))
    {
      tbus_call_free (self);
      return;
    }
  /* Parsed messages are trees whose leaves go when they are flattened; flat, what is borrowed stays. */
  (void) g_variant_get_data (g_dbus_method_invocation_get_parameters (self->invocation));
  self->method->handler (self, self->object);
}

static void
call_granted (TbusCall *self)
{
  if (self->turn != NULL)
    tbus_turn_ready (self->turn);
  else
    call_run (self);
}

static void
on_granted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbusCall) self = user_data;
  g_autoptr(TbusPeer) keep = g_object_ref (self->peer);
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  if (!tbus_gate_check_finish (TBUS_GATE (source), result, &error))
    tbus_call_fail (g_steal_pointer (&self), g_steal_pointer (&error));
  else
    call_granted (g_steal_pointer (&self));
}

static void
call_ask (TbusCall *self)
{
  g_auto(TbusScope) scope = { NULL };
  g_autoptr(GError) error = NULL;

  if (!tbus_scope_init_object (&scope, self->bus->core, self->object, tbus_call_get_uid (self), &error))
    {
      tbus_call_fail (self, g_steal_pointer (&error));
      return;
    }
  if (self->method->action != TBUS_ACTION_OPEN)
    self->turn = tbus_turns_take (tbus_peer_get_turns (self->peer), scope.subject, call_run, self);
  /* There is nothing to ask: the turn through the loop that each question takes is a good part of a short call. */
  if (tbus_gate_trusts (self->bus->gate, self->peer))
    call_granted (self);
  else
    tbus_call_ask_async (self, self->method->action, &scope, FALSE, on_granted, self);
}

/* Many connections are still one user. */
static gboolean
call_count (TbusCall *self, GError **error)
{
  tbus_charge_init (&self->charge, TBUS_LIMIT_CALLS_OF_USER, tbus_peer_get_uid (self->peer));
  if (tbus_charge_add (&self->charge, 1, error))
    return TRUE;
  g_prefix_error (error, "Wait for an answer before the next call: ");
  return FALSE;
}

static void
call_identified (TbusCall *self)
{
  g_autoptr(GError) error = NULL;

  if (call_count (self, &error))
    call_ask (self);
  else
    tbus_call_fail (self, g_steal_pointer (&error));
}

static void
on_identified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbusCall) self = user_data;
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  if (!tbus_peer_identify_finish (TBUS_PEER (source), result, &error))
    tbus_call_fail (g_steal_pointer (&self), g_steal_pointer (&error));
  else
    call_identified (g_steal_pointer (&self));
}

void
tbus_call_begin (TbusBusContext *bus, const TbusMethod *method, GObject *object, GDBusMethodInvocation *invocation)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(TbusPeer) peer = NULL;
  TbusCall *self;

  peer = tbus_peer_set_get (bus->peers, g_dbus_method_invocation_get_sender (invocation), &error);
  if (peer == NULL || !tbus_peer_enter (peer, &error))
    {
      invocation_fail (invocation, error);
      return;
    }
  self = g_new0 (TbusCall, 1);
  self->invocation = invocation;
  self->method = method;
  self->bus = tbus_bus_context_ref (bus);
  self->object = g_object_ref (object);
  self->peer = g_object_ref (peer);
  if (tbus_peer_is_identified (peer))
    call_identified (self);
  else
    tbus_peer_identify_async (peer, on_identified, self);
}

void
tbus_call_ask_async (TbusCall *self, TbusAction action, const TbusScope *scope, gboolean quietly,
                     GAsyncReadyCallback callback, gpointer user_data)
{
  GDBusMessageFlags flags = g_dbus_message_get_flags (g_dbus_method_invocation_get_message (self->invocation));
  const TbusGateQuestion question = {
    .method = self->method->name,
    .action = action,
    .scope = scope,
    .interactive = !quietly && (flags & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0,
  };

  tbus_gate_check_async (self->bus->gate, self->peer, &question, callback, user_data);
}

TbusBusContext *
tbus_call_get_bus (TbusCall *self)
{
  return self->bus;
}

TbusPeer *
tbus_call_get_peer (TbusCall *self)
{
  return self->peer;
}

uid_t
tbus_call_get_uid (TbusCall *self)
{
  return tbus_peer_get_uid (self->peer);
}

gpointer
tbus_call_get_object (TbusCall *self)
{
  return self->object;
}

GDBusConnection *
tbus_call_get_connection (TbusCall *self)
{
  return g_dbus_method_invocation_get_connection (self->invocation);
}

GCancellable *
tbus_call_get_cancellable (TbusCall *self)
{
  return tbus_peer_get_cancellable (self->peer);
}

GVariant *
tbus_call_get_parameters (TbusCall *self)
{
  return g_dbus_method_invocation_get_parameters (self->invocation);
}

gboolean
tbus_call_parse_options (TbusCall *self, const TbusOption *table, gpointer store, GError **error)
{
  GVariant *parameters = tbus_call_get_parameters (self);
  g_autoptr(GVariant) dict = g_variant_get_child_value (parameters, g_variant_n_children (parameters) - 1);

  return tbus_options_parse (dict, table, store, error);
}

TbusHandle *
tbus_call_dup_handle (TbusCall *self, const char *key, gint32 index, GError **error)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (self->invocation);
  GUnixFDList *list = g_dbus_message_get_unix_fd_list (message);
  gint32 n = list != NULL ? g_unix_fd_list_get_length (list) : 0;
  g_autoptr(GError) failure = NULL;
  int fd;

  if (index < 0 || index >= n)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "Option \"%s\" is descriptor %d of the message, which has %d of them", key, index, n);
      return NULL;
    }
  fd = g_unix_fd_list_get (list, index, &failure);
  if (fd >= 0)
    return tbus_handle_new (fd, "A descriptor of a caller", error);
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "Cannot keep the descriptor of option \"%s\": %s", key,
               failure->message);
  return NULL;
}

gboolean
tbus_call_takes_no_options (TbusCall *self)
{
  static const TbusOption none[] = { { NULL } };
  g_autoptr(GError) error = NULL;

  if (tbus_call_parse_options (self, none, NULL, &error))
    return TRUE;
  tbus_call_fail (self, g_steal_pointer (&error));
  return FALSE;
}

/* An answer that waits for the disk. */
typedef struct {
  TbusCall *call;
  GVariant *value; /* nullable, a reference */
} Promise;

static void
answer (TbusCall *self, GVariant *value)
{
  tbus_changes_flush (self->bus->changes);
  invocation_return (g_steal_pointer (&self->invocation), self->method, value);
  tbus_call_free (self);
}

static void
on_saved (gpointer data)
{
  g_autofree Promise *promise = data;
  g_autoptr(GVariant) value = promise->value;

  tbus_thread_assert_main ();
  answer (promise->call, value);
}

void
tbus_call_return (TbusCall *self, GVariant *value)
{
  Promise *promise;

  tbus_thread_assert_main ();
  if (!self->method->durable)
    {
      answer (self, value);
      return;
    }
  promise = g_new (Promise, 1);
  *promise = (Promise){ self, value != NULL ? g_variant_ref_sink (value) : NULL };
  tbus_core_await_saved (self->bus->core, on_saved, promise);
}

void
tbus_call_fail (TbusCall *self, GError *error)
{
  g_autoptr(GError) owned = error;

  tbus_thread_assert_main ();
  tbus_changes_flush (self->bus->changes);
  invocation_fail (g_steal_pointer (&self->invocation), owned);
  tbus_call_free (self);
}

/* What one user's calls have made at a time is bounded, however many they are. */
static void
build_run (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr(TbusErrand) at = tbus_errand_begin ("making a large answer");
  Build *build = task_data;
  g_autoptr(GVariant) value = g_variant_ref_sink (build->build (build->data));
  g_autoptr(GError) error = NULL;
  TbusCharge memory;

  tbus_charge_init (&memory, TBUS_LIMIT_REPLY_MEMORY, tbus_peer_get_uid (build->call->peer));
  if (tbus_charge_add (&memory, g_variant_get_size (value), &error))
    invocation_return (g_steal_pointer (&build->invocation), build->call->method, value);
  else
    invocation_fail (g_steal_pointer (&build->invocation), error);
  tbus_charge_clear (&memory);
  g_task_return_boolean (task, TRUE);
}

static void
on_built (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Build *build = user_data;

  tbus_thread_assert_main ();
  build->destroy (build->data);
  tbus_call_free (build->call);
}

void
tbus_call_return_built (TbusCall *self, TbusCallBuilder build, gpointer data, GDestroyNotify destroy)
{
  Build *work = g_new0 (Build, 1);
  g_autoptr(GTask) task = g_task_new (NULL, NULL, on_built, work);

  tbus_thread_assert_main ();
  tbus_changes_flush (self->bus->changes);
  *work = (Build){ self, g_steal_pointer (&self->invocation), build, data, destroy };
  g_task_set_source_tag (task, tbus_call_return_built);
  g_task_set_task_data (task, work, NULL);
  g_task_run_in_thread (task, build_run);
}
