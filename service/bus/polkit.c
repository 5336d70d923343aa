/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/polkit.h"

#include "base/log.h"
#include "base/thread.h"

#include <polkit/polkit.h>

struct _TbusPolkit {
  GObject parent_instance;

  GDBusConnection *connection; /* the library's own; NULL until it is there */
  PolkitAuthority *authority;  /* likewise */
  GPtrArray *waiting;          /* of GTask: for the authority, which the first of them is fetched for */
  gboolean silent;             /* the last question was not answered, and the log says so */
};

G_DEFINE_FINAL_TYPE (TbusPolkit, tbus_polkit, G_TYPE_OBJECT)

typedef struct {
  PolkitSubject *subject;
  PolkitDetails *details;
  char *action;
  PolkitCheckAuthorizationFlags flags;
} Question;

static void
question_free (gpointer data)
{
  Question *self = data;

  g_object_unref (self->subject);
  g_object_unref (self->details);
  g_free (self->action);
  g_free (self);
}

static void
tbus_polkit_dispose (GObject *object)
{
  TbusPolkit *self = TBUS_POLKIT (object);

  g_clear_object (&self->authority);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (tbus_polkit_parent_class)->dispose (object);
}

/* Nothing waits: each task holds a reference. */
static void
tbus_polkit_finalize (GObject *object)
{
  g_ptr_array_unref (TBUS_POLKIT (object)->waiting);
  G_OBJECT_CLASS (tbus_polkit_parent_class)->finalize (object);
}

static void
tbus_polkit_class_init (TbusPolkitClass *class)
{
  G_OBJECT_CLASS (class)->dispose = tbus_polkit_dispose;
  G_OBJECT_CLASS (class)->finalize = tbus_polkit_finalize;
}

static void
tbus_polkit_init (TbusPolkit *self)
{
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
}

TbusPolkit *
tbus_polkit_new (void)
{
  return g_object_new (TBUS_TYPE_POLKIT, NULL);
}

/* Nobody was there to judge. All else is polkit's answer to this question, and says nothing of the next. */
static gboolean
is_silence (const GError *error)
{
  static const int codes[] = { G_DBUS_ERROR_SERVICE_UNKNOWN, G_DBUS_ERROR_NO_REPLY, G_DBUS_ERROR_TIMEOUT,
                               G_DBUS_ERROR_TIMED_OUT, G_DBUS_ERROR_DISCONNECTED, G_DBUS_ERROR_NO_SERVER,
                               G_DBUS_ERROR_SPAWN_EXEC_FAILED, G_DBUS_ERROR_SPAWN_FORK_FAILED,
                               G_DBUS_ERROR_SPAWN_CHILD_EXITED, G_DBUS_ERROR_SPAWN_CHILD_SIGNALED,
                               G_DBUS_ERROR_SPAWN_FAILED, G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND };

  if (error->domain == G_IO_ERROR)
    /* A name that GDBus does not know comes from somebody who answered. */
    return error->code != G_IO_ERROR_CANCELLED && error->code != G_IO_ERROR_DBUS_ERROR;
  for (guint i = 0; error->domain == G_DBUS_ERROR && i < G_N_ELEMENTS (codes); i++)
    if (error->code == codes[i])
      return TRUE;
  return FALSE;
}

/* Where polkit is gone, the next question begins from the connection on; that is told once. */
static void
polkit_fail (TbusPolkit *self, GError *error)
{
  g_dbus_error_strip_remote_error (error);
  if (!is_silence (error))
    return;
  g_clear_object (&self->authority);
  g_clear_object (&self->connection);
  if (!self->silent)
    tbus_log_warning (TBUS_MSG_POLKIT_SILENT, "TRACEBUS_ERROR", error->message,
                      "polkit does not answer: until it does, only root may do anything: %s", error->message);
  self->silent = TRUE;
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  TbusPolkit *self = g_task_get_source_object (task);
  g_autoptr(PolkitAuthorizationResult) answer = NULL;
  GError *error = NULL;

  tbus_thread_assert_main ();
  answer = polkit_authority_check_authorization_finish (POLKIT_AUTHORITY (source), result, &error);
  if (answer == NULL)
    {
      polkit_fail (self, error);
      g_task_return_error (task, error);
      return;
    }
  self->silent = FALSE;
  if (polkit_authorization_result_get_is_authorized (answer))
    g_task_return_int (task, TBUS_VERDICT_YES);
  else if (polkit_authorization_result_get_dismissed (answer))
    g_task_return_int (task, TBUS_VERDICT_DISMISSED);
  else if (polkit_authorization_result_get_is_challenge (answer))
    g_task_return_int (task, TBUS_VERDICT_AUTH);
  else
    g_task_return_int (task, TBUS_VERDICT_NO);
}

/* Takes @task. */
static void
ask_check (GTask *task)
{
  TbusPolkit *self = g_task_get_source_object (task);
  Question *question = g_task_get_task_data (task);

  polkit_authority_check_authorization (self->authority, question->subject, question->action, question->details,
                                        question->flags, g_task_get_cancellable (task), on_checked, task);
}

/* What waited goes on, or fails with @error (nullable). */
static void
end_waiting (TbusPolkit *self, const GError *error)
{
  g_autoptr(GPtrArray) waiting = g_steal_pointer (&self->waiting);

  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < waiting->len; i++)
    if (error != NULL)
      g_task_return_error (g_ptr_array_index (waiting, i), g_error_copy (error));
    else
      ask_check (g_object_ref (g_ptr_array_index (waiting, i)));
}

static void
on_authority (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbusPolkit) self = user_data;
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  self->authority = polkit_authority_get_finish (result, &error);
  if (self->authority == NULL)
    polkit_fail (self, error);
  end_waiting (self, error);
}

static void
on_connection (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbusPolkit) self = user_data;
  g_autoptr(GDBusConnection) connection = NULL;
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  connection = g_bus_get_finish (result, &error);
  if (connection == NULL)
    {
      polkit_fail (self, error);
      end_waiting (self, error);
      return;
    }
  /* The library takes the process's shared connection, and that ends the process with the bus unless told. */
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  g_set_object (&self->connection, connection);
  polkit_authority_get_async (NULL, on_authority, g_steal_pointer (&self));
}

/*
 * Once for all that wait. The library fetches the authority on a thread, and holds a lock for as long as polkit takes
 * to answer; who fetches it again meanwhile waits for that lock, and that would be main.
 */
static void
wait_for_authority (TbusPolkit *self, GTask *task)
{
  g_ptr_array_add (self->waiting, task);
  if (self->waiting->len == 1)
    g_bus_get (G_BUS_TYPE_SYSTEM, NULL, on_connection, g_object_ref (self));
}

static PolkitDetails *
make_details (const TbusPolkitQuestion *question)
{
  PolkitDetails *details = polkit_details_new ();
  g_autofree char *owner = g_strdup_printf ("%u", question->owner);

  polkit_details_insert (details, "session", question->session);
  polkit_details_insert (details, "owner", owner);
  polkit_details_insert (details, "uids", question->uids);
  return details;
}

void
tbus_polkit_ask_async (TbusPolkit *self, const TbusPolkitQuestion *question, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Question *asked = g_new0 (Question, 1);

  tbus_thread_assert_main ();
  asked->subject = polkit_system_bus_name_new (question->caller);
  asked->details = make_details (question);
  asked->action = g_strdup (question->action);
  asked->flags = question->interactive ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
                                       : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE;
  g_task_set_source_tag (task, tbus_polkit_ask_async);
  g_task_set_task_data (task, asked, question_free);
  if (self->authority != NULL)
    ask_check (task);
  else
    wait_for_authority (self, task);
}

TbusVerdict
tbus_polkit_ask_finish (TbusPolkit *self, GAsyncResult *result, GError **error)
{
  g_autoptr(GError) failure = NULL;
  gssize answer = g_task_propagate_int (G_TASK (result), &failure);

  if (failure == NULL)
    return answer;
  g_propagate_error (error, g_steal_pointer (&failure));
  return TBUS_VERDICT_NO;
}
