/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Packet: what the header of a finished sub-buffer says, checked.
 *
 * Apps can write to the memory that it lies in, at any time: the caller checks a copy that only it
 * has, and writes that copy to the file.
 * Owner: none; pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint64_t content_bits, packet_bits;
  uint64_t begin, end; /* of the trace's clock */
  uint64_t sequence;
  unsigned long discarded; /* since the buffer was made; wraps */
} TcPacket;

/* What every packet of a stream says of itself. */
typedef struct {
  uint8_t uuid[16];
  uint32_t channel;
  uint32_t cpu;
  size_t max_size; /* bytes */
  size_t page_size;
} TcPacketOrigin;

enum { TC_PACKET_HEADER = 80 + sizeof (unsigned long) - 4 }; /* bytes that tc_packet_read() looks at */

/* False where it is not a packet of @origin, or does not fit its sub-buffer. */
bool tc_packet_read (const void *header, const TcPacketOrigin *origin, TcPacket *packet);
/* Whether it holds no event. */
bool tc_packet_is_empty (const TcPacket *packet);
/* Makes the packet of @header one of @size bytes that holds no event, at the moment when it began. */
void tc_packet_make_empty (void *header, size_t size);
/* Whether @header begins as every packet does. */
bool tc_packet_is_begun (const void *header);
/*
 * For a packet that its writer never finished: whether @header is that of a packet of @origin, whatever its sizes, and
 * its @sequence number and the time when it @began.
 */
bool tc_packet_identify (const void *header, const TcPacketOrigin *origin, uint64_t *sequence, uint64_t *began);
/* Makes it one of @content bytes that ended at @end. */
void tc_packet_finish (void *header, const TcPacketOrigin *origin, size_t content, uint64_t end);
/* Corrects what @header, our own copy, and @packet say. */
void tc_packet_set_discarded (void *header, TcPacket *packet, unsigned long discarded);
