/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Buffer set: the buffers, the class registry and the metadata log of one buffer key.
 *
 * Owner:   references: the buffer registry, app sessions, bindings of handles. Freed through a grace period (B28).
 * Threads: identity, @classes and @log are constant from publication on; the rest belongs to main.
 */
#include <urcu.h>
#include <urcu/rculfhash.h>
#include <urcu/ref.h>

#include "base/quota.h"
#include "core/buffer-key.h"
#include "core/class-registry.h"
#include "core/ring.h"
#include "core/set-request.h"

G_BEGIN_DECLS

typedef struct TbusBufferSet TbusBufferSet;

typedef enum {
  TBUS_SET_NEW,     /* nobody has asked a consumer for it */
  TBUS_SET_MAKING,  /* the consumer is at it */
  TBUS_SET_READY,
  TBUS_SET_FAILED,  /* see @error */
  TBUS_SET_CLOSING, /* the consumer drains it to the end */
  TBUS_SET_CLOSED,
} TbusSetState;

typedef enum {
  TBUS_INSPECTION_NONE,
  TBUS_INSPECTION_RUNS, /* its consumer looks for what apps that are gone left */
  TBUS_INSPECTION_DUE,  /* the same, and once more after that */
} TbusInspection;

/* One channel of a set: number in the class registry = index here. */
typedef struct {
  guint64 channel_id; /* the session channel's (B2) */
  guint64 key;        /* on the consumer; 0: not made (B2) */
  guint32 chan_id;    /* in packet headers: what the app is answered */
  char *name;
  TbusRing *ring; /* nullable */
  gboolean hung_up; /* every writer has gone */
  TbusCounters counters; /* the last that its consumer told */
  guint64 unfinished;    /* when its consumer told last of a packet that is not finished; by its clock */
  gboolean mending;      /* apps are asked whether they are still at it */
} TbusSetChannel;

struct TbusBufferSet {
  struct urcu_ref refs;
  struct rcu_head rcu;
  struct cds_lfht_node by_key;

  TbusBufferKey key;
  guint8 uuid[16];
  TbusMetadataLog *log;
  TbusClassRegistry *classes;
  gint bound; /* atomic: bindings of handles that exist */
  guint mark; /* of what @classes knows, see base/marks; 0: it is not kept */

  /* main */
  gpointer hub; /* TbusHub, of its session; borrowed */
  TbusSetState state;
  GError *error; /* FAILED: why */
  guint64 id;    /* set key on the consumer */
  guint64 metadata_key;
  char *directory; /* below the session's output */
  GArray *channels; /* of TbusSetChannel */
  struct TbusMetadataPush *push;
  gpointer consumer; /* TbusConsumer, a reference; NULL before it is made and after it is closed */
  guint pending;     /* answers that its making waits for */
  guint adoptions;   /* asked of successors of its consumer, since one went on with it */
  TbusCharge descriptors, memory; /* of the session's owner's share */
  TbusInspection inspection;
  gboolean in_files; /* the rings; then the metadata is beside them as soon as it is known */
  GArray *stopped;   /* of pid_t: apps that were dropped while they were stopped, and may go on within an event */
  gpointer closing;  /* what its consumer was asked, see session-close.c; NULL: it was not, or has answered */
  guint leave_guard; /* source: its app is gone, but not every writer has hung up */
};

/* @trace's uuid is taken from the set's, which is made here; @limit: bytes of metadata. */
TbusBufferSet *tbus_buffer_set_new (const TbusBufferKey *key, const TbusCtfTrace *trace, gsize limit, GError **error);
/* One that was there before: takes @log and @classes, which use it. uuid, id and the rest are the caller's. */
TbusBufferSet *tbus_buffer_set_adopt (const TbusBufferKey *key, TbusMetadataLog *log, TbusClassRegistry *classes);
TbusBufferSet *tbus_buffer_set_ref (TbusBufferSet *self);
gboolean tbus_buffer_set_get_unless_zero (TbusBufferSet *self);
void tbus_buffer_set_unref (TbusBufferSet *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusBufferSet, tbus_buffer_set_unref)

G_END_DECLS
