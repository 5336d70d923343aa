/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fake tracer: what ust/ is to core, with apps that are models: each knows what it was given, and stops the test
 * where it is asked for something that no real app would take (an unknown handle, a channel after the session was
 * active, an object released before what it holds).
 *
 * Jobs are answered from the main loop, in order, unless the app is frozen.
 *
 * Owner: the test. Threads: main.
 */
#include "core/core.h"

G_BEGIN_DECLS

typedef struct FakeTracer FakeTracer;

FakeTracer *fake_tracer_new (TbusTraceeIndex *index);
/* Every app must be gone. */
void fake_tracer_free (FakeTracer *self);
TbusTracer fake_tracer_get_port (FakeTracer *self);
/* Whom it tells; before the first app. */
void fake_tracer_set_core (FakeTracer *self, TbusCore *core);

typedef struct {
  pid_t pid;
  uid_t uid;
  guint32 bits;     /* 0: 64 */
  const char *name; /* NULL: "app" */
} FakeApp;

/* Registers it: what follows comes from the main loop. (transfer none): valid until it hangs up */
TbusTracee *fake_tracer_register (FakeTracer *self, const FakeApp *app);
/* Its job in flight comes back, cut short, then it is gone. @tracee is not valid any more. */
void fake_tracer_hang_up (FakeTracer *self, TbusTracee *tracee);
/* All of them. */
void fake_tracer_hang_up_all (FakeTracer *self);

/* A frozen app keeps its job until it thaws; core is told of the stall as ust/ would. */
void fake_tracer_freeze (FakeTracer *self, TbusTracee *tracee);
void fake_tracer_thaw (FakeTracer *self, TbusTracee *tracee);
/* Keeps its jobs without a word of a stall: it makes progress, slowly. */
void fake_tracer_hold (FakeTracer *self, TbusTracee *tracee, gboolean hold);
gboolean fake_tracer_has_job (FakeTracer *self, TbusTracee *tracee);
/* Since it registered. */
guint fake_tracer_count_jobs (FakeTracer *self, TbusTracee *tracee);

/* Commands of @op fail in @tracee (NULL: in all apps) with @status; 0 ends that. */
void fake_tracer_refuse (FakeTracer *self, TbusTracee *tracee, TbusOp op, int status);
/* Has @tracee go in the middle of the next job that contains @op, before it is carried out. */
void fake_tracer_die_at (FakeTracer *self, TbusTracee *tracee, TbusOp op);
/* What @tracee answers to LIST, of TbusTracepoint. (transfer full) */
void fake_tracer_set_tracepoints (FakeTracer *self, TbusTracee *tracee, GPtrArray *tracepoints);

/* What @tracee was asked since the last call: "create-session, send-ring channel0, enable session". (transfer full) */
char *fake_tracer_take_log (FakeTracer *self, TbusTracee *tracee);
/* The handle of the first session that it has, and of the first channel called @name; 0: none. */
guint32 fake_tracer_get_session (FakeTracer *self, TbusTracee *tracee);
guint32 fake_tracer_get_channel (FakeTracer *self, TbusTracee *tracee, const char *name);
/* What it has: "session(channel0+1(tick:* -other))": "-" is not enabled, "+1" counts contexts. (transfer full) */
char *fake_tracer_describe (FakeTracer *self, TbusTracee *tracee);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeTracer, fake_tracer_free)

G_END_DECLS
