/* SPDX-License-Identifier: GPL-2.0-only */
/* What an app may have written where a packet should be: only what fits its sub-buffer and its stream is taken. */
#include "consumer/packet.h"

#include <glib.h>
#include <lttng/ust-ctl.h>
#include <string.h>

DEFINE_LTTNG_UST_SIGBUS_STATE ();

/* As the ring buffer lays it out; natural alignment puts no holes into it. */
typedef struct {
  guint32 magic;
  guint8 uuid[16];
  guint32 stream_id;
  guint64 instance_id, begin, end, content, packet, sequence;
  unsigned long discarded;
  guint32 cpu;
} Header;

static const TcPacketOrigin origin = {
  .uuid = { 1, 2, 3, [15] = 16 }, .channel = 5, .cpu = 3, .max_size = 65536, .page_size = 4096,
};

static Header
good (void)
{
  Header header = {
    .magic = 0xc1fc1fc1, .stream_id = 5, .instance_id = 3, .begin = 100, .end = 200, .content = 5000 * 8,
    .packet = 8192 * 8, .sequence = 9, .discarded = 77, .cpu = 3,
  };

  memcpy (header.uuid, origin.uuid, sizeof header.uuid);
  return header;
}

static gboolean
is_taken (const Header *header)
{
  TcPacket packet;

  return tc_packet_read (header, &origin, &packet);
}

static void
takes_what_the_tracer_writes (void)
{
  Header header = good ();
  TcPacket packet;

  g_assert_cmpuint (G_STRUCT_OFFSET (Header, cpu) + 4, ==, TC_PACKET_HEADER);
  g_assert_true (tc_packet_read (&header, &origin, &packet));
  g_assert_cmpuint (packet.content_bits, ==, 5000 * 8);
  g_assert_cmpuint (packet.packet_bits, ==, 8192 * 8);
  g_assert_cmpuint (packet.begin, ==, 100);
  g_assert_cmpuint (packet.end, ==, 200);
  g_assert_cmpuint (packet.sequence, ==, 9);
  g_assert_cmpuint (packet.discarded, ==, 77);
}

static void
takes_the_largest_and_the_emptiest (void)
{
  Header header = good ();

  header.packet = header.content = 65536 * 8;
  g_assert_true (is_taken (&header));
  header.packet = 4096 * 8;
  header.content = TC_PACKET_HEADER * 8;
  header.end = header.begin;
  g_assert_true (is_taken (&header));
}

static void
corrects_what_was_discarded (void)
{
  Header header = good ();
  TcPacket packet, again;

  g_assert_true (tc_packet_read (&header, &origin, &packet));
  tc_packet_set_discarded (&header, &packet, 4711);
  g_assert_cmpuint (packet.discarded, ==, 4711);
  g_assert_true (tc_packet_read (&header, &origin, &again));
  g_assert_cmpmem (&again, sizeof again, &packet, sizeof packet);
}

static void
refuses_other_streams (void)
{
  Header header = good ();

  header.magic++;
  g_assert_false (is_taken (&header));
  header = good ();
  header.uuid[15]++;
  g_assert_false (is_taken (&header));
  header = good ();
  header.stream_id++;
  g_assert_false (is_taken (&header));
  header = good ();
  header.instance_id++;
  g_assert_false (is_taken (&header));
  header = good ();
  header.cpu++;
  g_assert_false (is_taken (&header));
}

static void
refuses_sizes_that_do_not_fit (void)
{
  static const struct { guint64 content, packet; } bad[] = {
    { 5000 * 8, 0 },
    { 0, 0 },
    { 5000 * 8, 65536 * 8 + 4096 * 8 },
    { 5000 * 8, 4096 * 8 },
    { 5000 * 8, 8192 * 8 + 1 },
    { 5000 * 8, 8192 * 8 - 8 },
    { 8192 * 8 + 1, 8192 * 8 },
    { TC_PACKET_HEADER * 8 - 1, 8192 * 8 },
    { 5000 * 8, G_MAXUINT64 },
    { G_MAXUINT64, G_MAXUINT64 },
    { 5000 * 8, G_GUINT64_CONSTANT (1) << 63 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      Header header = good ();

      header.content = bad[i].content;
      header.packet = bad[i].packet;
      g_assert_false (is_taken (&header));
    }
}

static void
refuses_time_that_runs_backwards (void)
{
  Header header = good ();

  header.end = header.begin - 1;
  g_assert_false (is_taken (&header));
}

static void
makes_any_packet_an_empty_one (void)
{
  Header header = good ();
  TcPacket packet;

  tc_packet_make_empty (&header, 65536);
  g_assert_true (tc_packet_read (&header, &origin, &packet));
  g_assert_cmpuint (packet.content_bits, ==, TC_PACKET_HEADER * 8);
  g_assert_cmpuint (packet.packet_bits, ==, 65536 * 8);
  g_assert_cmpuint (packet.end, ==, packet.begin);
  g_assert_cmpuint (packet.sequence, ==, 9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/consumer/packet/takes-what-the-tracer-writes", takes_what_the_tracer_writes);
  g_test_add_func ("/consumer/packet/takes-the-largest-and-the-emptiest", takes_the_largest_and_the_emptiest);
  g_test_add_func ("/consumer/packet/corrects-what-was-discarded", corrects_what_was_discarded);
  g_test_add_func ("/consumer/packet/refuses-other-streams", refuses_other_streams);
  g_test_add_func ("/consumer/packet/refuses-sizes-that-do-not-fit", refuses_sizes_that_do_not_fit);
  g_test_add_func ("/consumer/packet/refuses-time-that-runs-backwards", refuses_time_that_runs_backwards);
  g_test_add_func ("/consumer/packet/makes-any-packet-an-empty-one", makes_any_packet_an_empty_one);
  return g_test_run ();
}
