/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Wire: what tracebusd and a consumer say to each other, over one inherited SOCK_SEQPACKET link.
 *
 * Requests go from the service to the consumer. Each carries a serial and is answered exactly once
 * by TW_REPLY with that serial; a request is idempotent: a key that is there already with the same
 * content is answered as if it had just been made. Events go from the consumer to the service and
 * are not answered. A reply with a status other than 0 has one string as body: what failed.
 * The service does not believe a consumer, which runs as a user: counts and lengths are bounded, a
 * key that it does not own is refused, seals of shared memory are checked by the service itself.
 *
 * Owner: none; plain layouts. Each tw_put_x() writes what tw_get_x() reads; get answers false for
 * anything malformed. Strings of a get borrow from the reader's buffer. libc only.
 */
#include "wire/codec.h"

enum { TW_VERSION = 1, TW_LINK_FD = 3, TW_MAX_STREAMS = 4096 };

typedef enum {
  TW_REPLY = 1,

  /* requests */
  TW_HELLO = 16,    /* TwHello, 0 or 1 fd -> TwHello, 0 or 1 fd. First, and again from a service that came back:
                       answered when all that the former one asked for is done. The descriptor is the staging pool:
                       what comes with the answer is kept, for the hello to the successor of one that is killed. */
  TW_CHECK_OUTPUT,  /* TwOutput, 0 or 1 fd -> str: the absolute path. Makes nothing. */
  TW_OPEN_OUTPUT,   /* TwOutput, 0 or 1 fd -> str: the absolute path; str: where its file system is mounted, "" where it
                       came as a descriptor. Makes the directory, keeps it open; or does not make it, see there. */
  TW_CLOSE_OUTPUT,  /* u64 session -> empty */
  TW_ADD_SET,       /* TwSet, 1 fd: the metadata log -> empty. Makes its directory and metadata file. */
  TW_ADD_CHANNEL,   /* TwChannel, n_streams fds: empty shm files -> TwChannelMade with 1 + 2 n fds. Of a set whose rings
                       are files none come, and the answer has them behind the others: 1 + 3 n. */
  TW_PUSH,          /* TwPush -> u64: bytes of metadata that are in the file */
  TW_RESUME,        /* u64 session -> empty. The session was started: its streams are live again. */
  TW_FLUSH,         /* TwFlush -> TwCountersList. Answered when all that was written before is in the files. */
  TW_CLOSE_SET,     /* u64 set -> TwCountersList. Drains all, closes the files, frees the rings. */
  TW_CLOSE_CHANNEL, /* u64 channel -> TwCountersList. The same for one channel; also undoes TW_ADD_CHANNEL. */
  TW_DESCRIBE,      /* empty -> TwDescription: all that it holds */
  TW_READ_CLOCK,    /* empty -> TwClock. What stamps events, as the tracer's library knows it, compared anew. */
  TW_REPLACE_METADATA, /* u64 set, 1 fd: another metadata log -> u64: bytes that are in the file, which are its text.
                          The file says the one text or the other at every moment. */
  TW_ADOPT_CHANNEL, /* TwAdoption, 2 n_streams fds -> TwCountersList. Goes on with the rings of a dead consumer. */
  TW_SETTLE,        /* empty -> empty. All was asked for that is to be here: what was not since the last TW_HELLO is
                       closed like anything else, before the answer. */
  TW_INSPECT,       /* u64 set -> empty. Who wrote there has gone: perhaps in the middle of an event. */
  TW_MEND,          /* TwUnfinished -> TwCountersList. Whoever is alive is through with all that it had begun when that
                       was told: what is not finished never will be, and the rings go on without it. */

  /* events */
  TW_METADATA_REQUEST = 64, /* u64 set. Its metadata timer ticked; answered by TW_PUSH, also with nothing new. */
  TW_COUNTERS,              /* TwCountersList. After activity, at most once a second. */
  TW_HANGUP,                /* u64 channel. Every writer has gone and all of it is in the files. */
  TW_PROBLEM,               /* TwProblem */
  TW_UNFINISHED,            /* TwUnfinished. A packet is not finished, for so long that its writer may be dead. */
  TW_OUTPUT_STUCK,          /* u64. 1: a file system keeps it waiting, told each second as long as that lasts; 0: it
                               goes on. Before that nothing is answered that needs the file system. */
} TwType;

typedef struct {
  uint32_t version; /* TW_VERSION */
  uint32_t bits;    /* of a long: the replying consumer's */
  uint64_t pid;
} TwHello;

/* A descriptor that comes along is the directory, whatever the path says. */
typedef struct {
  uint64_t session;
  const char *path;  /* absolute; or "~/..." below the owner's home, which the consumer looks up */
  const char *mount; /* what the answer to the dead one's request said: nothing is made then, and what is not there, or
                        not on a file system that is mounted there or below, is waited for; "": the first request */
} TwOutput;

typedef struct {
  uint64_t set;
  uint64_t session;
  const char *directory;        /* below the output, relative: "ust/uid/1000/64-bit" */
  uint32_t metadata_timer_us;   /* ask for metadata so often; 0: never */
  const char *shm_path;         /* absolute: rings are files in @directory below it; "": memory that comes along */
} TwSet;

typedef struct {
  uint64_t channel;
  uint64_t set;
  const char *name;   /* of the files: "<name>_<cpu>" */
  uint32_t chan_id;   /* in packet headers */
  uint8_t uuid[16];   /* in packet headers */
  uint64_t subbuf_size, num_subbuf;
  uint32_t overwrite; /* 0 discard, 1 overwrite */
  uint32_t switch_timer_us, read_timer_us, monitor_timer_us; /* 0: off; counters come once a second at most */
  int64_t blocking_timeout_us; /* -1: for ever */
  uint64_t tracefile_size, tracefile_count; /* 0: no limit */
  uint32_t n_streams; /* as many descriptors come along */
} TwChannel;

/*
 * fds: [0] the channel's wake-up pipe (write end), then per stream: its wake-up pipe's write end,
 * its wake-up pipe's read end, then the files. @header: the shared header area as the tracer's library gave it.
 */
typedef struct {
  const void *header;
  size_t header_len;
  uint64_t memory_size; /* bytes of one stream's shared memory */
  uint32_t n_streams;
} TwChannelMade;

typedef struct {
  uint64_t set;
  uint64_t offset, length; /* of the log's text: published now; length 0 is an answer too */
} TwPush;

typedef enum { TW_FLUSH_SESSION, TW_FLUSH_SET, TW_FLUSH_CHANNEL } TwFlushScope;

typedef struct {
  uint32_t scope; /* TwFlushScope */
  uint64_t id;
  uint32_t final; /* 1: close the current packets, nobody writes now (stop). 0: only what holds events. */
  uint32_t quiet; /* 1: final, and nobody who is alive is within an event */
} TwFlush;

typedef struct {
  uint64_t channel;
  uint64_t told_at; /* the monotonic clock, in nanoseconds; which successors go on with */
} TwUnfinished;

typedef struct {
  uint64_t channel;
  uint64_t bytes_written, packets_written;
  uint64_t events_discarded;
  uint64_t packets_lost;  /* overwritten, torn, spoilt, or dropped */
  uint64_t bytes_dropped; /* of packets that could not be written; those without events do not count */
} TwCounters;

/* A reply or event of these: count, then each. At most TW_MAX_COUNTERS. */
enum { TW_MAX_COUNTERS = 65536 };

/*
 * A channel that a consumer made which died. fds: per stream its memory and its wake-up pipe's read end, all
 * memories first. What its files hold beyond @counted is found and counted.
 */
typedef struct {
  TwChannel channel;
  TwCounters counted;  /* what the dead one told last */
  uint32_t quiescent;  /* 1: stopped and flushed, and not resumed since */
} TwAdoption;

typedef struct {
  uint64_t session;
  const char *code; /* "no-space", "output-gone", "write-failed" ... */
  uint32_t active;  /* 1 begins or changes, 0 is over */
  uint32_t errnum;
  const char *message;
} TwProblem;

typedef struct {
  uint8_t uuid[16]; /* zero: not known */
  const char *name, *description;
  uint64_t frequency; /* Hz */
  int64_t offset;     /* ns from the epoch to its zero */
} TwClock;

typedef struct {
  uint64_t sessions, sets, channels, streams; /* how many it holds */
} TwDescription;

void tw_put_hello (TwWriter *out, const TwHello *value);
bool tw_get_hello (TwReader *in, TwHello *value);
void tw_put_output (TwWriter *out, const TwOutput *value);
bool tw_get_output (TwReader *in, TwOutput *value);
void tw_put_set (TwWriter *out, const TwSet *value);
bool tw_get_set (TwReader *in, TwSet *value);
void tw_put_channel (TwWriter *out, const TwChannel *value);
bool tw_get_channel (TwReader *in, TwChannel *value);
void tw_put_channel_made (TwWriter *out, const TwChannelMade *value);
bool tw_get_channel_made (TwReader *in, TwChannelMade *value);
void tw_put_push (TwWriter *out, const TwPush *value);
bool tw_get_push (TwReader *in, TwPush *value);
void tw_put_flush (TwWriter *out, const TwFlush *value);
bool tw_get_flush (TwReader *in, TwFlush *value);
void tw_put_unfinished (TwWriter *out, const TwUnfinished *value);
bool tw_get_unfinished (TwReader *in, TwUnfinished *value);
void tw_put_counters (TwWriter *out, const TwCounters *values, uint32_t n);
/* Returns the count and allocates *@values (free it), or -1. */
int64_t tw_get_counters (TwReader *in, TwCounters **values);
void tw_put_adoption (TwWriter *out, const TwAdoption *value);
bool tw_get_adoption (TwReader *in, TwAdoption *value);
void tw_put_problem (TwWriter *out, const TwProblem *value);
bool tw_get_problem (TwReader *in, TwProblem *value);
void tw_put_clock (TwWriter *out, const TwClock *value);
bool tw_get_clock (TwReader *in, TwClock *value);
void tw_put_description (TwWriter *out, const TwDescription *value);
bool tw_get_description (TwReader *in, TwDescription *value);
