/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Set: the buffers of one trace: a directory, a metadata file, channels.
 *
 * Owner:   the consumer's table.
 * Threads: main; the metadata any.
 */
#include "consumer/channel.h"
#include "consumer/ring-files.h"

struct TcSet {
  TcNode node;      /* key: the set; not in the table once it is being closed */
  TcConsumer *consumer;
  TcOutput *output; /* a reference */
  uint64_t session;
  char *directory;
  TcFolder folder;
  int watch;         /* of the lookout; -1: none */
  TcTimer seek;      /* while the folder is not there */
  TcSubject subject; /* that it is not */
  TcMetadata metadata;
  TcRingFiles *files; /* NULL: rings are anonymous memory */
  TcTimer timer;
  uint32_t timer_us;
  TcChannel *channels;
  unsigned n_channels;
  unsigned life; /* the last of the service that asked for it */
};

/*
 * Makes the directory, and the metadata file if there is text already and room for it; what is impossible only now is
 * done later. Takes @log_fd if it succeeds. NULL with @error.
 */
TcSet *tc_set_new (TcConsumer *consumer, TcOutput *output, const TwSet *config, int log_fd, TcError *error);
/* Writes what is published, once more. Its channels are gone. */
void tc_set_free (TcSet *self);
/* Finds out whether its directory is still there; looks for another where it is not. */
void tc_set_look (TcSet *self);
/* Whether @config asks for this one. */
bool tc_set_matches (const TcSet *self, const TwSet *config);
/* All that is published now is in the file when it returns 0; else -1 with errno. */
int tc_set_sync_metadata (TcSet *self);
/* Takes @log_fd if it succeeds; else -1 with errno, and the text is what it was. */
int tc_set_replace_metadata (TcSet *self, int log_fd);
void tc_set_add_channel (TcSet *self, TcChannel *channel);
void tc_set_remove_channel (TcSet *self, TcChannel *channel);
