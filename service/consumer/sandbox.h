/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Sandbox: what a consumer cannot do any more once it empties rings, whoever tells it to.
 *
 * A program that is recorded writes to memory that the consumer reads. Should one ever find a way to make the
 * consumer do what it was not written for, it finds there: the owner's rights, no capability, none of the calls that
 * make sockets, processes or code, and no descriptor but the link and what the link has brought.
 *
 * The filter lists what is needed. Everything else answers as if the kernel did not have it, so that libraries take
 * the way that they know for older kernels, and the kernel's log tells; a call that no library makes by itself
 * (another program, another process's memory), or one of another architecture, ends the process. What costs a
 * network namespace buys nothing more: without socket(), there is nothing that could use a network.
 *
 * A build with a sanitizer allows what its reports need. It is not for production.
 *
 * Threads: main, once. It holds for all threads, also those that are there.
 */

/* Closes all descriptors after @last. 0, or -1 with errno. */
int tc_sandbox_close_others (int last);
/* For good. After what opens sockets or loads code: the name service, plugins. 0, or -1 with errno. */
int tc_sandbox_enter (void);
