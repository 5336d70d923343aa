/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Rig: the real consumer process and the service's end of its link, for one test.
 *
 * Owner:   the test's fixture.
 * Threads: main; tst_log_publish() any, one at a time.
 * Limit:   TST_PATIENCE_MS for each wait, then the test ends.
 */
#include "support/child.h"
#include "support/dir.h"
#include "wire/log-layout.h"
#include "wire/socket.h"
#include "wire/wire.h"

G_BEGIN_DECLS

typedef struct {
  TstDir *dir;
  TwSocket *link; /* NULL once hung up */
  GPid pid;
  gboolean reaped;
  int status; /* of waitpid() */
  guint64 serial;
  int staging; /* -1, or the staging pool, which is given on to who comes next */
  GQueue events; /* of TwMessage */
} TstRig;

/* Starts the consumer with @arguments (nullable). */
TstRig *tst_rig_new (const char *const *arguments);
void tst_rig_free (TstRig *self);
/* Ends it with SIGKILL and starts another, which has said hello. What the first one told is forgotten. */
void tst_rig_kill_and_replace (TstRig *self);
/*
 * The service dies, somebody else holds its end of the link, and the next one says hello on it; what the consumer told
 * in between is forgotten.
 */
void tst_rig_die_and_come_back (TstRig *self);
/* Stops it, until it is killed; all its threads have stopped then. */
void tst_rig_freeze (TstRig *self);
void tst_rig_hang_up (TstRig *self);
/* Waits for its end; self->status. */
void tst_rig_wait_exit (TstRig *self);

/* Sends a request; consumes @body; does not wait. Returns its serial. */
guint64 tst_rig_send (TstRig *self, TwType type, TwWriter *body, const int *fds, gsize n_fds);
/* Waits for the answer to @serial; events that come meanwhile are kept. Clear it. */
void tst_rig_wait_reply (TstRig *self, guint64 serial, TwMessage *reply);
/* Both; the answer must be of @status. @reply is nullable. */
void tst_rig_ask (TstRig *self, TwType type, TwWriter *body, guint32 status, TwMessage *reply);
/* The same for a request that is one key. */
void tst_rig_ask_key (TstRig *self, TwType type, guint64 key, guint32 status, TwMessage *reply);
/* The next event of @type, kept or to come; others are kept. Clear it. */
void tst_rig_wait_event (TstRig *self, TwType type, TwMessage *event);
/* Events of @type that were kept so far. */
guint tst_rig_count_events (TstRig *self, TwType type);

TwReader tst_reader (const TwMessage *message);

/* A log as the service makes it: its memfd and its text so far. */
typedef struct {
  int fd;
  TwLogHeader *header;
  gsize length;
} TstLog;

TstLog *tst_log_new (void);
void tst_log_free (TstLog *self);
void tst_log_publish (TstLog *self, const char *text);

/* Requests that most tests begin with; they end the test where the answer is not a success. */
void tst_rig_hello (TstRig *self);
/* Returns: (transfer full): the output's path: "traces" in the rig's directory. */
char *tst_rig_open_output (TstRig *self, guint64 session);
void tst_rig_add_set (TstRig *self, guint64 session, guint64 set, guint32 timer_us, TstLog *log);
/* Of a flush, or of a close. The first channel's. */
TwCounters tst_rig_flush (TstRig *self, TwFlushScope scope, guint64 id, gboolean final);
TwCounters tst_counters (const TwMessage *message);

/* A channel as a service keeps it after TW_ADD_CHANNEL. */
typedef struct {
  TwChannel config;
  GBytes *header;
  guint64 memory_size;
  guint n_streams;
  int wake_up;       /* write end */
  int *memory;       /* each stream's memfd */
  int *stream_wake_up; /* write ends */
  int *stream_wait;  /* read ends */
} TstChannel;

/* Small buffers, no timers, name "chan". */
void tst_channel_config_init (TwChannel *config, guint64 set, guint64 channel);
/* Returns: (transfer full) */
TstChannel *tst_rig_add_channel (TstRig *self, const TwChannel *config);
/* What the answer says. @counted: what the dead one told last. */
TwCounters tst_rig_adopt_channel (TstRig *self, const TstChannel *channel, const TwCounters *counted,
                                  gboolean quiescent);
/* Closes the write ends: the service does so with a per-process channel that it has sent. */
void tst_channel_close_write_ends (TstChannel *self);
void tst_channel_free (TstChannel *self);
guint tst_possible_cpus (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstRig, tst_rig_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstLog, tst_log_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstChannel, tst_channel_free)

G_END_DECLS
