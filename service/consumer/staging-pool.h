/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Staging pool: memory for packets that are out of their rings already, and not in their files yet.
 *
 * It is a memfd that outlives its process: the service keeps a descriptor and gives it to the successor of a consumer
 * that was killed, which finds in it what it has to write first. A packet takes blocks that need not lie together; the
 * entry of its first block says whose it is, and in a word that is written last and cleared first, that it is there.
 * Nobody but consumers of one user ever maps it: what it says is checked for what could hurt, not for lies.
 * Owner:   the consumer.
 * Threads: made by main; then any, for a stream's own packets; one lock, inside, that is held for a few instructions.
 * Limit:   its size, which stays as it was made. A packet of more than a quarter of it, or of 32 MiB, is never taken.
 */
#include "consumer/packet.h"

#include <sys/uio.h>

typedef struct TcStagingPool TcStagingPool;

enum {
  TC_STAGING_BLOCK = 64 << 10,
  TC_STAGING_DEFAULT = 64, /* MiB */
  TC_STAGING_MAX = 16384,
  TC_STAGING_MAX_BLOCKS = 512, /* of a packet */
};

/* What is kept of a packet beside its bytes. */
typedef struct {
  uint64_t size, sequence;
} TcStagedPacket;

/* An empty one of @size bytes. NULL with errno. */
TcStagingPool *tc_staging_pool_new (size_t size);
/* The one in @fd, which a dead consumer made, with all that it holds; takes @fd if it succeeds. NULL with errno. */
TcStagingPool *tc_staging_pool_adopt (int fd);
void tc_staging_pool_free (TcStagingPool *self);
/* The memfd, borrowed. */
int tc_staging_pool_get_fd (const TcStagingPool *self);
/*
 * Pages that are first touched while rings overflow take time then. So there is always some memory more than was ever
 * in use: takes a part of it from the system, for a millisecond or so, where it is missing; true until it is there.
 * Where the system has none, there is no room from then on. Any thread.
 */
bool tc_staging_pool_fill (TcStagingPool *self);
/* The same until it is there, on a thread that makes pauses, and ends. Once. */
void tc_staging_pool_fill_gently (TcStagingPool *self);

/* Copies the packet of @parts in. Its number; 0: no room, or none for one as large. */
uint32_t tc_staging_pool_put (TcStagingPool *self, const TcPacketOrigin *origin, const struct iovec parts[2],
                              const TcStagedPacket *packet);
/* The oldest packet of @origin that the dead consumer left, and nobody has claimed: it is the caller's now. 0: none. */
uint32_t tc_staging_pool_claim (TcStagingPool *self, const TcPacketOrigin *origin);
/* How many such packets there are of all streams of a channel, and their @bytes. */
unsigned tc_staging_pool_count (const TcStagingPool *self, const uint8_t uuid[16], uint32_t channel, uint64_t *bytes);
/* Nobody will claim them: their channel is given up, and they were counted. */
void tc_staging_pool_forget_channel (TcStagingPool *self, const uint8_t uuid[16], uint32_t channel);
/* What nobody has claimed is of no use: its rings have gone. Returns how many packets that were. */
unsigned tc_staging_pool_forget (TcStagingPool *self);

/* For whoever has packets in an order: one word beside each, which a successor does not see. */
uint32_t *tc_staging_pool_next (TcStagingPool *self, uint32_t number);
void tc_staging_pool_describe (const TcStagingPool *self, uint32_t number, TcStagedPacket *packet);
/* Its first block's bytes. */
const void *tc_staging_pool_begin (const TcStagingPool *self, uint32_t number);
/* Where its bytes are, up to @max parts. How many; 0: they would be more than @max. */
int tc_staging_pool_locate (const TcStagingPool *self, uint32_t number, struct iovec *parts, int max);
/* It is in its file, or lost. */
void tc_staging_pool_drop (TcStagingPool *self, uint32_t number);
