/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Ring files: the ring buffers of one set, where they are to outlive every process and even the system: files in a
 * directory of the session's owner, with a copy of the metadata beside them, from which events can be recovered.
 *
 * They go when their set is closed: then all of it is in the trace. Files cannot be sealed as anonymous memory is, so
 * only the owner's own apps may get them.
 * Owner:   a set.
 * Threads: main.
 */
#include "consumer/error.h"
#include "consumer/metadata.h"

typedef struct {
  char *path; /* absolute: the directory, below @base */
  size_t base_len;
  TcFolder folder;
  TcMetadata metadata;
} TcRingFiles;

typedef struct {
  const char *base;      /* absolute */
  const char *directory; /* below it, plain */
  int log_fd;            /* borrowed: what the metadata is a copy of */
  TcProblems *problems;
  TcLoop *loop;          /* main's */
} TcRingFilesPlace;

/* Makes both directories. NULL with @error. */
TcRingFiles *tc_ring_files_open (const TcRingFilesPlace *place, TcError *error);
/* Removes the directory with what is left in it, and what is empty above it up to @base. NULL is fine. */
void tc_ring_files_free (TcRingFiles *self);
bool tc_ring_files_are_at (const TcRingFiles *self, const char *base);
/* @n new files, "NAME_0" and so on; *@fds is the caller's. 0, or -1 with errno and none of them. */
int tc_ring_files_make (TcRingFiles *self, const char *name, unsigned n, int **fds);
void tc_ring_files_remove (TcRingFiles *self, const char *name, unsigned n);
/* The copy of the metadata has all that is published; where it cannot be written, that is told. NULL is fine. */
void tc_ring_files_sync (TcRingFiles *self);
/* From now on the text is that of @log_fd, of which it takes a copy. NULL is fine. 0, or -1 with errno. */
int tc_ring_files_replace_metadata (TcRingFiles *self, int log_fd);
