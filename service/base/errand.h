/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Errand: what a worker is at, and since when, for whoever asks what keeps the service.
 *
 * Owner:   the worker, from its begin to its end.
 * Threads: any; one lock, inside.
 */
#include "base/thread.h"

G_BEGIN_DECLS

typedef struct TbusErrand TbusErrand;

/* @doing: static. */
TbusErrand *tbus_errand_begin (const char *doing);
void tbus_errand_end (TbusErrand *self);
/* Returns: (transfer full): TbusHealth of each that is under way, the oldest first. */
GArray *tbus_errand_list (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusErrand, tbus_errand_end)

G_END_DECLS
