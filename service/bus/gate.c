/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/gate.h"

#include "base/error.h"
#include "base/thread.h"
#include "bus/polkit.h"

struct _TbusGate {
  GObject parent_instance;

  uid_t service_uid;
  TbusPolkit *polkit; /* NULL: nobody is asked */
};

G_DEFINE_FINAL_TYPE (TbusGate, tbus_gate, G_TYPE_OBJECT)

static const char *const all_actions[] = {
  TBUS_POLKIT_TRACE_OWN,
  TBUS_POLKIT_TRACE_OTHERS,
  TBUS_POLKIT_MANAGE_SESSIONS,
};

enum { MAX_NEEDS = 2 };

/* What is asked of polkit, one action after the other. */
typedef struct {
  TbusPeer *peer;
  const char *actions[MAX_NEEDS];
  guint n_actions;
  guint at;
  char *method;
  gboolean interactive;
  char *session;
  uid_t owner;
  char *uids;
} Check;

typedef struct {
  TbusPeer *peer;
  char *uids;
  guint at;
  GVariantBuilder permissions;
} Listing;

static void check_next (GTask *task);
static void list_next (GTask *task);

static void
tbus_gate_init (TbusGate *self)
{
}

static void
tbus_gate_dispose (GObject *object)
{
  g_clear_object (&TBUS_GATE (object)->polkit);
  G_OBJECT_CLASS (tbus_gate_parent_class)->dispose (object);
}

static void
tbus_gate_class_init (TbusGateClass *class)
{
  G_OBJECT_CLASS (class)->dispose = tbus_gate_dispose;
}

TbusGate *
tbus_gate_new (uid_t service_uid)
{
  TbusGate *self = g_object_new (TBUS_TYPE_GATE, NULL);

  self->service_uid = service_uid;
  return self;
}

void
tbus_gate_ask_polkit (TbusGate *self)
{
  if (self->polkit == NULL)
    self->polkit = tbus_polkit_new ();
}

gboolean
tbus_gate_trusts (TbusGate *self, TbusPeer *peer)
{
  uid_t uid = tbus_peer_get_uid (peer);

  return uid == 0 || uid == self->service_uid;
}

static void
check_free (gpointer data)
{
  Check *self = data;

  g_object_unref (self->peer);
  g_free (self->method);
  g_free (self->session);
  g_free (self->uids);
  g_free (self);
}

/* The rules: what @action takes for somebody who is not trusted. */
static void
check_need (Check *self, TbusAction action, const TbusScope *scope)
{
  gboolean own = scope->owner == tbus_peer_get_uid (self->peer);
  gboolean traces = action == TBUS_ACTION_TRACE_OWN || action == TBUS_ACTION_START;

  if (action == TBUS_ACTION_OWNER && !own)
    self->actions[self->n_actions++] = TBUS_POLKIT_MANAGE_SESSIONS;
  if (traces && own)
    self->actions[self->n_actions++] = TBUS_POLKIT_TRACE_OWN;
  else if (traces)
    self->actions[self->n_actions++] = scope->session != NULL ? TBUS_POLKIT_MANAGE_SESSIONS : TBUS_POLKIT_TRACE_OTHERS;
  if ((action == TBUS_ACTION_TRACE_OTHERS || action == TBUS_ACTION_START) && scope->beyond)
    self->actions[self->n_actions++] = TBUS_POLKIT_TRACE_OTHERS;
}

static void
deny (GTask *task, const Check *check, TbusVerdict answer, const GError *silence)
{
  const char *action = check->actions[check->at];
  uid_t uid = tbus_peer_get_uid (check->peer);

  if (silence != NULL)
    g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_NOT_AUTHORIZED, "%s needs %s, and polkit does not answer: %s",
                             check->method, action, silence->message);
  else if (answer == TBUS_VERDICT_AUTH && !check->interactive)
    g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_INTERACTIVE,
                             "%s needs %s, for which a password is asked: call with interactive authorization allowed",
                             check->method, action);
  else if (answer == TBUS_VERDICT_AUTH)
    g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_NOT_AUTHORIZED,
                             "%s needs %s, for which a password is asked, but no agent of user %u is there to ask:"
                             " pkttyagent is one", check->method, action, uid);
  else if (answer == TBUS_VERDICT_DISMISSED)
    g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_NOT_AUTHORIZED,
                             "%s needs %s, and the question for a password was dismissed", check->method, action);
  else
    g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_NOT_AUTHORIZED, "%s needs %s, which user %u does not have",
                             check->method, action, uid);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;
  Check *check = g_task_get_task_data (task);
  TbusVerdict answer;

  tbus_thread_assert_main ();
  answer = tbus_polkit_ask_finish (TBUS_POLKIT (source), result, &error);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (answer != TBUS_VERDICT_YES)
    {
      deny (task, check, answer, error);
      return;
    }
  check->at++;
  check_next (g_steal_pointer (&task));
}

/* Takes @task. */
static void
check_next (GTask *task)
{
  TbusGate *self = g_task_get_source_object (task);
  const Check *check = g_task_get_task_data (task);
  TbusPolkitQuestion question = { tbus_peer_get_name (check->peer), NULL, check->interactive, check->session,
                                  check->owner, check->uids };

  if (check->at == check->n_actions)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  question.action = check->actions[check->at];
  tbus_polkit_ask_async (self->polkit, &question, g_task_get_cancellable (task), on_answer, task);
}

static void
deny_without_polkit (TbusGate *self, GTask *task, const Check *check)
{
  uid_t uid = tbus_peer_get_uid (check->peer);

  if (self->service_uid == 0)
    g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_NOT_AUTHORIZED,
                             "%s is for root, not for user %u: polkit decides on the system bus only", check->method,
                             uid);
  else
    g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_NOT_AUTHORIZED, "%s is for root and user %u, not for user %u",
                             check->method, self->service_uid, uid);
}

void
tbus_gate_check_async (TbusGate *self, TbusPeer *peer, const TbusGateQuestion *question,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (self, tbus_peer_get_cancellable (peer), callback, user_data);
  const TbusScope *scope = question->scope;
  Check *check = g_new0 (Check, 1);

  tbus_thread_assert_main ();
  check->peer = g_object_ref (peer);
  check->method = g_strdup (question->method);
  check->interactive = question->interactive;
  check->session = g_strdup (scope->session != NULL ? scope->session : "");
  check->owner = scope->owner;
  check->uids = g_strdup (scope->uids);
  g_task_set_source_tag (task, tbus_gate_check_async);
  g_task_set_task_data (task, check, check_free);
  if (!tbus_gate_trusts (self, peer))
    check_need (check, question->action, scope);
  if (check->n_actions > 0 && self->polkit == NULL)
    deny_without_polkit (self, task, check);
  else
    check_next (g_steal_pointer (&task));
}

gboolean
tbus_gate_check_finish (TbusGate *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
listing_free (gpointer data)
{
  Listing *self = data;

  g_object_unref (self->peer);
  g_free (self->uids);
  g_variant_builder_clear (&self->permissions);
  g_free (self);
}

static void
listing_add (Listing *self, const char *answer)
{
  g_variant_builder_add (&self->permissions, "{ss}", all_actions[self->at++], answer);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  static const char *const words[] = {
    [TBUS_VERDICT_NO] = "no",
    [TBUS_VERDICT_YES] = "yes",
    [TBUS_VERDICT_AUTH] = "auth",
    [TBUS_VERDICT_DISMISSED] = "no",
  };
  g_autoptr(GTask) task = user_data;

  tbus_thread_assert_main ();
  listing_add (g_task_get_task_data (task), words[tbus_polkit_ask_finish (TBUS_POLKIT (source), result, NULL)]);
  if (!g_task_return_error_if_cancelled (task))
    list_next (g_steal_pointer (&task));
}

/* Takes @task. */
static void
list_next (GTask *task)
{
  TbusGate *self = g_task_get_source_object (task);
  Listing *listing = g_task_get_task_data (task);
  TbusPolkitQuestion question = { tbus_peer_get_name (listing->peer), NULL, FALSE, "",
                                  tbus_peer_get_uid (listing->peer), listing->uids };

  while (listing->at < G_N_ELEMENTS (all_actions) && (self->polkit == NULL || tbus_gate_trusts (self, listing->peer)))
    listing_add (listing, tbus_gate_trusts (self, listing->peer) ? "yes" : "no");
  if (listing->at < G_N_ELEMENTS (all_actions))
    {
      question.action = all_actions[listing->at];
      tbus_polkit_ask_async (self->polkit, &question, g_task_get_cancellable (task), on_listed, task);
      return;
    }
  g_task_return_pointer (task, g_variant_ref_sink (g_variant_builder_end (&listing->permissions)),
                         (GDestroyNotify) g_variant_unref);
  g_object_unref (task);
}

void
tbus_gate_list_async (TbusGate *self, TbusPeer *peer, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, tbus_peer_get_cancellable (peer), callback, user_data);
  Listing *listing = g_new0 (Listing, 1);

  tbus_thread_assert_main ();
  listing->peer = g_object_ref (peer);
  listing->uids = g_strdup_printf ("%u", tbus_peer_get_uid (peer));
  g_variant_builder_init (&listing->permissions, G_VARIANT_TYPE ("a{ss}"));
  g_task_set_source_tag (task, tbus_gate_list_async);
  g_task_set_task_data (task, listing, listing_free);
  list_next (task);
}

GVariant *
tbus_gate_list_finish (TbusGate *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
