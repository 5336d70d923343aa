/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * What core asks of a consumer, and what it answers: the wire's messages in core's own words.
 *
 * Owner: none; strings and descriptors are borrowed for the call. Threads: main.
 */
#include "base/handle.h"

#include "core/ring.h"

G_BEGIN_DECLS

typedef struct {
  guint64 session;
  const char *path;      /* absolute, or "~/..." */
  TbusHandle *directory; /* nullable: that is it, whatever the path says */
  const char *mount;     /* nullable; else what the answer said once: it is not made, and waited for where it is away */
} TbusOutputRequest; /* answered with TbusOutputPlace */

typedef struct {
  const char *path;  /* absolute */
  const char *mount; /* nullable: where the file system is mounted; of one that was opened by its path */
} TbusOutputPlace;

typedef struct {
  guint64 set;
  guint64 session;
  const char *directory;
  guint32 metadata_timer_us;
  const char *shm_path; /* nullable: absolute; rings are files in @directory below it */
  int log_fd; /* borrowed */
} TbusSetRequest; /* answered with nothing */

typedef struct {
  guint64 channel;
  guint64 set;
  const char *name;
  guint32 chan_id;
  guint8 uuid[16];
  guint64 subbuf_size, num_subbuf;
  gboolean overwrite;
  guint32 switch_timer_us, read_timer_us, monitor_timer_us;
  gint64 blocking_timeout_us;
  guint64 tracefile_size, tracefile_count;
  gboolean in_files; /* of a set with @shm_path */
} TbusChannelRequest; /* answered with TbusRing * (borrowed: take a reference); its seals are checked */

typedef struct {
  guint64 set;
  guint64 offset, length; /* of the log's text; nothing new is a push too */
} TbusPushRequest; /* answered with const guint64 *: bytes that are in the file */

typedef struct {
  guint64 set;
  int log_fd; /* borrowed: of the log whose text replaces the set's */
} TbusReplaceRequest; /* answered with const guint64 *: bytes that are in the file */

typedef struct {
  guint8 uuid[16]; /* zero: not known */
  const char *name, *description;
  guint64 frequency; /* Hz, not 0 */
  gint64 offset;     /* ns from the epoch to its zero */
} TbusClockReport;

typedef enum { TBUS_FLUSH_SESSION, TBUS_FLUSH_SET, TBUS_FLUSH_CHANNEL } TbusFlushScope;

typedef struct {
  TbusFlushScope scope;
  guint64 id;
  gboolean final;
  gboolean quiet; /* and no app is within an event */
} TbusFlushRequest; /* flush and close are answered with TbusCountersList */

typedef struct {
  guint64 channel;
  guint64 bytes_written, packets_written, events_discarded, packets_lost, bytes_dropped; /* totals of the channel */
} TbusCounters;

typedef struct {
  const TbusCounters *counters;
  guint n;
} TbusCountersList;

typedef struct {
  const TbusChannelRequest *channel; /* as it was asked for */
  TbusRing *ring;                    /* that a dead consumer made of it */
  const TbusCounters *counted;       /* what that one told last */
  gboolean quiescent;                /* stopped, and all was flushed since */
} TbusAdoptRequest; /* answered with TbusCountersList */

typedef struct {
  guint64 session;
  const char *code;
  gboolean active;
  const char *message;
} TbusProblemReport;

G_END_DECLS
