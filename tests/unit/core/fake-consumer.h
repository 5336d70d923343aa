/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fake consumer: what supervise/ is to core, with consumers that are models: each knows its outputs, sets and
 * channels, reads the metadata that it is prompted to write, and refuses what a real one would refuse.
 *
 * Requests are answered from the main loop, in order, unless the consumer holds its answers or is dead.
 *
 * Owner: references; fake-pool keeps one. Threads: main.
 */
#include "core/consumer.h"

G_BEGIN_DECLS

#define FAKE_TYPE_CONSUMER (fake_consumer_get_type ())
G_DECLARE_FINAL_TYPE (FakeConsumer, fake_consumer, FAKE, CONSUMER, TbusConsumer)

typedef enum {
  FAKE_CHECK_OUTPUT,
  FAKE_OPEN_OUTPUT,
  FAKE_CLOSE_OUTPUT,
  FAKE_ADD_SET,
  FAKE_ADD_CHANNEL,
  FAKE_ADOPT_CHANNEL,
  FAKE_PUSH,
  FAKE_RESUME,
  FAKE_FLUSH,
  FAKE_CLOSE_SET,
  FAKE_CLOSE_CHANNEL,
  FAKE_READ_CLOCK, /* not in the log */
  FAKE_REPLACE_METADATA,
  FAKE_INSPECT,
  FAKE_MEND,
  FAKE_N_VERBS
} FakeVerb;

/* Requests of @verb fail with @code; -1 ends that. The @skip first ones are served. */
void fake_consumer_fail (FakeConsumer *self, FakeVerb verb, int code, guint skip);
/* Keeps every answer back. */
void fake_consumer_hold (FakeConsumer *self, gboolean hold);
/* Answers the oldest @n that are kept back. */
void fake_consumer_answer (FakeConsumer *self, guint n);
guint fake_consumer_get_waiting (FakeConsumer *self);
/* A push is answered when so many bytes at most are written; G_MAXUINT64: all. */
void fake_consumer_write_at_most (FakeConsumer *self, guint64 bytes);
/* It dies: it holds nothing, core is told. What core asks then goes to its successor, then what was in flight. */
void fake_consumer_die (FakeConsumer *self);
/* The same, and what was in flight fails. */
void fake_consumer_die_with_all (FakeConsumer *self);
void fake_consumer_come_back (FakeConsumer *self);

/* What it was asked since the last call: "add-set 3 ust/uid/1000/64-bit, push 3 0+512". (transfer full) */
char *fake_consumer_take_log (FakeConsumer *self);
/* Of the requests in the log of @verb alone. (transfer full) */
char *fake_consumer_take_log_of (FakeConsumer *self, FakeVerb verb);
guint fake_consumer_count_sets (FakeConsumer *self);
guint fake_consumer_count_channels (FakeConsumer *self);
guint fake_consumer_count_outputs (FakeConsumer *self);

/* What its clock is off by from now on. */
void fake_consumer_set_clock (FakeConsumer *self, gint64 offset);

/* A set that it has, by directory (NULL: the only one); what was written of its metadata. */
typedef struct {
  guint64 key, session;
  char *directory;
  guint32 metadata_timer_us;
  GString *metadata;
} FakeSet;
const FakeSet *fake_consumer_get_set (FakeConsumer *self, const char *directory);

/* A channel that it has, by the set's directory (NULL: any) and its name. */
typedef struct {
  guint64 key, set;
  char *name;
  guint32 chan_id;
  TbusChannelRequest request; /* without its name */
  TbusCounters counters;      /* what flushing and closing answer */
  gboolean quiescent;         /* as adopted */
  int wait_fd; /* of its first stream: hangs up when every writer has gone */
} FakeChannel;
FakeChannel *fake_consumer_get_channel (FakeConsumer *self, const char *directory, const char *name);
/* Whether somebody holds a write end of @channel. */
gboolean fake_channel_has_writers (const FakeChannel *channel);

G_END_DECLS
