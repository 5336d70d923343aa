/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * State: what of core outlives the service, as plain data: a file between one life and the next.
 *
 *   tbus_core_capture() ... tbus_state_write() | tbus_state_read() ... tbus_core_restore()
 *
 * Sessions, channels, rules and contexts are made anew from it as they were. Buffers and apps hold what descriptors
 * cannot say (keys, uuids, classes, handles); whoever kept the descriptors gives them to tbus_state_restore_set() and
 * tbus_state_restore_app_session(). Classes are known by keyed hashes, so the key is in the file: it is for the
 * service's eyes only (mode 0600).
 *
 * Owner:   one. Threads: whoever owns it; capturing is main's, but for tbus_state_capture_classes().
 * Limit:   what base/limits.h allows; a file that holds more, or something else, is refused as a whole.
 */
#include "core/app-session.h"
#include "core/class-state.h"
#include "core/core.h"
#include "core/ids.h"

G_BEGIN_DECLS

enum { TBUS_STATE_VERSION = 2 }; /* 2: hashes of classes are made another way; buffers of 1 are not gone on with */

typedef struct {
  guint64 id;
  guint32 uid, bits;
  gint32 pid;
} TbusSavedConsumer;

typedef struct {
  TbusEventRule *rule; /* its id is the saved one */
  gboolean enabled;
  char *problem; /* nullable */
} TbusSavedRule;

typedef struct {
  guint64 id;
  char *name;
  gboolean enabled;
  TbusChannelConfig config;
  guint64 events_discarded, packets_lost, bytes_written;
  GPtrArray *rules;    /* of TbusSavedRule */
  GPtrArray *contexts; /* of TbusContext */
} TbusSavedChannel;

typedef struct {
  guint64 channel_id, key;
  guint32 chan_id;
  char *name;
  gboolean hung_up;
  TbusCounters counters;
  /* its ring, but for the descriptors: see TbusRingParts */
  guint64 memory_size;
  guint32 n_streams;
  GBytes *header;
} TbusSavedSetChannel;

typedef struct {
  TbusBufferKey key;
  guint8 uuid[16];
  guint64 id;
  guint64 consumer;
  guint64 metadata_length, metadata_sent;
  guint32 mark; /* its slot of base/marks */
  char *directory;
  gboolean closing;        /* the consumer drains it to the end */
  GPtrArray *channels;     /* of TbusSavedSetChannel */
  TbusClassState *classes; /* NULL until tbus_state_capture_classes() */
  TbusBufferSet *set;      /* of a captured one: a reference */
} TbusSavedSet;

typedef struct {
  guint64 id;
  char *name;
  guint32 owner, group;
  GArray *uids; /* of uid_t */
  gboolean all_users;
  TbusTracker trackers[TBUS_N_TRACKED];
  char *output;
  char *mount; /* nullable */
  gboolean by_descriptor; /* that it was given as; the path is where it leads */
  char *shm_path; /* "": none */
  gboolean ephemeral;
  gint64 created_at;
  guint32 state; /* TbusSessionState */
  gboolean ever_started, ownership_known;
  guint32 ownership; /* TbusBufferOwnership */
  GArray *partings;  /* of guint64 */
  guint32 rebuilds;
  guint64 bytes_dropped, apps_late;
  gboolean gap_told; /* that what apps did around a former restart is not recorded */
  char *torn, *buffers_lost; /* nullable: what is told of that until the next start */
  TbusCtfClock clock;
  GPtrArray *channels; /* of TbusSavedChannel */
  GPtrArray *sets;     /* of TbusSavedSet: those that the consumer has */
} TbusSavedSession;

typedef struct {
  guint64 rule; /* id; 0: of a rule that is not there any more */
  guint32 handle;
  gboolean enabled, failed;
} TbusSavedEvent;

typedef struct {
  guint32 handle;
  gboolean there, failed, enabled;
  guint32 n_contexts;
  GPtrArray *events; /* of TbusSavedEvent */
} TbusSavedAppChannel;

typedef struct {
  guint64 id, session_id;
  guint32 traced_uid, traced_gid, owner_uid, owner_gid;
  guint64 set; /* id; 0: none */
  gboolean there, active, ending;
  guint32 handle;
  GPtrArray *channels; /* of TbusSavedAppChannel; index = number in the set */
} TbusSavedAppSession;

typedef struct {
  guint64 id;
  gint32 pid, parent_pid;
  guint32 uid, gid;
  char *name; /* as the process gave it */
  guint32 abi_major, abi_minor;
  TbusAbi abi;
  gint64 registered_at;
  guint32 version[3]; /* the tracer's */
  gboolean registering;
  gboolean busy; /* a job was under way: nobody knows how far it got */
  guint32 mark, commands; /* its slot of base/marks, and what that said */
  GPtrArray *sessions; /* of TbusSavedAppSession */
  GVariant *words;     /* nullable: all of it but the id, where it is as it was written before */
  guint64 changes;     /* of a captured one: what it is as of */
} TbusSavedApp;

typedef struct {
  gboolean ended; /* in order: nothing came after it */
  gboolean older; /* as read: of a version before TBUS_STATE_VERSION */
  char *boot; /* of the machine, when it was captured: clocks and processes are of one boot */
  guint64 ids[TBUS_N_IDS];
  guint64 hash_key[2];
  GPtrArray *consumers; /* of TbusSavedConsumer */
  GPtrArray *sessions;  /* of TbusSavedSession */
  GPtrArray *apps;      /* of TbusSavedApp */
} TbusState;

TbusState *tbus_state_new (void);
void tbus_state_free (TbusState *self);

typedef enum {
  TBUS_STATE_SESSIONS, /* without what is worth nothing unless somebody keeps the descriptors: buffers and apps */
  TBUS_STATE_ALL,
} TbusStateScope;

/* state-capture.c: what core knows now; classes are left out, the notify thread has them. (transfer full) */
TbusState *tbus_core_capture (TbusCore *core, TbusStateScope scope) TBUS_MAIN_ONLY;
gboolean tbus_state_has_sets (const TbusState *self);
/* Adds the classes of every set. @self is the notify thread's meanwhile. */
void tbus_state_capture_classes (TbusState *self) TBUS_NOTIFY_ONLY;

/* state-codec.c and its users: (transfer floating) "(sua{sv})": "tracebus", the version, the rest. */
GVariant *tbus_state_encode (const TbusState *self);
/* InvalidArgs says where @variant is not what it should be; Unsupported: another version. */
TbusState *tbus_state_decode (GVariant *variant, GError **error);
/* Both wait for the disk. The file is replaced as a whole, and durable when this returns. */
gboolean tbus_state_write (const TbusState *self, const char *path, GError **error);
/* NotFound where there is none. */
TbusState *tbus_state_read (const char *path, GError **error);
/* All of it, without waiting: main captures, the notify thread adds classes, a worker writes. */
void tbus_core_save_async (TbusCore *core, TbusStateScope scope, const char *path, GAsyncReadyCallback callback,
                           gpointer user_data);
gboolean tbus_core_save_finish (TbusCore *core, GAsyncResult *result, GError **error);

/* Whether @self is of this boot of the machine. */
gboolean tbus_state_is_of_this_boot (const TbusState *self);

/*
 * state-restore.c. Ids go on where they were, hashes have the key of then, and the sessions of @state are there again,
 * active ones active: apps that register are traced in new buffers, and Problems says since when that is so. After
 * another boot their clock has to be read first, so tbus_core_resume() starts them. Before the first app, caller and
 * hash. Sessions that were being destroyed, or whose end was that of a connection, are left out; an output that was a
 * descriptor is its path now.
 */
void tbus_core_restore (TbusCore *core, const TbusState *state) TBUS_MAIN_ONLY;
/*
 * state-adopt.c. After that: takes over what the descriptor store has kept of @state, and takes the consumers that it
 * talks to again out of it. What cannot be taken over is drained or ended, and said in the journal. Returns: (transfer
 * full): of TbusTracee: programs that ust/ is to go on with, before it lets others in.
 */
GPtrArray *tbus_core_adopt (TbusCore *core, TbusState *state) TBUS_MAIN_ONLY;
/* When programs can be spoken to: tells them what changed, and starts sessions that were active and are not yet. */
void tbus_core_resume (TbusCore *core, const TbusState *state) TBUS_MAIN_ONLY;
/*
 * The buffer set with @log_fd (taken, also on failure), its channels without their rings; it belongs to nobody yet.
 * InvalidArgs where the log is not its own. (transfer full)
 */
TbusBufferSet *tbus_state_restore_set (const TbusSavedSet *saved, int log_fd, GError **error);
/*
 * What the app has, of @set (nullable: it could not be kept). Rules are found in @session (nullable: it is gone, and
 * what the app has is to be released).
 */
TbusAppSession *tbus_state_restore_app_session (const TbusSavedAppSession *saved, TbusBufferSet *set,
                                                TbusSession *session);
/* The process, with both its sockets and what tbus_tracee_new() wants of the budget. (transfer full) */
TbusTracee *tbus_state_restore_tracee (const TbusSavedApp *saved, int command_fd, int notify_fd);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusState, tbus_state_free)

G_END_DECLS
