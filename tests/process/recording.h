/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Recording: a consumer with one channel, and a real app that writes to it. The fixture of the tests that
 * read traces.
 *
 * Owner:   the test.
 * Threads: main.
 */
#include "process/tracer.h"

G_BEGIN_DECLS

enum { TST_SESSION = 11, TST_SET = 22, TST_CHANNEL = 33 };

typedef struct {
  TstRig *rig;
  TstLog *log;
  TstChannel *channel;
  TstTracer *tracer;
  TstChild *app;
  char *output; /* of the session */
  gboolean mounted;
} TstRecording;

/* What differs from the channel of tst_channel_config_init(); the tests' data. */
typedef struct {
  guint64 num_subbuf, subbuf_size;
  guint32 overwrite, switch_us, read_us;
  guint64 file_size, file_count;
  guint32 metadata_us;
  guint megabytes; /* of a file system for the traces alone; 0: none. tst_mounts_own() was called. */
  const char *const *arguments; /* of the consumer; nullable */
} TstShape;

/* Of its only set, below the output. */
#define TST_RECORDING_FOLDER "ust/uid/0/64-bit"

void tst_recording_set_up (TstRecording *self, gconstpointer shape);
void tst_recording_tear_down (TstRecording *self, gconstpointer shape);
/* Starts the app @name with up to two arguments, and records it. */
void tst_recording_start (TstRecording *self, const char *name, const char *first, const char *second);
/* Has app-idle emit @n ticks. */
void tst_recording_emit (TstRecording *self, guint n);
/* Kills the consumer; its successor, which hears that @told was counted so far, goes on. Returns: what it counts. */
TwCounters tst_recording_replace_consumer (TstRecording *self, const TwCounters *told, gboolean quiescent);
/* The same of one that has replaced it already. */
TwCounters tst_recording_go_on (TstRecording *self, const TwCounters *told, gboolean quiescent);
/* Turns every reader's position back by a packet, as if the consumer had died before it let go of the last one. */
void tst_recording_unread_last_packets (TstRecording *self);
/* The trace holds ticks 0 to @n - 1 in their order, and nothing else. */
void tst_recording_assert_ticks (TstRecording *self, guint n);
/* Events of a trace of which the reader may say that others were discarded. */
guint tst_recording_count_lossy (TstRecording *self);
/* How much is in its folder, in so many files, without the metadata and the indexes. */
guint64 tst_recording_data_size (TstRecording *self, guint *n_files);

G_END_DECLS
