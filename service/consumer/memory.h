/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Memory: shm files for rings that no app ever has.
 *
 * Owner: the caller. Threads: any.
 */

/* @n empty shm files. NULL with errno. */
int *tc_memory_new (unsigned n);
/* Closes those of @fds that are not -1. */
void tc_memory_free (int *fds, unsigned n);
