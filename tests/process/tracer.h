/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Tracer: the least daemon that gets an unmodified app to record into a consumer's rings: it registers the
 * app, hands one channel over, enables tbtest's events and describes them in the log.
 *
 * Owner:   the test's fixture.
 * Threads: main; one inside answers the app's notifications.
 */
#include "process/rig.h"

G_BEGIN_DECLS

typedef struct TstTracer TstTracer;

/* Listens below @dir, for apps with tst_environ(). Publishes the trace's preamble and @channel's stream. */
TstTracer *tst_tracer_new (TstDir *dir, TstLog *log, const TstChannel *channel);
/* Leaves the app alone: it runs on untraced. */
void tst_tracer_free (TstTracer *self);
/* Waits for the app that was just started to register, starts to record "tbtest:*" and lets it run. */
void tst_tracer_start (TstTracer *self);
/* Nobody writes any more when it returns. */
void tst_tracer_stop (TstTracer *self);
void tst_tracer_start_again (TstTracer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstTracer, tst_tracer_free)

G_END_DECLS
