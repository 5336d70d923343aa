/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/packet.h"

#include <limits.h>
#include <string.h>

/* Where the tracer's ring buffer client puts things: bytes from the start of the packet. */
enum {
  AT_MAGIC = 0,
  AT_UUID = 4,
  AT_STREAM_ID = 20,
  AT_INSTANCE_ID = 24,
  AT_BEGIN = 32,
  AT_END = 40,
  AT_CONTENT = 48,
  AT_PACKET = 56,
  AT_SEQUENCE = 64,
  AT_DISCARDED = 72,
  AT_CPU = AT_DISCARDED + sizeof (unsigned long),
  HEADER_END = AT_CPU + sizeof (uint32_t),
};
_Static_assert ((int) HEADER_END == (int) TC_PACKET_HEADER, "the header ends with the cpu");

static const uint32_t magic = 0xc1fc1fc1;

static uint32_t
u32_at (const uint8_t *header, size_t at)
{
  uint32_t value;

  memcpy (&value, header + at, sizeof value);
  return value;
}

static uint64_t
u64_at (const uint8_t *header, size_t at)
{
  uint64_t value;

  memcpy (&value, header + at, sizeof value);
  return value;
}

bool
tc_packet_is_begun (const void *header)
{
  return u32_at (header, AT_MAGIC) == magic;
}

bool
tc_packet_identify (const void *data, const TcPacketOrigin *origin, uint64_t *sequence, uint64_t *began)
{
  const uint8_t *header = data;

  if (!tc_packet_is_begun (header) || memcmp (header + AT_UUID, origin->uuid, sizeof origin->uuid) != 0
      || u32_at (header, AT_STREAM_ID) != origin->channel || u64_at (header, AT_INSTANCE_ID) != origin->cpu
      || u32_at (header, AT_CPU) != origin->cpu)
    return false;
  *sequence = u64_at (header, AT_SEQUENCE);
  *began = u64_at (header, AT_BEGIN);
  return true;
}

bool
tc_packet_read (const void *data, const TcPacketOrigin *origin, TcPacket *packet)
{
  const uint8_t *header = data;
  TcPacket read = {
    .end = u64_at (header, AT_END),
    .content_bits = u64_at (header, AT_CONTENT),
    .packet_bits = u64_at (header, AT_PACKET),
  };

  memcpy (&read.discarded, header + AT_DISCARDED, sizeof read.discarded);
  if (!tc_packet_identify (data, origin, &read.sequence, &read.begin))
    return false;
  if (read.packet_bits == 0 || read.packet_bits > (uint64_t) origin->max_size * CHAR_BIT
      || read.packet_bits % ((uint64_t) origin->page_size * CHAR_BIT) != 0
      || read.content_bits > read.packet_bits || read.content_bits < HEADER_END * CHAR_BIT || read.end < read.begin)
    return false;
  *packet = read;
  return true;
}

bool
tc_packet_is_empty (const TcPacket *packet)
{
  return packet->content_bits == TC_PACKET_HEADER * CHAR_BIT;
}

static void
put_u64 (uint8_t *header, size_t at, uint64_t value)
{
  memcpy (header + at, &value, sizeof value);
}

void
tc_packet_make_empty (void *header, size_t size)
{
  put_u64 (header, AT_END, u64_at (header, AT_BEGIN));
  put_u64 (header, AT_CONTENT, HEADER_END * CHAR_BIT);
  put_u64 (header, AT_PACKET, (uint64_t) size * CHAR_BIT);
}

void
tc_packet_finish (void *header, const TcPacketOrigin *origin, size_t content, uint64_t end)
{
  const unsigned long discarded = 0;
  size_t size = (content + origin->page_size - 1) / origin->page_size * origin->page_size;

  put_u64 (header, AT_END, end);
  put_u64 (header, AT_CONTENT, (uint64_t) content * CHAR_BIT);
  put_u64 (header, AT_PACKET, (uint64_t) size * CHAR_BIT);
  memcpy ((uint8_t *) header + AT_DISCARDED, &discarded, sizeof discarded);
}

void
tc_packet_set_discarded (void *header, TcPacket *packet, unsigned long discarded)
{
  memcpy ((uint8_t *) header + AT_DISCARDED, &discarded, sizeof discarded);
  packet->discarded = discarded;
}
