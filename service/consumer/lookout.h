/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Lookout: says when something may have happened to directories that traces are written to.
 *
 * The kernel tells: of what is removed in them, and of every change of what is mounted where. So nothing is done while
 * nothing happens; and many changes at once, as when a tree is removed, are one word, a little later.
 * Owner:   the consumer.
 * Threads: main.
 */
#include "consumer/loop.h"

typedef struct TcLookout TcLookout;
struct TcLookout {
  TcLoop *loop;
  void (*changed) (TcLookout *self); /* look at all of them */
  TcWatch files;  /* inotify; -1: there is none, and writing will show */
  TcWatch mounts; /* the same */
  TcTimer timer;
};

/* What it cannot have it does without. */
void tc_lookout_init (TcLookout *self, TcLoop *loop, void (*changed) (TcLookout *self));
void tc_lookout_clear (TcLookout *self);
/* Also watches the directory of @dir_fd. Returns: what to forget it by; -1: it is not watched. */
int tc_lookout_add (TcLookout *self, int dir_fd);
void tc_lookout_remove (TcLookout *self, int watch);
/* Something has happened, as somebody else has seen: a write that failed. */
void tc_lookout_rouse (TcLookout *self);
