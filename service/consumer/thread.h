/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Thread: how the consumer's threads begin. Signals are for main, but for faults, which cannot be blocked and are not
 * meant.
 * Owner:   whoever starts it joins or detaches it.
 * Threads: any.
 */
#include <pthread.h>

/* 0, or -1 with errno. */
int tc_thread_start (pthread_t *thread, void *(*run) (void *data), void *data);
