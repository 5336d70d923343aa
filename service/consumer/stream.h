/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Stream: one cpu's ring buffer of a channel, and where its packets go.
 *
 * A packet that cannot be written stays where it is, and is tried again: meanwhile the ring fills, and the tracer
 * counts what it discards. At the end, when nobody would try again, there is the file's reserve; only what finds no
 * room there either is dropped.
 *
 * Owner:   a channel.
 * Threads: made by main, then its drain's until tc_stream_close(); counters may be read by any.
 */
#include "consumer/drain.h"
#include "consumer/metadata.h"
#include "consumer/ring-guard.h"
#include "consumer/stage.h"
#include "consumer/trace-file.h"

#include <sys/types.h>

struct lttng_ust_ctl_consumer_stream;

typedef struct {
  _Atomic uint64_t bytes_written, packets_written;
  _Atomic uint64_t events_discarded, packets_lost;
  _Atomic uint64_t bytes_dropped;
} TcStreamCounters;

typedef struct TcStream TcStream;

/* What a stream tells its channel, from its drain if nothing else is said. */
typedef struct {
  void (*active) (TcStream *stream);  /* its counters have changed; also from the writer */
  void (*hung_up) (TcStream *stream); /* no writer is left, and all is in the file; once */
  void (*stuck) (TcStream *stream);   /* a packet is not finished for so long that its writer may be dead */
  void (*settled) (TcStream *stream); /* what was in the staging pool is in the file, or in vain */
} TcStreamFuncs;

/* A packet that is not finished, and what is known of it; see unfinished.c. */
typedef struct {
  TcAnatomies *anatomies; /* the consumer's */
  TcTimer look;           /* whether it still is not */
  unsigned long position; /* that is looked at */
  bool in_the_making;     /* the packet that is written now is looked at, not the one that is read next */
  bool told;              /* the service was asked about @position */
  uint64_t told_at;
  unsigned long told_produced; /* how far writers were then */
  bool kept;              /* the one at @position never will be; there was no room for what is left of it */
  unsigned long inherited;     /* what was begun before may have been left by a dead consumer */
} TcUnfinished;

struct TcStream {
  const TcStreamFuncs *funcs;
  void *channel;
  TcDrain *drain;
  TcMetadata *metadata; /* the set's */
  TcFolder *folder;     /* the same */
  unsigned folder_number; /* that @file is in */
  unsigned looks;         /* of the folder, when @file was there last */
  TcSubject subject;
  TcWatch watch;        /* the wake-up pipe's read end; the library's, or that of a dead one */
  TcTimer again;
  unsigned wake_ups;    /* since the pipe was emptied */
  bool watched;
  bool overwrites;      /* the ring's mode */
  bool by_timer;        /* read when a timer says so: the pipe tells of hang-up only */
  bool quiescent;       /* its last packet was closed at a stop, and no start came since */
  bool done;            /* hung up, or beyond use */
  bool owns_pipe;       /* watch.fd is ours to close */
  bool maybe_written;   /* adopted: the next packet may be the last of the file */
  bool hollow;          /* and that one may have been begun only */
  bool resync;          /* adopted, without a file: the next packet says where its numbers stand */
  bool held;            /* the packet at @offset is taken from the ring, and not let go of yet */
  bool last_chance;     /* what cannot be written now is dropped */
  bool thorough;        /* all has to be read: where there is no room for it, that is waited for */
  bool starved;         /* there was no room in the pool */
  bool by_position;     /* packets lie where the view says, and the library need not be asked */
  bool probed;          /* whether they do is known */
  bool enlarged;        /* the ring is busy, and large pages were asked for */
  unsigned n_calm;      /* packets in a row before which nothing was discarded */
  uint64_t expected;    /* packets of the stage: they are waited for */
  bool closing;         /* hung up, and told once the writer is done */
  bool ending;          /* no packet follows those that are there */

  struct lttng_ust_ctl_consumer_stream *ring;
  TcRingView view;
  TcRingGuard guard; /* through which the library is asked */
  uint64_t not_before;  /* the library slept for nothing, or the disk is full: no packet is asked for until then */
  uint64_t patience;    /* how long it is left alone the next time */
  unsigned long offset; /* in @memory, of what was taken last */
  dev_t device; /* of the ring's memory, and its inode */
  ino_t inode;
  TcUnfinished unfinished;
  TcAnatomy anatomy;    /* of the ring; where @by_position */
  const uint8_t *memory;
  size_t memory_len;
  unsigned max_packets; /* that the ring can hold */
  uint64_t taken_at;      /* when packets were there last */
  uint64_t pace;          /* ns from packet to packet, of late */
  _Atomic uint64_t cost;  /* ns to write one, of late: by the drain or, while packets are staged, by the writer */
  uint64_t pressed_until; /* the ring was nearly full: until then, packets go to the pool */
  TcTraceFile file;     /* the writer's while the stage is busy */
  TcStage stage;
  TcSubject staged_subject; /* the writer's */
  uint64_t next_sequence; /* of packets; the ring's first is 0 */
  unsigned long last_discarded;
  TcStreamCounters counters;
};

/*
 * Before: funcs, channel, drain, metadata, folder, subject.problems, by_timer, overwrites, max_packets,
 * unfinished.anatomies, file and stage. Takes @ring, whose memory is @fd, if it succeeds. 0, or -1 with errno.
 */
int tc_stream_init (TcStream *self, struct lttng_ust_ctl_consumer_stream *ring, int fd);
/*
 * After it: goes on with the ring in @memory, which a dead consumer made, and with its file; @ring is of the same
 * shape, in @fresh, and nobody has it yet. Takes @pipe, the wake-up pipe's read end, if it succeeds. @told: the
 * channel's files had packets already, as the dead one said. 0, or -1 with errno.
 */
int tc_stream_adopt (TcStream *self, int fresh, int memory, int pipe, bool told);
/* From now on it is the drain's. 0, or -1 with errno. */
int tc_stream_attach (TcStream *self);
/* Reads all that was delivered before. */
void tc_stream_read (TcStream *self);
/*
 * Delivers the current packet and reads all; @final: also one without events, at the first stop since a start, and
 * what cannot be written is dropped.
 */
void tc_stream_flush (TcStream *self, bool final);
/* The same at the end, or where nobody who is alive is within an event: what is not finished never will be. */
void tc_stream_finish (TcStream *self);
void tc_stream_resume (TcStream *self);
/* What it has taken from its ring so far is to be in the file. */
void tc_stream_expect (TcStream *self);
/* Whether that, or @all, is in the file, or cannot be written for now; if not, it will be told. */
bool tc_stream_is_settled (TcStream *self, bool all);
/* The same; and nothing is recorded any more. A stream that has never recorded anything leaves no file then. */
void tc_stream_end (TcStream *self);
/* Ends, closes the file, frees the ring. It is settled. Main's, too, for a stream that was never attached. */
void tc_stream_close (TcStream *self);

/* unfinished.c */

/* Somebody may have died while writing: looks for what they left. */
void tc_stream_inspect (TcStream *self);
/* Whatever was begun before @told_at, the time of a word to the service, and is not finished, never will be. */
void tc_stream_mend (TcStream *self, uint64_t told_at);

/*
 * Where the packet at @position of the ring begins, its @sequence number, and when it @began; NULL where its writer did
 * not come that far, or another one is there by now.
 */
const uint8_t *tc_stream_find_packet (const TcStream *self, unsigned long position, uint64_t *sequence,
                                      uint64_t *began);

/* For unfinished.c. Nothing is left to read: whether that is all there is. */
void tc_stream_notice (TcStream *self);
void tc_stream_unfinished_init (TcStream *self);
/* Nothing that is not finished will be. Whether there was something. */
bool tc_stream_mend_all (TcStream *self);
/* stream-read.c; for stream.c and unfinished.c: */

enum { TC_SHORTEST_PATIENCE = 100000000 };

/* How many packets are done with: @max, or a few more, where there are as many. */
unsigned tc_stream_read_up_to (TcStream *self, unsigned max);
typedef enum {
  TC_STREAM_KEPT,    /* it cannot be written, for now */
  TC_STREAM_DROPPED, /* nor ever, and is counted as lost */
  TC_STREAM_WRITTEN, /* or staged, or without events and dropped */
} TcStreamFate;
/* Writes @packet, whose first page is the first of the drain's and whose rest is in @subbuffer. */
TcStreamFate tc_stream_write (TcStream *self, const uint8_t *subbuffer, const TcPacket *packet);
/* The ring is broken, and is not read any more. False. */
bool tc_stream_spoil (TcStream *self);
/* Whether @n packets can be written from the ring before it is full, at the pace that it had, and without much luck. */
bool tc_stream_has_time (const TcStream *self, unsigned n);
/* Of a stream that goes on with a dead one's file: what that one had in the staging pool comes first. */
void tc_stream_claim_staged (TcStream *self);

/* stream-write.c; for the others: */

extern const TcStageFuncs tc_stream_stage_funcs;

typedef struct {
  TcSubject *subject; /* that has the problem where not all are written */
  struct iovec *parts; /* of all packets; changed */
  const TcPacket *packets;
  unsigned n;
  bool last_chance;   /* also into the file's reserve */
} TcAppend;

/* To the file, whose owner the caller is. How many were written. */
unsigned tc_stream_append (TcStream *self, const TcAppend *append);
/* To the pool. False: there is no room. */
bool tc_stream_stage (TcStream *self, const struct iovec parts[2], const TcPacket *packet);
/* A packet is lost; one that holds no event is no loss. */
void tc_stream_count_dropped (TcStream *self, const TcPacket *packet);
void tc_stream_count_lost (TcStream *self); /* one packet */
void tc_stream_count (_Atomic uint64_t *counter, uint64_t by);
/* The writer has something done, or nothing to do. */
void tc_stream_go_on (TcStream *self);
