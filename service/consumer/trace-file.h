/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Trace file: one stream's packets on disk, as one file or as a ring of files, each with its index.
 *
 * A reader, and whoever comes after a kill, finds whole packets at every moment. Where the file system takes
 * O_DIRECT, a packet appears at once, when all of it is there; a packet of one page does so anyhow. Elsewhere (tmpfs)
 * a larger one would appear page by page: there it first is an empty packet, whose padding takes the events, and whose
 * header then says that they are there. Only between the two calls that make room and write the first header, for a
 * microsecond, is there something that no reader knows.
 *
 * A packet is begun only when there is room for all of it, and for its entry in the index; one that fails to be
 * written all the same is taken back whole. Where the disk is not too small, the file holds a reserve behind its end,
 * for what is still to come when nobody can wait for space any more.
 * Owner:   a stream; one thread.
 */
#include "consumer/index-file.h"

#include <sys/uio.h>

typedef enum {
  TC_WRITE_DIRECT,    /* from the ring to the disk: no page cache, a third of the CPU time */
  TC_WRITE_DONTCACHE, /* through the page cache, which lets go of it at once */
  TC_WRITE_RECYCLE,   /* the same by hand, for kernels before 6.14 */
  TC_WRITE_PLAIN,     /* where the page cache is the file (tmpfs) */
} TcWriteMode;

typedef struct {
  int dir_fd;       /* borrowed: the set's */
  const char *name; /* borrowed: the channel's */
  TcPacketOrigin origin;
  uint64_t max_size, max_count; /* 0: no limit */

  int fd; /* -1: nothing was written yet */
  TcWriteMode mode;
  bool direct;         /* the descriptor's flag now */
  bool half;           /* there may be a part of a packet after @size */
  bool inherited;      /* there may be room after @size that a dead process was promised */
  uint64_t reserve;    /* bytes that are to be free in the file for the end */
  uint64_t room;       /* as far as the file system has promised space */
  uint64_t plenty;     /* bytes that it has in any case, as was seen the last time */
  uint64_t size;       /* of whole packets */
  uint64_t last_size;  /* of the packet that was written last */
  unsigned generation; /* files of these names that were there before: our names carry a suffix then */
  uint64_t number;     /* of this file; it counts on when the names come round again */
  TcIndexFile index;
} TcTraceFile;

void tc_trace_file_init (TcTraceFile *self, int dir_fd, const char *name, const TcPacketOrigin *origin);
/* What a dead process left in a stream's files. */
typedef struct {
  uint64_t packets, bytes;
  uint64_t first_sequence, next_sequence; /* of the first packet; after the last packet's */
  unsigned long discarded; /* as the last packet says */
  bool hollow; /* the last packet has no event; or had none yet, when it was begun */
  bool complete; /* all that was ever written is still there */
} TcTraceRemains;

/*
 * trace-file-adopt.c: appends to the file that a dead process wrote last, from its last whole packet on; half a
 * packet is cut off, and the index gets what it lacks. False where there is no such file: the first packet makes
 * one.
 */
bool tc_trace_file_adopt (TcTraceFile *self, TcTraceRemains *remains);
void tc_trace_file_close (TcTraceFile *self);
/* The last packet of a file that was adopted was only begun: the next one takes its place. */
void tc_trace_file_retract (TcTraceFile *self);
/*
 * Appends @n packets, as far as it gets: @parts are those of the first packet, then those of the next; page-aligned,
 * and whole pages but for a packet's last. Changes the parts, not what is in them. How many; where these are less than
 * @n, errno says why, and of the others no byte is in the file. @last_chance: also into the reserve. A failing index is
 * not an error.
 */
unsigned tc_trace_file_append (TcTraceFile *self, struct iovec *parts, const TcPacket *packets, unsigned n,
                               bool last_chance);
/* The directory is another one now. */
void tc_trace_file_restart (TcTraceFile *self);
/* Whether somebody has removed the file: what is written to it nobody would see. */
bool tc_trace_file_is_removed (const TcTraceFile *self);
/* Lets go of the reserve, until something is appended again. */
void tc_trace_file_trim (TcTraceFile *self);

/* For trace-file-adopt.c. */
enum { TC_TRACE_NAME = 320 };
/* The name of the file of the current number and generation. */
void tc_trace_file_make_name (const TcTraceFile *self, char name[TC_TRACE_NAME]);
/* An index of the file called @name. 0, or -1 with errno: there is none. */
int tc_trace_file_begin_index (const TcTraceFile *self, TcIndexFile *index, const char *name);
/* Goes on in @fd, which holds @size bytes of whole packets. Takes it. */
void tc_trace_file_take (TcTraceFile *self, int fd, uint64_t size);
