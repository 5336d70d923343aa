/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Clock: what stamps events. The tracer's library reads it in apps and, for the packets that a flush closes, here: both
 * load the plugin that LTTNG_UST_CLOCK_PLUGIN names, where it does. So this process can tell what clock it is.
 *
 * Threads: loop.
 */
#include "wire/wire.h"

/* Fills @clock, comparing it with the wall clock; its strings live as long as the plugin. */
void tc_clock_read (TwClock *clock);
