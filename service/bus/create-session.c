/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/create-session.h"

#include "base/error.h"
#include "base/thread.h"
#include "bus/names.h"
#include "bus/owner.h"
#include "bus/values.h"

enum { MAX_UIDS = 1024, NO_HANDLE = G_MININT32 };

typedef struct {
  const char *output;
  gint32 output_fd;
  TbusUint32s uids;
  gboolean all_users;
  gboolean ephemeral;
  const char *shm_path;
} CreateOptions;

static const TbusOption create_options[] = {
  { "output", TBUS_OPTION_STRING, G_STRUCT_OFFSET (CreateOptions, output) },
  { "output-fd", TBUS_OPTION_HANDLE, G_STRUCT_OFFSET (CreateOptions, output_fd) },
  { "uids", TBUS_OPTION_UINT32S, G_STRUCT_OFFSET (CreateOptions, uids) },
  { "all-users", TBUS_OPTION_BOOLEAN, G_STRUCT_OFFSET (CreateOptions, all_users) },
  { "ephemeral", TBUS_OPTION_BOOLEAN, G_STRUCT_OFFSET (CreateOptions, ephemeral) },
  { "snapshot", TBUS_OPTION_BOOLEAN, TBUS_OPTION_RESERVED },
  { "live-timer-us", TBUS_OPTION_UINT32, TBUS_OPTION_RESERVED },
  { "shm-path", TBUS_OPTION_STRING, G_STRUCT_OFFSET (CreateOptions, shm_path) },
  { NULL },
};

typedef struct {
  TbusCall *call;
  TbusSessionRequest request; /* borrows from the call, but for the directory */
} Create;

static void
create_free (Create *self)
{
  g_clear_pointer (&self->request.directory, tbus_handle_unref);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Create, create_free)

static gboolean
check_options (const CreateOptions *options, GError **error)
{
  if (options->uids.n > 0 && options->all_users)
    {
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                           "Options \"uids\" and \"all-users\" exclude each other: give one");
      return FALSE;
    }
  if (options->uids.n > MAX_UIDS)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED,
                   "Option \"uids\" takes %d users at most, not %" G_GSIZE_FORMAT ": use \"all-users\"", MAX_UIDS,
                   options->uids.n);
      return FALSE;
    }
  if (options->output != NULL && *options->output != '\0' && options->output_fd != NO_HANDLE)
    {
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                           "Options \"output\" and \"output-fd\" exclude each other: give one");
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_shm_path (const CreateOptions *options, uid_t caller, GError **error)
{
  if (options->shm_path == NULL)
    return TRUE;
  if (options->shm_path[0] != '/')
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "Option \"shm-path\" is \"%s\"; it takes an absolute path", options->shm_path);
      return FALSE;
    }
  /* Unlike anonymous memory, a file can be cut by whoever has it. */
  if (options->all_users || options->uids.n > 1 || (options->uids.n == 1 && options->uids.values[0] != caller))
    {
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                           "Option \"shm-path\" goes with the caller's own programs only, not with \"all-users\" and "
                           "\"uids\" of others");
      return FALSE;
    }
  return TRUE;
}

static gboolean
parse_create (Create *self, GError **error)
{
  CreateOptions options = { .output_fd = NO_HANDLE };
  TbusSessionRequest *request = &self->request;

  if (!tbus_call_parse_options (self->call, create_options, &options, error) || !check_options (&options, error))
    return FALSE;
  if (options.shm_path != NULL && *options.shm_path == '\0')
    options.shm_path = NULL;
  if (!check_shm_path (&options, tbus_call_get_uid (self->call), error))
    return FALSE;
  if (options.output_fd != NO_HANDLE)
    {
      request->directory = tbus_call_dup_handle (self->call, "output-fd", options.output_fd, error);
      if (request->directory == NULL)
        return FALSE;
    }
  g_variant_get_child (tbus_call_get_parameters (self->call), 0, "&s", &request->name);
  request->owner = tbus_call_get_uid (self->call);
  request->output = options.output != NULL && *options.output != '\0' ? options.output : NULL;
  request->uids = options.uids.values;
  request->n_uids = options.uids.n;
  request->shm_path = options.shm_path;
  request->all_users = options.all_users || (options.uids.n == 0 && request->owner == 0 && options.shm_path == NULL);
  request->ephemeral = options.ephemeral;
  return TRUE;
}

static void
on_created (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TbusCall *call = user_data;
  TbusBusContext *bus = tbus_call_get_bus (call);
  g_autoptr(TbusSession) session = NULL;
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  session = tbus_session_set_create_finish (TBUS_SESSION_SET (source), result, &error);
  if (session == NULL)
    {
      tbus_call_fail (call, g_steal_pointer (&error));
      return;
    }
  if (tbus_session_get_ephemeral (session) && bus->ephemerals != NULL)
    tbus_ephemerals_add (bus->ephemerals, session, tbus_peer_get_name (tbus_call_get_peer (call)));
  tbus_call_return (call, g_variant_new ("(@o)", tbus_value_path (tbus_path_session (tbus_session_get_id (session)))));
}

static void
on_group (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(Create) self = user_data;
  TbusCall *call = self->call;
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  if (!tbus_owner_group_finish (result, &self->request.group, &error))
    tbus_call_fail (call, g_steal_pointer (&error));
  else
    tbus_session_set_create_async (tbus_core_get_sessions (tbus_call_get_bus (call)->core), &self->request,
                                   tbus_call_get_cancellable (call), on_created, call);
}

static void
on_reach_granted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(Create) self = user_data;
  TbusCall *call = self->call;
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  if (!tbus_gate_check_finish (TBUS_GATE (source), result, &error))
    tbus_call_fail (call, g_steal_pointer (&error));
  else
    tbus_owner_group_async (tbus_call_get_uid (call), tbus_call_get_cancellable (call), on_group,
                            g_steal_pointer (&self));
}

/* Whose apps it reaches is among the arguments, so that is a question of its own. */
void
tbus_create_session (TbusCall *call)
{
  g_autoptr(Create) self = g_new0 (Create, 1);
  g_auto(TbusScope) scope = { NULL };
  g_autoptr(GError) error = NULL;

  self->call = call;
  if (!parse_create (self, &error))
    {
      tbus_call_fail (call, g_steal_pointer (&error));
      return;
    }
  tbus_scope_init_request (&scope, &self->request);
  tbus_call_ask_async (call, TBUS_ACTION_TRACE_OTHERS, &scope, FALSE, on_reach_granted, g_steal_pointer (&self));
}
