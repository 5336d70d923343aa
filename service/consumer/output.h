/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Output: the directory below which one session's traces are written.
 *
 * The process has the owner's rights, so the kernel decides what may be opened. Everything below the directory is
 * reached through its descriptor, without following symbolic links.
 * Owner:   counted: the session's table entry, and each of its sets.
 * Threads: main.
 */
#include "consumer/error.h"
#include "consumer/problem.h"
#include "consumer/table.h"

typedef struct {
  TcNode node; /* key: the session */
  unsigned refs;
  unsigned life; /* the last of the service that asked for it */
  int dir_fd;
  bool there;  /* what @dir_fd stands for is the output, or was when somebody looked last */
  char *path;  /* absolute */
  char *mount; /* where its file system is mounted, and always was; NULL: nobody knows */
  bool elsewhere;     /* who gave it sees other mounts than this process */
  bool by_descriptor; /* it was given as one: who gave it may be the only one who knows the way */
  TcProblems problems;
} TcOutput;

/* Where an output is to be: by a path, or by a descriptor that came with a request. */
typedef struct {
  char *path; /* absolute; of a descriptor, what the kernel calls it */
  int fd;     /* borrowed; -1: by the path */
  const char *mount; /* borrowed; "": it may be made; else where it was before: see TwOutput */
} TcPlace;

/* Asks the name service for the home of the process's own user, which may take its time: once, before all else. */
void tc_output_find_home (void);
/* @fd: -1, or a directory, and then the path does not matter. "~/x" is below that home. */
int tc_place_init (TcPlace *self, const TwOutput *wanted, int fd, TcError *error);
/* Also after a failure. */
void tc_place_clear (TcPlace *self);

/* Whether it could be made and written: 0, or -1 with @error. Makes nothing. */
int tc_output_check (const TcPlace *place, TcError *error);
/*
 * Makes the directory where it is missing, and opens it; one that was there before may also be away, see
 * tc_output_find(). @problems are the caller's to initialise. NULL with @error.
 */
TcOutput *tc_output_open (uint64_t session, const TcPlace *place, TcError *error);
bool tc_output_is_at (const TcOutput *self, const TcPlace *place);
/*
 * Whether the directory is there. Where it was removed, or unmounted, another one at its path takes its place; but not
 * the one below, on which its file system was mounted.
 */
bool tc_output_find (TcOutput *self);
TcOutput *tc_output_ref (TcOutput *self);
/* The last one closes it. */
void tc_output_unref (TcOutput *self);

/* Whether @path is a relative path without empty, "." or ".." components. */
bool tc_path_is_plain (const char *path);
/*
 * Makes @path, a plain one, below @dir_fd and opens it. No component may be a symbolic link. Sets *@made: it was not
 * there. -1 with errno.
 */
int tc_make_directory (int dir_fd, const char *path, bool *made);
