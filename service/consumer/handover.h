/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Handover: the shared header area of a channel, as the tracer's library would send it to a session
 * daemon. There is no call that tells it otherwise.
 *
 * Threads: main; where the area is larger than what a socket holds, a short-lived thread sends while main receives.
 */
#include <stddef.h>

struct lttng_ust_ctl_consumer_channel;

enum { TC_MAX_HEADER = 1 << 20 }; /* as the tracer limits it */

/* *@header is allocated. 0, or -1 with errno. */
int tc_handover_header (struct lttng_ust_ctl_consumer_channel *ring, void **header, size_t *header_len);
