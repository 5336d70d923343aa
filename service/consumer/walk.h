/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Walk: reaching a directory by its path, one component after the other, each by the descriptor of the one before.
 *
 * A symbolic link is followed only where root or this process's own user made it: others could point one to a
 * place that this user may write and they may not. Hard links and moves cannot bring in one of ours: making them takes
 * rights in the folder that it stands in.
 *
 * Owner: the caller has the descriptor. Threads: any.
 */
#include "consumer/error.h"

#include <stdbool.h>

enum { TC_MODE_DIRECTORY = 0770 }; /* of what is made */

typedef enum {
  TC_WALK_MAKE,    /* what is missing is made */
  TC_WALK_NEAREST, /* to the nearest ancestor that is there */
  TC_WALK_THERE,   /* what is missing is an error */
} TcWalkMode;

/* The directory @path, which is absolute, with O_PATH. -1 with @error. */
int tc_walk (const char *path, TcWalkMode mode, TcError *error);
