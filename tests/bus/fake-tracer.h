/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fake tracer: apps that do what they are asked, from main's loop, but for one that is frozen.
 *
 * Owner:   the rig. Threads: main.
 */
#include "core/core.h"

G_BEGIN_DECLS

typedef struct TstFakeTracer TstFakeTracer;

TstFakeTracer *tst_fake_tracer_new (void);
void tst_fake_tracer_free (TstFakeTracer *self);
TbusTracer tst_fake_tracer_port (TstFakeTracer *self);

/* An app of this process and user registers with @core. (transfer full) */
TbusTracee *tst_fake_tracer_register (TstFakeTracer *self, TbusCore *core, const char *name, uid_t uid);
/* Frozen, it does nothing; @core is told. */
void tst_fake_tracer_freeze (TstFakeTracer *self, TbusCore *core, TbusTracee *tracee, gboolean frozen);
/* As frozen, but nobody has noticed yet. NULL: none any more. */
void tst_fake_tracer_hold (TstFakeTracer *self, TbusTracee *tracee);
/* How many jobs wait. */
guint tst_fake_tracer_waiting (TstFakeTracer *self);
void tst_fake_tracer_leave (TstFakeTracer *self, TbusCore *core, TbusTracee *tracee);
/* How many tracepoints each app has: "tst:event0" and so on; of too many it lists the first. */
void tst_fake_tracer_set_tracepoints (TstFakeTracer *self, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstFakeTracer, tst_fake_tracer_free)

G_END_DECLS
