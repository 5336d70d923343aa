/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/set.h"

#include "consumer/consumer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_TRACES = 10000 }; /* in one place */

/* Another session may write to the same output, or have written to it: its traces are left alone. */
static int
make_directory (TcSet *self, int log_fd, TcError *error)
{
  size_t size = strlen (self->directory) + sizeof "-4294967295";
  char *path = malloc (size);
  int fd = -1;

  if (path == NULL)
    return tc_error (error, ENOMEM, "No memory for the directory %s", self->directory);
  strcpy (path, self->directory);
  for (unsigned n = 1; n <= MAX_TRACES; n++)
    {
      fd = tc_make_directory (self->output->dir_fd, path);
      if (fd < 0 || !tc_metadata_is_of_other (fd, log_fd))
        break;
      close (fd);
      fd = -1;
      errno = EEXIST;
      snprintf (path, size, "%s-%u", self->directory, n);
    }
  free (path);
  return fd >= 0 ? fd : tc_error (error, errno, "Cannot make the directory %s/%s", self->output->path, self->directory);
}

static int
set_up (TcSet *self, int log_fd, TcError *error)
{
  self->dir_fd = make_directory (self, log_fd, error);
  if (self->dir_fd < 0)
    return -1;
  if (tc_metadata_init (&self->metadata, self->dir_fd, log_fd, &self->output->problems) < 0)
    {
      tc_error (error, errno, "Cannot read the metadata log of %s", self->directory);
      close (self->dir_fd);
      return -1;
    }
  /* Where it cannot be written yet, that is told, and packets wait for it. */
  (void) tc_metadata_sync (&self->metadata);
  return 0;
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
  if (set_up (self, log_fd, error) == 0)
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
  tc_metadata_clear (&self->metadata);
  close (self->dir_fd);
  tc_output_unref (self->output);
  free (self->directory);
  free (self);
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
