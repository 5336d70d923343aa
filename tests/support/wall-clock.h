/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Wall clock: one that a test can move, of a service, its consumers and its programs. The machine's is left alone, and
 * so are the test's own and the bus's.
 *
 * Owner:   the test's fixture; it goes before the service does.
 * Threads: main.
 */
#include "support/service.h"

G_BEGIN_DECLS

typedef struct TstWallClock TstWallClock;

/* Of all that @service, which does not run yet, starts from now on, itself too. */
TstWallClock *tst_wall_clock_new (TstService *service);
void tst_wall_clock_free (TstWallClock *self);
/* Starts the service with it: tst_service_start() would leave consumers theirs. */
void tst_wall_clock_start_service (TstWallClock *self);
/* It jumps by so many seconds, which may be less than none. */
void tst_wall_clock_jump (TstWallClock *self, double seconds);
/* Microseconds since 1970, by this clock. */
guint64 tst_wall_clock_read (TstWallClock *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstWallClock, tst_wall_clock_free)

G_END_DECLS
