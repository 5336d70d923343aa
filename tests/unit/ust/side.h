/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Side: a real tracer side in a directory of its own, and what it told core, as lines:
 * "registered PID", "stalled PID", "awake PID", "gone PID", "done PID", "refused WHY".
 *
 * Owner:   the test's fixture. Threads: main; link and notify run from tst_side_threads_start() on.
 * Limit:   TST_PATIENCE_MS for each wait.
 */
#include "support/dir.h"
#include "ust/tracer.h"

G_BEGIN_DECLS

typedef struct {
  TstDir *dir;
  TbusRendezvousPaths paths;
  TbusTraceeIndex *index;
  TbusTracerSide *side;
  TbusTracer port;
  GPtrArray *lines;   /* of char * */
  GPtrArray *tracees; /* of TbusTracee, as they registered */
  GPtrArray *jobs;    /* of TbusJob, as they came back */
  gboolean stopped;
} TstSide;

/*
 * Once in a program, before the first side: blocks the tracer's signals and starts link and notify. From then on
 * warnings do not end the test, but are kept.
 */
void tst_side_threads_start (void);
/* How many warnings since then contain @part. */
guint tst_warning_count (const char *part);

/* The user's paths, but below @home. */
void tst_paths_init (TbusRendezvousPaths *paths, TstDir *home);

/* Started; apps with the environment of @dir find it. */
TstSide *tst_side_new (void);
/* Stops it unless that was done, and checks that nothing is left in the index. */
void tst_side_free (TstSide *self);
void tst_side_stop (TstSide *self);
/* Stops it for another to come. */
void tst_side_suspend (TstSide *self);

/* How many lines begin with @prefix. */
guint tst_side_count (const TstSide *self, const char *prefix);
/* Until @n lines begin with @prefix. */
void tst_side_wait (TstSide *self, const char *prefix, guint n);
/* The number of the first line that begins with @prefix. */
guint tst_side_position (const TstSide *self, const char *prefix);

/* An empty job of @tracee, which ends in @jobs. */
TbusJob *tst_side_job (TstSide *self, TbusTracee *tracee);
void tst_side_submit (TstSide *self, TbusJob *job);
/* Submits, waits and returns the job. (transfer none) */
TbusJob *tst_side_run (TstSide *self, TbusJob *job);
int tst_job_status (const TbusJob *job, guint command);
guint32 tst_job_slot (const TbusJob *job, guint32 slot);

/* A buffer set of user 0 with @n_channels channels, for apps of this machine's ABI. */
TbusBufferSet *tst_set_new (guint n_channels);
/* The metadata of @set so far. (transfer full) */
char *tst_set_text (const TbusBufferSet *set);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstSide, tst_side_free)

G_END_DECLS
