/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * A session's inside, shared by its files:
 *   session.c          what it is, its channels
 *   session-work.c     the queue of what callers asked, and how work reaches apps
 *   session-run.c      start, stop, destroy, flush, push
 *   session-regenerate.c  the clock, metadata and state anew
 *   session-rules.c    rules and channels on and off, contexts
 *   session-track.c    whose apps
 *   session-list.c     what callers are told of its buffers
 *   session-problems.c what does not go as it should
 *   session-buffers.c  outputs and buffer sets
 *   session-close.c    the end of buffer sets
 *   session-stuck.c    outputs that do not answer
 *   session-mend.c     events that nobody will finish
 *   session-adopt.c    consumers that die
 *
 * Owner: the session set. Threads: main.
 */
#include "core/channel-private.h"
#include "core/core-private.h"
#include "core/metadata-push.h"
#include "core/operation-private.h"

G_BEGIN_DECLS

typedef struct TbusSessionWork TbusSessionWork;
typedef void (*TbusWorkStep) (TbusSessionWork *work);

/* A consumer that writes this session. */
typedef struct {
  TbusConsumer *consumer; /* a reference */
  GError *error;          /* why its output could not be opened */
  gpointer adoption;      /* its successor is being asked to go on; borrowed, see session-adopt.c */
} TbusSessionOutput;

struct _TbusSession {
  GObject parent_instance;

  TbusHub *hub;
  guint64 id;
  char *name;
  uid_t owner;
  gid_t group;
  GArray *uids; /* of uid_t: whose apps */
  gboolean all_users;
  TbusTracker trackers[TBUS_N_TRACKED];
  char *output;
  char *mount; /* nullable: where the output's file system is mounted; once a consumer has opened it */
  TbusHandle *directory; /* nullable: what output is, where its creator gave a descriptor */
  char *shm_path; /* nullable: the directory of the session's ring files */
  gboolean ephemeral;
  gboolean gap; /* restored, and something that apps do may not be recorded meanwhile */
  gint64 created_at;
  TbusSessionState state;
  gboolean ever_started;
  gboolean ownership_known;
  TbusBufferOwnership ownership;
  TbusCtfClock clock; /* one for all its traces; the consumer's from the first Start on */
  gboolean clock_known; /* of this boot */

  GPtrArray *channels; /* of TbusChannel, the metadata channel too */
  GPtrArray *sets;     /* of TbusBufferSet, references: the teardown list (B4) */
  GPtrArray *outputs;  /* of TbusSessionOutput */
  GPtrArray *problems; /* of TbusProblem */
  GArray *partings;    /* of guint64: ids of apps that were given up, once each time; of per-process buffers */
  guint rebuilds;      /* buffers made anew after a consumer's death */
  guint64 bytes_dropped;
  guint64 apps_late;

  GQueue works; /* of TbusSessionWork; the head runs */
  guint n_left; /* works that do not keep the others waiting any more */
};

/* What a caller hears whose work waits for an output that does not answer. */
typedef enum {
  TBUS_STUCK_NO_CALLER, /* nobody waits */
  TBUS_STUCK_WAITS,    /* what it waits for is something else, but where it has not begun it fails */
  TBUS_STUCK_FAILS,    /* that it failed: what comes of it is undone, or of no harm */
  TBUS_STUCK_LEFT,     /* the same; and as it only asks consumers for something, what comes next does not wait for it */
  TBUS_STUCK_ANSWERED, /* what is known; it goes on */
} TbusStuck;

/* One call's work. It ends with tbus_work_finish() or tbus_work_fail(), which free it. */
struct TbusSessionWork {
  TbusSession *session; /* a reference */
  GTask *task;          /* NULL once answered early */
  TbusStuck stuck;
  gboolean left; /* has left the queue before its end */
  TbusOperation *operation;
  TbusWorkStep begin;   /* when its turn comes */
  TbusWorkStep step;    /* when everything held is released */
  guint held;

  /* what was asked */
  gboolean wait;
  gboolean resumed; /* a start that the service owes, not a caller's */
  TbusChannel *channel; /* nullable, a reference */
  TbusConsumer *consumer; /* nullable, a reference */
  char *name;           /* a channel's, or a pattern */
  GPtrArray *rules;
  TbusEventRule *exact;
  TbusContext *context;
  TbusTracked tracked;
  GArray *values; /* of guint32 */
  gboolean enable;
  guint64 bytes;
  GError *error; /* nullable: why it fails, found while it held */
  guint failed_consumers;
};

TbusSessionWork *tbus_work_new (TbusSession *session, GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
/* Queues; begins at once where nothing else runs. */
void tbus_work_submit (TbusSessionWork *work, TbusWorkStep begin);
void tbus_work_hold (TbusSessionWork *work);
void tbus_work_release (TbusSessionWork *work);
/* Runs @step once everything that was held since tbus_work_hold() is released; callers hold around their loop. */
void tbus_work_finish (TbusSessionWork *work);
void tbus_work_fail (TbusSessionWork *work, GError *error); /* @error: (transfer full) */
/* Kicks every app that the session concerns and holds the work for each until it has applied it. */
void tbus_work_reach_apps (TbusSessionWork *work);
/* FALSE where the session is being destroyed: then the work has failed. */
gboolean tbus_work_expect_alive (TbusSessionWork *work);
/* Answers the caller now with what is known; the work goes on. */
void tbus_work_answer_early (TbusSessionWork *work);
/* Answers the caller with @error (transfer full). One that has not begun goes; if it has, it fails when it can, and
   where it is TBUS_STUCK_LEFT the next begins. */
void tbus_work_refuse_early (TbusSessionWork *work, GError *error);

/* session.c */
void tbus_session_set_state (TbusSession *self, TbusSessionState state);
void tbus_session_changed (TbusSession *self, const char *property);
TbusChannel *tbus_session_find_channel_id (TbusSession *self, guint64 id);
/* Bytes of the rings of one buffer set. */
guint64 tbus_session_get_memory (TbusSession *self);
/* Exhausted where one set of buffers for all channels, and for @more (nullable), cannot be had; @what names them. */
gboolean tbus_session_expect_memory (TbusSession *self, const char *what, const TbusChannelConfig *more,
                                     GError **error);

/* session-regenerate.c */
/* Asks @consumer what stamps events; holds @work, which has an error where that cannot be known. */
void tbus_session_read_clock (TbusSession *self, TbusConsumer *consumer, TbusSessionWork *work);
/* What another life of the service had begun: sends the versions of metadata logs that were on their way. */
void tbus_session_finish_regeneration (TbusSession *self);

/* session-run.c */
/* Totals as they stand, for the answer of a Stop or a Destroy. */
void tbus_work_fill_totals (TbusSessionWork *work);
/* Records again, as in a former life of the service. */
void tbus_session_resume (TbusSession *self);
/* Writes out what came last before a stop, whose work a former life of the service did not end. */
void tbus_session_finish_stop (TbusSession *self);

/* session-close.c */
/* @work (nullable) is held until its consumer has answered, and what it counted last is in the totals. */
void tbus_session_close_set (TbusSession *self, TbusBufferSet *set, TbusSessionWork *work);

/* session-adopt.c */
/* Asks @consumer, or its successor, to go on with all sets that it has; like its death, but nobody is told. */
void tbus_session_go_on (TbusSession *self, TbusConsumer *consumer);

/* session-track.c */
guint tbus_session_count_partings (TbusSession *self, guint64 app);

/* session-buffers.c */
/* Opens the output with the owner's consumer; holds @work, and keeps the error with the output. */
void tbus_session_open_output (TbusSession *self, TbusConsumer *consumer, TbusSessionWork *work);
TbusSessionOutput *tbus_session_find_output (TbusSession *self, TbusConsumer *consumer);
/* Takes @set over, as a former life of the service had it: @consumer is still to be asked to go on with it. */
void tbus_session_take_set (TbusSession *self, TbusBufferSet *set, TbusConsumer *consumer);
/* What a consumer is asked for: borrows of @set. */
TbusSetRequest tbus_session_make_set_request (TbusSession *self, const TbusBufferSet *set, int log_fd);
TbusChannelRequest tbus_session_make_channel_request (TbusSession *self, const TbusBufferSet *set, guint number);
/* Takes @set out of everything; who still holds it finds it in @state. */
void tbus_session_drop_set (TbusSession *self, TbusBufferSet *set, TbusSetState state);
void tbus_session_take_counters (TbusSession *self, const TbusCountersList *list);

/* session-stuck.c: what a caller hears. (transfer full) */
GError *tbus_session_make_stuck_error (TbusSession *self);

/* session-problems.c */
#define TBUS_PROBLEM_CONSUMER_RESTARTING "consumer-restarting" /* it died, and nobody goes on with its buffers yet */
#define TBUS_PROBLEM_NO_CONSUMER "no-consumer" /* none can be had for some apps */
#define TBUS_PROBLEM_APP_FAILED "app-failed" /* it is not recorded */
#define TBUS_PROBLEM_NO_ROOM "no-room"       /* apps are not recorded until others let go of descriptors or memory */
#define TBUS_PROBLEM_APP_LATE "app-late"     /* it was not recorded from its start on */
#define TBUS_PROBLEM_APP_LACKS "app-lacks"   /* it is recorded without a context, or a rule */
#define TBUS_PROBLEM_SERVICE_RESTARTED "service-restarted" /* what apps did meanwhile is not recorded */
#define TBUS_PROBLEM_TORN_STREAM "torn-stream" /* a consumer's word: part of a packet is lost */
#define TBUS_PROBLEM_OUTPUT_STUCK "output-stuck" /* a file system does not answer */
#define TBUS_PROBLEM_BUFFERS_LOST "buffers-lost" /* with what was in them, for nobody could */
void tbus_session_set_problem (TbusSession *self, const char *code, const char *message, guint64 consumer);
/* Of the service's own. */
gboolean tbus_session_has_problem (TbusSession *self, const char *code);
/* Of the service's own, or of any consumer: its message. (nullable) */
const char *tbus_session_look_up_problem (TbusSession *self, const char *code);
void tbus_session_clear_problem (TbusSession *self, const char *code, guint64 consumer);
/* Of every consumer, also of those that have gone. */
void tbus_session_clear_problems (TbusSession *self, const char *code);
/* Those that @consumer told of, and that may be over: it will not say so any more. */
void tbus_session_forget_told (TbusSession *self, TbusConsumer *consumer);
void tbus_problem_free (TbusProblem *self);

G_END_DECLS
