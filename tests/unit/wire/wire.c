/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages: round trip, refusal of each cut and of trailing bytes, and the bounds that a hostile peer would try. */
#include "wire/wire.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

typedef gboolean (*GetFunc) (TwReader *in);

/* @get says yes to exactly what was put: no shorter, no longer. */
static void
check_exact (TwWriter *out, GetFunc get)
{
  for (size_t cut = 0; cut < out->len; cut++)
    {
      g_autofree guint8 *copy = g_memdup2 (out->data, cut);
      TwReader in = { .data = copy, .len = cut };

      g_assert_false (get (&in));
    }
  {
    TwReader in = { .data = out->data, .len = out->len };

    g_assert_true (get (&in));
  }
  tw_put_u32 (out, 0);
  {
    TwReader in = { .data = out->data, .len = out->len };

    g_assert_false (get (&in));
  }
  tw_writer_clear (out);
}

static gboolean
get_hello (TwReader *in)
{
  TwHello hello;

  if (!tw_get_hello (in, &hello))
    return FALSE;
  g_assert_cmpuint (hello.version, ==, TW_VERSION);
  g_assert_cmpuint (hello.bits, ==, 32);
  g_assert_cmpuint (hello.pid, ==, 77);
  return TRUE;
}

static gboolean
get_output (TwReader *in)
{
  TwOutput output;

  if (!tw_get_output (in, &output))
    return FALSE;
  g_assert_cmpuint (output.session, ==, 9);
  g_assert_cmpstr (output.path, ==, "~/traces");
  g_assert_cmpstr (output.mount, ==, "/mnt");
  return TRUE;
}

static gboolean
get_set (TwReader *in)
{
  TwSet set;

  if (!tw_get_set (in, &set))
    return FALSE;
  g_assert_cmpuint (set.set, ==, 3);
  g_assert_cmpuint (set.session, ==, 9);
  g_assert_cmpstr (set.directory, ==, "ust/uid/1000/64-bit");
  g_assert_cmpuint (set.metadata_timer_us, ==, 250000);
  g_assert_cmpstr (set.shm_path, ==, "/var/buffers");
  return TRUE;
}

static const TwChannel channel = {
  .channel = 5, .set = 3, .name = "channel0", .chan_id = 1, .uuid = { 1, 2, 3, [15] = 16 },
  .subbuf_size = 4096, .num_subbuf = 4, .overwrite = 1, .switch_timer_us = 1, .read_timer_us = 2, .monitor_timer_us = 3,
  .blocking_timeout_us = -1, .tracefile_size = 8192, .tracefile_count = 2, .n_streams = 2,
};

static gboolean
get_channel (TwReader *in)
{
  TwChannel got;

  if (!tw_get_channel (in, &got))
    return FALSE;
  g_assert_cmpuint (got.channel, ==, 5);
  g_assert_cmpuint (got.set, ==, 3);
  g_assert_cmpstr (got.name, ==, "channel0");
  g_assert_cmpuint (got.chan_id, ==, 1);
  g_assert_cmpmem (got.uuid, 16, channel.uuid, 16);
  g_assert_cmpuint (got.subbuf_size, ==, 4096);
  g_assert_cmpuint (got.num_subbuf, ==, 4);
  g_assert_cmpuint (got.overwrite, ==, 1);
  g_assert_cmpuint (got.switch_timer_us, ==, 1);
  g_assert_cmpuint (got.read_timer_us, ==, 2);
  g_assert_cmpuint (got.monitor_timer_us, ==, 3);
  g_assert_cmpint (got.blocking_timeout_us, ==, -1);
  g_assert_cmpuint (got.tracefile_size, ==, 8192);
  g_assert_cmpuint (got.tracefile_count, ==, 2);
  g_assert_cmpuint (got.n_streams, ==, 2);
  return TRUE;
}

static gboolean
get_adoption (TwReader *in)
{
  TwAdoption adoption;

  if (!tw_get_adoption (in, &adoption))
    return FALSE;
  g_assert_cmpuint (adoption.channel.channel, ==, channel.channel);
  g_assert_cmpuint (adoption.channel.n_streams, ==, channel.n_streams);
  g_assert_cmpuint (adoption.counted.channel, ==, 6);
  g_assert_cmpuint (adoption.counted.bytes_dropped, ==, 5);
  g_assert_cmpuint (adoption.quiescent, ==, 1);
  return TRUE;
}

static gboolean
get_channel_made (TwReader *in)
{
  TwChannelMade made;

  if (!tw_get_channel_made (in, &made))
    return FALSE;
  g_assert_cmpmem (made.header, made.header_len, "header", 6);
  g_assert_cmpuint (made.memory_size, ==, 1 << 20);
  g_assert_cmpuint (made.n_streams, ==, 8);
  return TRUE;
}

static gboolean
get_push (TwReader *in)
{
  TwPush push;

  if (!tw_get_push (in, &push))
    return FALSE;
  g_assert_cmpuint (push.set, ==, 3);
  g_assert_cmpuint (push.offset, ==, 100);
  g_assert_cmpuint (push.length, ==, 0);
  return TRUE;
}

static gboolean
get_flush (TwReader *in)
{
  TwFlush flush;

  if (!tw_get_flush (in, &flush))
    return FALSE;
  g_assert_cmpuint (flush.scope, ==, TW_FLUSH_CHANNEL);
  g_assert_cmpuint (flush.id, ==, 5);
  g_assert_cmpuint (flush.final, ==, 1);
  g_assert_cmpuint (flush.quiet, ==, 1);
  return TRUE;
}

static gboolean
get_unfinished (TwReader *in)
{
  TwUnfinished unfinished;

  if (!tw_get_unfinished (in, &unfinished))
    return FALSE;
  g_assert_cmpuint (unfinished.channel, ==, 6);
  g_assert_cmpuint (unfinished.told_at, ==, 1234567890123);
  return TRUE;
}

static gboolean
get_counters (TwReader *in)
{
  TwCounters *counters = NULL;

  if (tw_get_counters (in, &counters) < 0)
    {
      g_assert_null (counters);
      return FALSE;
    }
  g_assert_cmpuint (counters[0].channel, ==, 5);
  g_assert_cmpuint (counters[1].channel, ==, 6);
  g_assert_cmpuint (counters[1].bytes_written, ==, 1);
  g_assert_cmpuint (counters[1].packets_written, ==, 2);
  g_assert_cmpuint (counters[1].events_discarded, ==, 3);
  g_assert_cmpuint (counters[1].packets_lost, ==, 4);
  g_assert_cmpuint (counters[1].bytes_dropped, ==, 5);
  free (counters);
  return TRUE;
}

static gboolean
get_problem (TwReader *in)
{
  TwProblem problem;

  if (!tw_get_problem (in, &problem))
    return FALSE;
  g_assert_cmpuint (problem.session, ==, 9);
  g_assert_cmpstr (problem.code, ==, "no-space");
  g_assert_cmpuint (problem.active, ==, 1);
  g_assert_cmpuint (problem.errnum, ==, 28);
  g_assert_cmpstr (problem.message, ==, "Disk full");
  return TRUE;
}

static gboolean
get_clock (TwReader *in)
{
  TwClock clock;

  if (!tw_get_clock (in, &clock))
    return FALSE;
  g_assert_cmpuint (clock.uuid[0], ==, 1);
  g_assert_cmpuint (clock.uuid[15], ==, 9);
  g_assert_cmpstr (clock.name, ==, "name");
  g_assert_cmpstr (clock.description, ==, "what it is");
  g_assert_cmpuint (clock.frequency, ==, 1000);
  g_assert_cmpint (clock.offset, ==, -5);
  return TRUE;
}

static gboolean
get_description (TwReader *in)
{
  TwDescription description;

  if (!tw_get_description (in, &description))
    return FALSE;
  g_assert_cmpuint (description.sessions, ==, 1);
  g_assert_cmpuint (description.sets, ==, 2);
  g_assert_cmpuint (description.channels, ==, 3);
  g_assert_cmpuint (description.streams, ==, 4);
  return TRUE;
}

static void
carries_every_message_exactly (void)
{
  const TwCounters counters[] = { { .channel = 5 }, { 6, 1, 2, 3, 4, 5 } };
  TwWriter out = { 0 };

  tw_put_hello (&out, &(TwHello) { TW_VERSION, 32, 77 });
  check_exact (&out, get_hello);
  tw_put_output (&out, &(TwOutput) { 9, "~/traces", "/mnt" });
  check_exact (&out, get_output);
  tw_put_set (&out, &(TwSet) { 3, 9, "ust/uid/1000/64-bit", 250000, "/var/buffers" });
  check_exact (&out, get_set);
  tw_put_channel (&out, &channel);
  check_exact (&out, get_channel);
  tw_put_adoption (&out, &(TwAdoption) { channel, { 6, 1, 2, 3, 4, 5 }, 1 });
  check_exact (&out, get_adoption);
  tw_put_channel_made (&out, &(TwChannelMade) { "header", 6, 1 << 20, 8 });
  check_exact (&out, get_channel_made);
  tw_put_push (&out, &(TwPush) { 3, 100, 0 });
  check_exact (&out, get_push);
  tw_put_flush (&out, &(TwFlush) { TW_FLUSH_CHANNEL, 5, 1, 1 });
  check_exact (&out, get_flush);
  tw_put_unfinished (&out, &(TwUnfinished) { 6, 1234567890123 });
  check_exact (&out, get_unfinished);
  tw_put_counters (&out, counters, 2);
  check_exact (&out, get_counters);
  tw_put_problem (&out, &(TwProblem) { 9, "no-space", 1, 28, "Disk full" });
  check_exact (&out, get_problem);
  tw_put_clock (&out, &(TwClock) { { 1, [15] = 9 }, "name", "what it is", 1000, -5 });
  check_exact (&out, get_clock);
  tw_put_description (&out, &(TwDescription) { 1, 2, 3, 4 });
  check_exact (&out, get_description);
}

/* Everything is divided by it. */
static void
refuses_a_clock_that_stands_still (void)
{
  TwWriter out = { 0 };
  TwReader in;
  TwClock got;

  tw_put_clock (&out, &(TwClock) { { 0 }, "name", "what it is", 0, 0 });
  in = (TwReader) { .data = out.data, .len = out.len };
  g_assert_false (tw_get_clock (&in, &got));
  tw_writer_clear (&out);
}

static gboolean
channel_is_taken (const TwChannel *value)
{
  TwWriter out = { 0 };
  TwReader in;
  TwChannel got;
  gboolean taken;

  tw_put_channel (&out, value);
  in = (TwReader) { .data = out.data, .len = out.len };
  taken = tw_get_channel (&in, &got);
  tw_writer_clear (&out);
  return taken;
}

static void
refuses_channels_out_of_bounds (void)
{
  TwChannel value = channel;

  value.n_streams = TW_MAX_STREAMS;
  g_assert_true (channel_is_taken (&value));
  value.n_streams = TW_MAX_STREAMS + 1;
  g_assert_false (channel_is_taken (&value));
  value.n_streams = 0;
  g_assert_false (channel_is_taken (&value));
  value = channel;
  value.overwrite = 2;
  g_assert_false (channel_is_taken (&value));
}

static void
refuses_counters_that_lie_about_their_count (void)
{
  static const guint32 lies[] = { 1, TW_MAX_COUNTERS, TW_MAX_COUNTERS + 1, G_MAXUINT32 };

  for (gsize i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      TwCounters *counters = NULL;
      TwReader in = { .data = (const guint8 *) &lies[i], .len = sizeof lies[i] };

      g_assert_cmpint (tw_get_counters (&in, &counters), ==, -1);
      g_assert_null (counters);
    }
}

static void
takes_an_empty_list_of_counters (void)
{
  TwCounters *counters = NULL;
  guint32 none = 0;
  TwReader in = { .data = (const guint8 *) &none, .len = sizeof none };

  g_assert_cmpint (tw_get_counters (&in, &counters), ==, 0);
  g_assert_nonnull (counters);
  free (counters);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/messages/carries-every-message-exactly", carries_every_message_exactly);
  g_test_add_func ("/wire/messages/refuses-a-clock-that-stands-still", refuses_a_clock_that_stands_still);
  g_test_add_func ("/wire/messages/refuses-channels-out-of-bounds", refuses_channels_out_of_bounds);
  g_test_add_func ("/wire/messages/refuses-counters-that-lie-about-their-count",
                   refuses_counters_that_lie_about_their_count);
  g_test_add_func ("/wire/messages/takes-an-empty-list-of-counters", takes_an_empty_list_of_counters);
  return g_test_run ();
}
