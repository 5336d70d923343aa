/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * One app: played by hand, registered with a real tracer side, and a job for it that is empty yet. A fixture.
 *
 * Owner: the test. Threads: main.
 */
#include "fake-app.h"
#include "side.h"

G_BEGIN_DECLS

typedef struct {
  TstSide *side;
  TstFakeApp app;
  TbusTracee *tracee; /* borrowed */
  TbusBufferSet *set;
  TbusJob *job; /* not ours any more once it is submitted */
} TstOneApp;

void tst_one_app_set_up (TstOneApp *self, gconstpointer data);
/* Checks that nothing is bound to the set any more. */
void tst_one_app_tear_down (TstOneApp *self, gconstpointer data);

G_END_DECLS
