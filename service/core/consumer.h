/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Consumer: the child process that owns the ring buffers of one owner and bitness, as core and callers see it.
 *
 * What it is (a spawned process, an adopted one, a fake) is behind TbusConsumerOps. Requests are answered
 * exactly once, in any order, on main. When the consumer dies, core asks its successor in "died" for what it has to
 * hold (the rings outlive it); what was in flight follows after that, and is answered by the successor.
 *
 * Owner:   references. Threads: main.
 */
#include <gio/gio.h>
#include <sys/types.h>

#include "base/thread.h"
#include "core/ring.h"
#include "core/set-request.h"

G_BEGIN_DECLS

#define TBUS_TYPE_CONSUMER (tbus_consumer_get_type ())
G_DECLARE_DERIVABLE_TYPE (TbusConsumer, tbus_consumer, TBUS, CONSUMER, GObject)

typedef enum {
  TBUS_CONSUMER_STARTING,
  TBUS_CONSUMER_RUNNING,
  TBUS_CONSUMER_RESTARTING,
  TBUS_CONSUMER_FAILED,
} TbusConsumerState;

/*
 * @reply is the answer's own type, valid during the call and NULL on @error:
 *   check_output, open_output             TbusOutputPlace
 *   add_channel                           TbusRing *
 *   push, replace_metadata                const guint64 *: bytes of the set's metadata that are in the file
 *   read_clock                            const TbusClockReport *
 *   flush, close_set, close_channel,
 *   adopt_channel, mend                   const TbusCountersList *
 *   close_output, add_set, resume,
 *   settle, inspect                       nothing: NULL, and NULL @error
 * Never called before the request's own function has returned.
 */
typedef void (*TbusConsumerDone) (TbusConsumer *self, gconstpointer reply, const GError *error, gpointer data);

struct _TbusConsumerClass {
  GObjectClass parent_class;

  void (*check_output) (TbusConsumer *self, const TbusOutputRequest *request, TbusConsumerDone done, gpointer data);
  void (*open_output) (TbusConsumer *self, const TbusOutputRequest *request, TbusConsumerDone done, gpointer data);
  void (*close_output) (TbusConsumer *self, guint64 session, TbusConsumerDone done, gpointer data);
  void (*add_set) (TbusConsumer *self, const TbusSetRequest *request, TbusConsumerDone done, gpointer data);
  void (*add_channel) (TbusConsumer *self, const TbusChannelRequest *request, TbusConsumerDone done, gpointer data);
  void (*adopt_channel) (TbusConsumer *self, const TbusAdoptRequest *request, TbusConsumerDone done, gpointer data);
  void (*push) (TbusConsumer *self, const TbusPushRequest *request, TbusConsumerDone done, gpointer data);
  void (*replace_metadata) (TbusConsumer *self, const TbusReplaceRequest *request, TbusConsumerDone done,
                            gpointer data);
  void (*read_clock) (TbusConsumer *self, TbusConsumerDone done, gpointer data);
  void (*resume) (TbusConsumer *self, guint64 session, TbusConsumerDone done, gpointer data);
  void (*flush) (TbusConsumer *self, const TbusFlushRequest *request, TbusConsumerDone done, gpointer data);
  void (*close_set) (TbusConsumer *self, guint64 set, TbusConsumerDone done, gpointer data);
  void (*close_channel) (TbusConsumer *self, guint64 channel, TbusConsumerDone done, gpointer data);
  /* What it is at, on the service's behalf. */
  TbusHealth (*get_health) (TbusConsumer *self);
  /* Of one that outlived the service: what it was not asked for again is closed. */
  void (*settle) (TbusConsumer *self, TbusConsumerDone done, gpointer data);
  /* An app that shared @set is gone: an unfinished packet is told of by the signal, sooner or later. */
  void (*inspect) (TbusConsumer *self, guint64 set, TbusConsumerDone done, gpointer data);
  /* Nobody alive is at what the signal of @told_at spoke of any more. */
  void (*mend) (TbusConsumer *self, guint64 channel, guint64 told_at, TbusConsumerDone done, gpointer data);
};

/*
 * Signals:
 *   metadata-wanted (guint64 set)                      a metadata timer ticked (B17, B18)
 *   counters (TbusCountersList *)                      after activity
 *   hangup (guint64 channel)                           every writer has gone, all is in the files
 *   unfinished (guint64 channel, guint64 told_at)      a packet of it is not finished; by the consumer's clock
 *   problem (TbusProblemReport *)
 *   output-stuck (gboolean stuck)                      a file system keeps it waiting, said each second; or no more
 *   idle ()                                            it has held and done nothing for a while; said again and again
 *   died ()                                            it holds nothing any more; state says what comes next
 * Properties of construction: uid (uint), bits (uint); id (uint64), by default the next one.
 * Properties, notified: pid (uint), state (uint: TbusConsumerState), restarts (uint), channels (uint), streams (uint),
 *   bytes-written (uint64).
 */
guint64 tbus_consumer_get_id (TbusConsumer *self);
uid_t tbus_consumer_get_uid (TbusConsumer *self);
guint32 tbus_consumer_get_bits (TbusConsumer *self);
pid_t tbus_consumer_get_pid (TbusConsumer *self);
TbusConsumerState tbus_consumer_get_state (TbusConsumer *self);
/* Not alive where it failed; doing the oldest thing that it was asked for, or nothing. */
TbusHealth tbus_consumer_get_health (TbusConsumer *self);
const char *tbus_consumer_state_to_string (TbusConsumerState state);
guint tbus_consumer_get_restarts (TbusConsumer *self);
guint tbus_consumer_get_channels (TbusConsumer *self);
guint tbus_consumer_get_streams (TbusConsumer *self);
guint64 tbus_consumer_get_bytes_written (TbusConsumer *self);

/* For subclasses: what they know. */
void tbus_consumer_set_process (TbusConsumer *self, pid_t pid, TbusConsumerState state, guint restarts);
/* What it says of itself: the signal. */
void tbus_consumer_set_stuck (TbusConsumer *self, gboolean stuck);
gboolean tbus_consumer_is_stuck (TbusConsumer *self);
/* For core: what it counts. */
void tbus_consumer_add_load (TbusConsumer *self, gint channels, gint streams);
void tbus_consumer_add_bytes (TbusConsumer *self, guint64 bytes);

G_END_DECLS
