/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/session-private.h"

#include "base/error.h"
#include "base/limits.h"
#include "core/kept.h"
#include "core/names.h"

struct _TbusSessionSet {
  GObject parent_instance;

  TbusHub *hub;
  GPtrArray *sessions; /* of TbusSession, references, by id */
  GPtrArray *making;   /* of char *: "owner:name" of sessions whose output is being checked */
};

enum { ADDED, REMOVED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (TbusSessionSet, tbus_session_set, G_TYPE_OBJECT)

static void
tbus_session_set_finalize (GObject *object)
{
  TbusSessionSet *self = TBUS_SESSION_SET (object);

  g_ptr_array_unref (self->sessions);
  g_ptr_array_unref (self->making);
  G_OBJECT_CLASS (tbus_session_set_parent_class)->finalize (object);
}

static void
tbus_session_set_class_init (TbusSessionSetClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbus_session_set_finalize;
  signals[ADDED] = g_signal_new ("added", TBUS_TYPE_SESSION_SET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                 TBUS_TYPE_SESSION);
  signals[REMOVED] = g_signal_new ("removed", TBUS_TYPE_SESSION_SET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE,
                                   1, TBUS_TYPE_SESSION);
}

static void
tbus_session_set_init (TbusSessionSet *self)
{
  self->sessions = g_ptr_array_new_with_free_func (g_object_unref);
  self->making = g_ptr_array_new_with_free_func (g_free);
}

TbusSessionSet *
tbus_session_set_new (TbusHub *hub)
{
  TbusSessionSet *self = g_object_new (TBUS_TYPE_SESSION_SET, NULL);

  self->hub = hub;
  return self;
}

/* What a create call needs until its output is checked. */
typedef struct {
  TbusSessionRequest request; /* strings owned */
  uid_t *uids;
  char *making;
} CreateCall;

static void
create_call_free (gpointer data)
{
  CreateCall *call = data;

  g_free ((char *) call->request.name);
  g_free ((char *) call->request.output);
  g_free ((char *) call->request.shm_path);
  g_clear_pointer (&call->request.directory, tbus_handle_unref);
  g_free (call->uids);
  g_free (call->making);
  g_free (call);
}

static CreateCall *
create_call_new (const TbusSessionRequest *request)
{
  CreateCall *call = g_new0 (CreateCall, 1);

  call->request = *request;
  call->request.name = g_strdup (request->name);
  call->request.shm_path = g_strdup (request->shm_path);
  call->uids = g_memdup2 (request->uids, request->n_uids * sizeof *request->uids);
  call->request.uids = call->uids;
  call->making = g_strdup_printf ("%u:%s", (guint) request->owner, request->name);
  if (request->directory != NULL)
    {
      tbus_handle_ref (request->directory);
      call->request.output = g_strdup ("/"); /* until the consumer has said where it is */
    }
  else if (request->output != NULL)
    call->request.output = g_strdup (request->output);
  else
    {
      g_autofree char *when = tbus_name_time (g_get_real_time ());

      call->request.output = g_str_has_suffix (request->name, when)
                               ? g_strdup_printf ("~/lttng-traces/%s", request->name)
                               : g_strdup_printf ("~/lttng-traces/%s-%s", request->name, when);
    }
  return call;
}

static gboolean
is_making (TbusSessionSet *self, const char *making)
{
  return g_ptr_array_find_with_equal_func (self->making, making, g_str_equal, NULL);
}

static guint
count_making (TbusSessionSet *self, uid_t owner)
{
  g_autofree char *prefix = g_strdup_printf ("%u:", (guint) owner);
  guint count = 0;

  for (guint i = 0; i < self->making->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (self->making, i), prefix))
      count++;
  return count;
}

static gboolean
check_request (TbusSessionSet *self, const CreateCall *call, GError **error)
{
  const TbusSessionRequest *request = &call->request;
  TbusSession *known;
  guint count = 0;

  if (!tbus_name_check (request->name, "session", error))
    return FALSE;
  if (self->hub->stopping)
    {
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_STATE, "The service is stopping");
      return FALSE;
    }
  if (request->output[0] != '/' && !g_str_has_prefix (request->output, "~/"))
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "Option \"output\" takes an absolute path, not \"%.256s\"", request->output);
      return FALSE;
    }
  known = tbus_session_set_find_name (self, request->name, request->owner);
  if ((known != NULL && tbus_session_get_owner (known) == request->owner) || is_making (self, call->making))
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_ALREADY_EXISTS, "User %u has a session \"%s\" already",
                   (guint) request->owner, request->name);
      return FALSE;
    }
  for (guint i = 0; i < self->sessions->len; i++)
    if (tbus_session_get_owner (g_ptr_array_index (self->sessions, i)) == request->owner)
      count++;
  return count + count_making (self, request->owner) < tbus_limit (TBUS_LIMIT_SESSIONS)
         || tbus_limit_refuse (TBUS_LIMIT_SESSIONS, error);
}

static void
forget_making (TbusSessionSet *self, const char *making)
{
  guint index;

  if (g_ptr_array_find_with_equal_func (self->making, making, g_str_equal, &index))
    g_ptr_array_remove_index_fast (self->making, index);
}

void
tbus_session_set_add (TbusSessionSet *self, TbusSession *session)
{
  g_ptr_array_add (self->sessions, g_object_ref (session));
  g_signal_emit (self, signals[ADDED], 0, session);
  tbus_hub_touch (self->hub);
}

static void
on_output_checked (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  g_autoptr(GTask) task = data;
  TbusSessionSet *self = g_task_get_source_object (task);
  CreateCall *call = g_task_get_task_data (task);
  const TbusOutputPlace *place = reply;
  g_autoptr(TbusSession) session = NULL;

  forget_making (self, call->making);
  if (error != NULL)
    {
      g_task_return_error (task, g_error_copy (error));
      return;
    }
  if (g_task_return_error_if_cancelled (task))
    return;
  session = tbus_session_new (self->hub, &call->request, place->path);
  tbus_session_set_add (self, session);
  g_task_return_pointer (task, g_steal_pointer (&session), g_object_unref);
}

void
tbus_session_set_create_async (TbusSessionSet *self, const TbusSessionRequest *request, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr(TbusConsumer) consumer = NULL;
  CreateCall *call = create_call_new (request);
  TbusOutputRequest check = { 0, call->request.output, call->request.directory };
  GError *error = NULL;

  g_task_set_task_data (task, call, create_call_free);
  if (!check_request (self, call, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  consumer = tbus_core_obtain_consumer (self->hub->core, request->owner, sizeof (long) * 8, &error);
  if (consumer == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_ptr_array_add (self->making, g_strdup (call->making));
  TBUS_CONSUMER_GET_CLASS (consumer)->check_output (consumer, &check, on_output_checked, g_steal_pointer (&task));
}

TbusSession *
tbus_session_set_create_finish (TbusSessionSet *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
tbus_session_set_remove (TbusSessionSet *self, TbusSession *session)
{
  g_autoptr(TbusSession) keep = g_object_ref (session);

  if (!g_ptr_array_remove (self->sessions, session))
    return;
  tbus_kept_drop_output (tbus_session_get_id (session));
  g_signal_emit (self, signals[REMOVED], 0, session);
  tbus_hub_touch (self->hub);
}

TbusSession *
tbus_session_set_find_name (TbusSessionSet *self, const char *name, uid_t owner)
{
  TbusSession *other = NULL;
  guint others = 0;

  for (guint i = 0; i < self->sessions->len; i++)
    {
      TbusSession *session = g_ptr_array_index (self->sessions, i);

      if (!g_str_equal (tbus_session_get_name (session), name)
          || tbus_session_get_state (session) == TBUS_SESSION_DESTROYING)
        continue;
      if (tbus_session_get_owner (session) == owner)
        return session;
      other = session;
      others++;
    }
  return others == 1 ? other : NULL;
}

TbusSession *
tbus_session_set_find_id (TbusSessionSet *self, guint64 id)
{
  for (guint i = 0; i < self->sessions->len; i++)
    if (tbus_session_get_id (g_ptr_array_index (self->sessions, i)) == id)
      return g_ptr_array_index (self->sessions, i);
  return NULL;
}

GPtrArray *
tbus_session_set_list (TbusSessionSet *self)
{
  return tbus_object_array_copy (self->sessions);
}

guint
tbus_session_set_count (TbusSessionSet *self)
{
  return self->sessions->len;
}
