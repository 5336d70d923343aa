/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Session: a named tracing run with an owner, an output and a state.
 *
 *   inactive -> active -> inactive ... -> destroying -> gone
 *
 * Methods that reach apps or consumers are asynchronous; those of one session run in arrival order. State is
 * checked when the work begins. On error nothing has changed.
 *
 * Owner:   the session set. Threads: main.
 * Signals: channel-added (TbusChannel *), channel-removed (TbusChannel *); notify for the properties
 *          state, output, buffer-ownership, channels, bytes-written, events-discarded, packets-lost, apps-late,
 *          data-pending, problems, trackers.
 */
#include "core/channel.h"
#include "ctf/trace.h"
#include "core/operation.h"
#include "core/tracker.h"

G_BEGIN_DECLS

#define TBUS_TYPE_SESSION (tbus_session_get_type ())
G_DECLARE_FINAL_TYPE (TbusSession, tbus_session, TBUS, SESSION, GObject)

typedef enum {
  TBUS_SESSION_INACTIVE,
  TBUS_SESSION_ACTIVE,
  TBUS_SESSION_DESTROYING,
} TbusSessionState;

/* What is wrong now. */
typedef struct {
  char *code;
  gint64 since; /* microseconds, CLOCK_REALTIME */
  char *message;
  guint64 consumer; /* id of the object concerned; 0: the session */
  gboolean told;    /* by that consumer, which will also say when it is over, but for what lasts until the next Start */
} TbusProblem;

guint64 tbus_session_get_id (TbusSession *self);
const char *tbus_session_get_name (TbusSession *self);
uid_t tbus_session_get_owner (TbusSession *self);
gid_t tbus_session_get_group (TbusSession *self);
/* Whose apps it traces, @n of them; NULL: everybody's. */
const uid_t *tbus_session_get_uids (TbusSession *self, gsize *n);
/* Ends with its creator's connection. */
gboolean tbus_session_get_ephemeral (TbusSession *self);
TbusSessionState tbus_session_get_state (TbusSession *self);
const char *tbus_session_state_to_string (TbusSessionState state);
const char *tbus_session_get_output (TbusSession *self);
/* (nullable): the directory of its rings, where those are files */
const char *tbus_session_get_shm_path (TbusSession *self);
gint64 tbus_session_get_created_at (TbusSession *self);
/* FALSE while no channel has decided it. */
gboolean tbus_session_get_ownership (TbusSession *self, TbusBufferOwnership *ownership);
/* Of TbusChannel. (transfer none) */
GPtrArray *tbus_session_get_channels (TbusSession *self);
TbusChannel *tbus_session_find_channel (TbusSession *self, const char *name);
guint64 tbus_session_get_bytes_written (TbusSession *self);
guint64 tbus_session_get_events_discarded (TbusSession *self);
guint64 tbus_session_get_packets_lost (TbusSession *self);
/* How many apps went on before their buffers were there. */
guint64 tbus_session_get_apps_late (TbusSession *self);
/* Active, or something that apps wrote is not in the files yet. */
gboolean tbus_session_get_data_pending (TbusSession *self);
/* Of TbusProblem. (transfer none) */
GPtrArray *tbus_session_get_problems (TbusSession *self);

/* At once. AlreadyExists, InvalidState (after the first Start, or a second ownership), Exhausted. (transfer none) */
TbusChannel *tbus_session_add_channel (TbusSession *self, const char *name, const TbusChannelConfig *config,
                                       GError **error);

/*
 * Adds or re-enables @rules (of TbusEventRule) on the channel @channel ("" is channel0, made where it is not there):
 * all or none. Finishes when every app that makes progress has them.
 */
void tbus_session_enable_events_async (TbusSession *self, const char *channel, GPtrArray *rules,
                                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
/*
 * Disables: with @exact the rule equal to it, else every rule with @pattern. NotFound where there is none.
 */
void tbus_session_disable_events_async (TbusSession *self, TbusChannel *channel, const char *pattern,
                                        TbusEventRule *exact, GAsyncReadyCallback callback, gpointer user_data);
void tbus_session_set_channel_enabled_async (TbusSession *self, TbusChannel *channel, gboolean enabled,
                                             GAsyncReadyCallback callback, gpointer user_data);
/* Before the first Start only. AlreadyExists where @channel has it. */
void tbus_session_add_context_async (TbusSession *self, TbusChannel *channel, TbusContext *context,
                                     GAsyncReadyCallback callback, gpointer user_data);
/* What is to be tracked, or not any more. */
typedef struct {
  TbusTracked tracked;
  gboolean track;
  GArray *values; /* of guint32; empty: all */
} TbusTrackRequest;

const TbusTracker *tbus_session_get_tracker (TbusSession *self, TbusTracked tracked);
/* While it is active, apps are given up or taken up at once; else at the next Start. @request is copied. */
void tbus_session_track_async (TbusSession *self, const TbusTrackRequest *request, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);
void tbus_session_start_async (TbusSession *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data);
/* @wait: answer when all that apps wrote before is in the files. */
void tbus_session_stop_async (TbusSession *self, gboolean wait, GAsyncReadyCallback callback, gpointer user_data);
/* Stops first where it is active. Its name is free at once; it leaves the set when all is in the files. */
void tbus_session_destroy_async (TbusSession *self, gboolean wait, GAsyncReadyCallback callback, gpointer user_data);
/* Finish of all of the above. (transfer full) */
TbusOperation *tbus_session_operation_finish (TbusSession *self, GAsyncResult *result, GError **error);

/* Closes the packets that hold events and waits until they are in the files. @channel: NULL for all. */
void tbus_session_flush_async (TbusSession *self, TbusChannel *channel, GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean tbus_session_flush_finish (TbusSession *self, GAsyncResult *result, GError **error);
/* Pushes what metadata consumers do not have yet; answers how many bytes that was. */
void tbus_session_push_metadata_async (TbusSession *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean tbus_session_push_metadata_finish (TbusSession *self, GAsyncResult *result, guint64 *bytes, GError **error);

/* Compares the traces' clock with the wall clock anew, for all metadata. InvalidState before the first Start. */
void tbus_session_regenerate_metadata_async (TbusSession *self, GAsyncReadyCallback callback, gpointer user_data);
/* Has every app tell anew what it has loaded. InvalidState unless active. Finish: tbus_session_operation_finish(). */
void tbus_session_regenerate_statedump_async (TbusSession *self, GCancellable *cancellable,
                                              GAsyncReadyCallback callback, gpointer user_data);

/* One row of ListBufferRegistries. */
typedef struct {
  const char *name;
  guint64 key;
  guint32 id;
  TbusCtfHeader header; /* 0: not decided */
  guint events, streams;
} TbusRegistryChannelInfo;

typedef struct {
  TbusBufferOwnership ownership;
  guint64 owner; /* uid or pid */
  guint32 bits;
  guint64 metadata_key, metadata_length, metadata_sent;
  gboolean metadata_closed;
  GArray *channels; /* of TbusRegistryChannelInfo */
} TbusRegistryInfo;

/* Of TbusRegistryInfo, names borrowed until main returns to its loop. (transfer full) */
GPtrArray *tbus_session_list_registries (TbusSession *self);

G_END_DECLS
