/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Ring pages: large pages beneath a ring that is busy.
 *
 * The disk reads a packet from where it lies: of 128 small pages each is looked up, held, and told to the device, which
 * is half of what a direct write costs. Large pages need not be there when a ring is made, which many never fill.
 * Owner: none.
 */
#include "consumer/loop.h"
#include "consumer/ring-view.h"

/*
 * The memory of @view may move, and is in large pages some time later, as far as the system has them, and a large page
 * fits into it. That takes a millisecond or a few, on @loop, and meanwhile who writes there may have to wait for some
 * hundred microseconds. @view may be cleared before. False: another ring's turn is not over, and this one is to be
 * tried again. Any thread that has @view to itself.
 */
bool tc_ring_pages_enlarge (TcRingView *view, TcLoop *loop);
