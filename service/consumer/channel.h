/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Channel: the ring buffers of one channel of one set, and the streams that empty them.
 *
 * Owner:   a set.
 * Threads: main; its streams are their drains'.
 */
#include "consumer/output.h"
#include "consumer/stream.h"
#include "wire/wire.h"

typedef struct TcConsumer TcConsumer;
typedef struct TcSet TcSet;
typedef struct TcChannel TcChannel;

struct TcChannel {
  TcNode node;            /* key: the channel; not in the table once it is being closed */
  TcChannel *next_in_set;
  TcConsumer *consumer;
  TcSet *set;
  TwChannel config;       /* @name is ours */
  struct lttng_ust_ctl_consumer_channel *ring;
  int *files; /* n_streams, ours; NULL: anonymous memory, which is not ours to keep */
  void *header;
  size_t header_len;
  uint64_t memory_size;
  TcStream *streams;
  unsigned n_streams;

  _Atomic unsigned live;  /* streams that have not hung up */
  TcMail hung_up_mail;
  _Atomic bool active;    /* since its counters were told */
  TcMail active_mail;
  _Atomic bool stuck;     /* since the service was told */
  TcMail stuck_mail;
  TcTimer report;
  uint64_t reported_at;
  TcTimer switch_timer, read_timer;
  unsigned life;           /* the last of the service that asked for it */
  bool adopted;            /* nobody gets it from here any more */
  bool switching, reading; /* an operation of the timer runs */
};

/*
 * Makes the rings in @fds, n_streams empty shm files, which it seals; the caller still closes them. Of a set whose
 * rings are files it makes those, and @fds does not matter. NULL with @error.
 */
TcChannel *tc_channel_new (TcConsumer *consumer, TcSet *set, const TwChannel *config, const int *fds, TcError *error);
/*
 * The same for rings that a dead consumer made: @fds are as many memories, then pipes' read ends, of which it takes the
 * latter (and leaves -1). What its files hold is counted.
 */
TcChannel *tc_channel_adopt (TcConsumer *consumer, TcSet *set, const TwAdoption *adoption, int *fds, TcError *error);
/* Its streams are closed already. */
void tc_channel_free (TcChannel *self);

/* Whether @config describes this channel. */
bool tc_channel_matches (const TcChannel *self, const TwChannel *config);
/* Whether its rings are in @memories, one a stream. */
bool tc_channel_is_in (const TcChannel *self, const int *memories);
/*
 * What TW_ADD_CHANNEL hands over: 1 + 2 n descriptors, with files 1 + 3 n. @again: the first ones were closed when
 * they had been sent, the pipes are opened anew. *@to_close, and its content, is the caller's. 0, or -1 with errno.
 */
int tc_channel_get_fds (TcChannel *self, bool again, int **fds, size_t *n_fds);
void tc_channel_release_fds (const TcChannel *self, bool again, int *fds, size_t n_fds);
/* Once they were sent: only writers may hold write ends, or their going would not be seen. */
void tc_channel_close_write_ends (TcChannel *self);

void tc_channel_count (const TcChannel *self, TwCounters *counters);
