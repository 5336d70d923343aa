/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Index file: where each packet of one trace file lies, for readers that seek.
 *
 * It is made with its second entry: whoever opens a file of one packet has found that. Most files of processes that
 * live for a moment stay so, and the index, with its directory, would be most of what is made for them.
 * A trace can be read without it. So when an entry cannot be written, the file goes: none is better
 * than one with a hole. A full disk is no reason: room for an entry is made before the packet is written.
 * Owner: a trace file.
 */
#include "consumer/packet.h"

enum { TC_INDEX_BATCH = 8 };

/* As in the file, big-endian. */
typedef struct {
  uint64_t offset, packet_bits, content_bits, begin, end, discarded, stream_id, instance_id, sequence;
} TcIndexEntry;

typedef struct {
  int dir_fd; /* borrowed: the set's */
  int fd;     /* -1: there is none, or it is @due */
  bool due;   /* made when there is more than one entry */
  bool has_first;
  TcIndexEntry first; /* until then */
  uint64_t size;
  uint64_t room; /* as far as the file system has promised space */
  char *name;    /* below dir_fd */
} TcIndexFile;

/* Makes "index/@name.idx", over an old one. 0, or -1 with errno; without one, appending does nothing. */
int tc_index_file_open (TcIndexFile *self, int dir_fd, const char *name);
/* The same, when it is needed. */
int tc_index_file_begin (TcIndexFile *self, int dir_fd, const char *name);
/*
 * Opens the one that a dead process left. *@n: whole entries; *@offset: of the packet that the last of them speaks
 * of. -1 where there is none that has an entry.
 */
int tc_index_file_reopen (TcIndexFile *self, int dir_fd, const char *name, uint64_t *n, uint64_t *offset);
/* The last entry is to be written again. */
void tc_index_file_retract (TcIndexFile *self);
/* Makes sure of space for the next @n entries. 0, or -1 with errno where there is none. */
int tc_index_file_reserve (TcIndexFile *self, unsigned n);
/* Lets go of space that was not used. */
void tc_index_file_trim (TcIndexFile *self);
/* There is none any more. */
void tc_index_file_give_up (TcIndexFile *self);
void tc_index_file_close (TcIndexFile *self);
/*
 * The @n @packets, up to TC_INDEX_BATCH, lie one after the other from @offset on. 0, or -1 with errno; then there is no
 * index of this file any more.
 */
int tc_index_file_append (TcIndexFile *self, uint64_t offset, const TcPacketOrigin *origin, const TcPacket *packets,
                          unsigned n);
