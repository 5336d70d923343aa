/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/set.h"

#include "consumer/consumer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEEK = 500000000 }; /* ns between two looks for a directory that is not there */

/* Another session may write to the same output, or have written to it: its traces are left alone. *@made: it is new. */
static int
make_directory (TcSet *self, int log_fd, bool *made, TcError *error)
{
  char *path = strdup (self->directory);
  int fd = path != NULL ? tc_metadata_make_directory (self->output->dir_fd, &path, log_fd, made) : -1;
  int errnum = errno;

  free (path);
  if (fd >= 0)
    return fd;
  return tc_error (error, errnum, "Cannot make the directory %s/%s", self->output->path, self->directory);
}

/* What keeps it from being there may end. */
static bool
may_come (int errnum)
{
  return tc_problem_of_errno (errnum) != TC_PROBLEM_WRITE_FAILED || errnum == EROFS || errnum == EACCES;
}

static void
missing (TcSet *self, int errnum, const char *message)
{
  tc_problem_begin (&self->subject, tc_problem_of_errno (errnum), errnum, "%s", message);
  tc_loop_arm (self->consumer->loop, &self->seek, tc_now () + SEEK);
}

/* Where there is no room for it, again and again: it may be that no packet comes that would need it. */
static int
sync_metadata (TcSet *self)
{
  int result = tc_metadata_sync (&self->metadata);
  int errnum = errno;

  if (result < 0)
    tc_loop_arm (self->consumer->loop, &self->seek, tc_now () + SEEK);
  errno = errnum;
  return result;
}

/* The directory of @fd is the one now. Where the metadata cannot be written yet, that is told, and packets wait. */
static int
settle (TcSet *self, int fd, bool made)
{
  if (tc_folder_become (&self->folder, fd) < 0)
    return -1;
  self->watch = tc_lookout_add (&self->consumer->lookout, self->folder.fd);
  if (!made)
    tc_metadata_adopt (&self->metadata);
  (void) sync_metadata (self);
  tc_problem_end (&self->subject, TC_WRITE_PROBLEMS);
  return 0;
}

static void
on_seek (TcTimer *timer)
{
  TcSet *self = TC_CONTAINER (timer, TcSet, seek);
  TcError error;
  bool made;
  int fd;

  if (atomic_load (&self->folder.there))
    {
      (void) sync_metadata (self);
      return;
    }
  fd = tc_output_find (self->output) ? make_directory (self, self->metadata.log_fd, &made, &error) : -1;

  if (fd < 0 || settle (self, fd, made) < 0)
    tc_loop_arm (self->consumer->loop, &self->seek, tc_now () + SEEK);
}

static void
lose (TcSet *self)
{
  char message[256];

  snprintf (message, sizeof message, "The directory %.100s of %.100s was removed or unmounted", self->directory,
            self->output->path);
  tc_folder_lose (&self->folder);
  tc_metadata_restart (&self->metadata);
  tc_lookout_remove (&self->consumer->lookout, self->watch);
  self->watch = -1;
  missing (self, ENOENT, message);
}

void
tc_set_look (TcSet *self)
{
  if (!atomic_load (&self->folder.there))
    return;
  atomic_fetch_add (&self->folder.looks, 1);
  if (tc_is_gone (self->folder.fd, self->output->elsewhere) || tc_metadata_is_gone (&self->metadata))
    lose (self);
  else if (faccessat (self->folder.fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
    tc_problem_begin (&self->subject, TC_PROBLEM_WRITE_FAILED, errno, "Cannot write to the directory %s of %s: %s",
                      self->directory, self->output->path, strerror (errno));
  else
    tc_problem_end (&self->subject, 1u << TC_PROBLEM_WRITE_FAILED);
}

static void
on_doubt (TcFolder *folder)
{
  tc_set_look (TC_CONTAINER (folder, TcSet, folder));
}

/* What only a set whose rings are files has. */
static int
set_up_files (TcSet *self, const TwSet *config, TcError *error)
{
  if (config->shm_path[0] == '\0')
    return 0;
  self->files = tc_ring_files_open (&(TcRingFilesPlace) {
    .base = config->shm_path,
    .directory = self->directory,
    .log_fd = self->metadata.log_fd,
    .problems = &self->output->problems,
    .loop = self->consumer->loop,
  }, error);
  return self->files != NULL ? 0 : -1;
}

/* The log stays the caller's. */
static void
undo (TcSet *self)
{
  tc_ring_files_free (self->files);
  self->metadata.log_fd = -1;
  tc_metadata_clear (&self->metadata);
  tc_folder_clear (&self->folder);
}

static int
set_up (TcSet *self, const TwSet *config, int log_fd, TcError *error)
{
  bool made;
  int fd;

  self->watch = -1;
  self->seek.fire = on_seek;
  self->subject.problems = &self->output->problems;
  if (tc_folder_init (&self->folder, self->consumer->loop, on_doubt) < 0
      || tc_metadata_init (&self->metadata, &self->folder, log_fd, &self->output->problems) < 0)
    {
      tc_error (error, errno, "Cannot read the metadata log of %s", self->directory);
      tc_folder_clear (&self->folder);
      return -1;
    }
  if (set_up_files (self, config, error) < 0)
    {
      undo (self);
      return -1;
    }
  fd = self->output->there ? make_directory (self, log_fd, &made, error)
                           : tc_error (error, ENOENT, "The output %s was removed or unmounted", self->output->path);
  if (fd >= 0 && settle (self, fd, made) == 0)
    return 0;
  if (fd >= 0)
    tc_error (error, errno, "Cannot use the directory %s", self->directory);
  if (may_come (error->errnum))
    {
      missing (self, error->errnum, error->message);
      return 0;
    }
  undo (self);
  return -1;
}

TcSet *
tc_set_new (TcConsumer *consumer, TcOutput *output, const TwSet *config, int log_fd, TcError *error)
{
  TcSet *self = calloc (1, sizeof *self);

  if (self == NULL || (self->directory = strdup (config->directory)) == NULL)
    {
      free (self);
      tc_error (error, ENOMEM, "No memory for the directory %s", config->directory);
      return NULL;
    }
  self->node.key = config->set;
  self->consumer = consumer;
  self->output = tc_output_ref (output);
  self->session = config->session;
  self->timer_us = config->metadata_timer_us;
  if (set_up (self, config, log_fd, error) == 0)
    return self;
  tc_output_unref (output);
  free (self->directory);
  free (self);
  return NULL;
}

void
tc_set_free (TcSet *self)
{
  (void) tc_metadata_sync (&self->metadata);
  tc_loop_disarm (self->consumer->loop, &self->timer);
  tc_loop_disarm (self->consumer->loop, &self->seek);
  tc_lookout_remove (&self->consumer->lookout, self->watch);
  tc_problem_end (&self->subject, TC_ALL_PROBLEMS);
  tc_ring_files_free (self->files);
  tc_metadata_clear (&self->metadata);
  tc_folder_clear (&self->folder);
  tc_output_unref (self->output);
  free (self->directory);
  free (self);
}

bool
tc_set_matches (const TcSet *self, const TwSet *config)
{
  const char *shm_path = config->shm_path;

  return self->session == config->session && strcmp (self->directory, config->directory) == 0
    && self->timer_us == config->metadata_timer_us
    && (self->files != NULL ? tc_ring_files_are_at (self->files, shm_path) : shm_path[0] == '\0');
}

int
tc_set_sync_metadata (TcSet *self)
{
  tc_ring_files_sync (self->files);
  return sync_metadata (self);
}

int
tc_set_replace_metadata (TcSet *self, int log_fd)
{
  if (tc_metadata_replace (&self->metadata, log_fd) < 0)
    return -1;
  /* The copy goes with it, or goes on with the text before: it describes the same events. */
  (void) tc_ring_files_replace_metadata (self->files, log_fd);
  return 0;
}

void
tc_set_add_channel (TcSet *self, TcChannel *channel)
{
  channel->next_in_set = self->channels;
  self->channels = channel;
  self->n_channels++;
}

void
tc_set_remove_channel (TcSet *self, TcChannel *channel)
{
  TcChannel **link = &self->channels;

  while (*link != channel)
    link = &(*link)->next_in_set;
  *link = channel->next_in_set;
  self->n_channels--;
}
