/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Metadata: one set's text, from the log that the service shares to the file "metadata".
 *
 * A reader of the file sees whole TSDL blocks at every moment: it grows page by page, each in one write, and the log
 * keeps blocks within pages. What comes with a larger block replaces the file as a whole.
 * Owner:   a set.
 * Threads: sync and written any; one lock, inside, held over the writing: a stream that finds new
 *          text has to wait until it is in the file, whoever writes it.
 */
#include "consumer/folder.h"
#include "consumer/problem.h"
#include "wire/log-layout.h"

#include <stdatomic.h>
#include <stdbool.h>

typedef struct {
  const TcFolder *folder; /* borrowed from the set */
  int log_fd;
  const TwLogHeader *log;
  _Atomic uint64_t written;

  pthread_mutex_t lock;
  int fd; /* this and below under @lock; -1: nothing was written yet */
  TcSubject subject;
} TcMetadata;

/* Whether the directory holds the description of another trace than the one of @log_fd. */
bool tc_metadata_is_of_other (int dir_fd, int log_fd);
/*
 * Makes *@path below @dir_fd, as tc_make_directory(); where that has the metadata of another trace, the next free name,
 * "*@path-1", which a successor finds to be ours: then *@path is that. It is the caller's, from malloc().
 */
int tc_metadata_make_directory (int dir_fd, char **path, int log_fd, bool *made);
/* Whether it reads the log of @log_fd. */
bool tc_metadata_reads (const TcMetadata *self, int log_fd);
/* Takes @log_fd if it succeeds. 0, or -1 with errno. */
int tc_metadata_init (TcMetadata *self, const TcFolder *folder, int log_fd, TcProblems *problems);
void tc_metadata_clear (TcMetadata *self);
/* Goes on with the file that a process left which died, where the folder has it. */
void tc_metadata_adopt (TcMetadata *self);
/* Whether somebody has removed the file. */
bool tc_metadata_is_gone (TcMetadata *self);
/* The folder is lost: all is to be written once more. */
void tc_metadata_restart (TcMetadata *self);
/* All that is published now is in the file when it returns 0; else -1 with errno, and the problem is told. */
int tc_metadata_sync (TcMetadata *self);
/* Whether a packet of @channel can be read, once all that is published now is in the file. */
bool tc_metadata_describes (TcMetadata *self, uint32_t channel);
/*
 * From now on the text is that of @log_fd, which is taken; the file is replaced by it as a whole. -1 with errno: all is
 * as before.
 */
int tc_metadata_replace (TcMetadata *self, int log_fd);
uint64_t tc_metadata_get_written (TcMetadata *self);
