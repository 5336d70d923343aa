/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Session set: every tracing session, by id and by owner and name.
 *
 * Owner:   TbusCore. Threads: main.
 * Signals: added (TbusSession *), removed (TbusSession *).
 */
#include "base/handle.h"
#include "core/session.h"

G_BEGIN_DECLS

#define TBUS_TYPE_SESSION_SET (tbus_session_set_get_type ())
G_DECLARE_FINAL_TYPE (TbusSessionSet, tbus_session_set, TBUS, SESSION_SET, GObject)

typedef struct {
  const char *name;
  uid_t owner;
  gid_t group;
  const char *output;   /* nullable: absolute path; default below the owner's home */
  TbusHandle *directory; /* nullable: a directory, instead of a path */
  const uid_t *uids;    /* whose apps; n_uids 0: the owner's own */
  gsize n_uids;
  gboolean all_users;   /* everybody's */
  const char *shm_path; /* nullable: absolute; below it rings are files, in a directory of the session's own */
  gboolean ephemeral;   /* ends with its creator's connection, which the bus sees to */
} TbusSessionRequest;

/*
 * Checks name and output (by the owner's consumer, which makes nothing), then makes the session.
 * InvalidArgs, AlreadyExists, Exhausted, OutputUnavailable, ConsumerFailed.
 */
void tbus_session_set_create_async (TbusSessionSet *self, const TbusSessionRequest *request, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);
/* (transfer full) */
TbusSession *tbus_session_set_create_finish (TbusSessionSet *self, GAsyncResult *result, GError **error);

/* (transfer none) (nullable): @owner's, else the only one with the name */
TbusSession *tbus_session_set_find_name (TbusSessionSet *self, const char *name, uid_t owner);
TbusSession *tbus_session_set_find_id (TbusSessionSet *self, guint64 id);
/* Of TbusSession, by id. (transfer full) */
GPtrArray *tbus_session_set_list (TbusSessionSet *self);
guint tbus_session_set_count (TbusSessionSet *self);

G_END_DECLS
