/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channels as they were asked for, rules that change, and counters that are exact: what was emitted is in the trace or
 * is counted as discarded.
 */
#include "support/recording.h"

#include <signal.h>

#define SMALL ", 'subbuf-size': <uint64 4096>, 'num-subbuf': <uint64 2>"

typedef struct {
  TstService *service;
} Fixture;

static void
set_up (Fixture *self, gconstpointer ownership)
{
  self->service = tst_service_new ();
}

static void
tear_down (Fixture *self, gconstpointer ownership)
{
  tst_service_free (self->service);
}

static char *
start (Fixture *self, const char *name, gconstpointer ownership, const char *options)
{
  g_autofree char *all = g_strconcat (ownership, options, NULL);

  return tst_start_recording (self->service, name, all);
}

static char *
channel_of (Fixture *self, const char *session, const char *name)
{
  g_autoptr(GVariant) reply = tst_call (self->service, session, "Session.GetChannel", "(%s,)", name);
  char *path;

  g_variant_get (reply, "(o)", &path);
  return path;
}

static void
burst (Fixture *self, guint n)
{
  g_autofree char *count = g_strdup_printf ("%u", n);

  tst_app_run (self->service, "app-burst", count, "64", NULL);
}

/* Counters say the same wherever they are read. */
static void
assert_counters (Fixture *self, const char *session, TstResult result)
{
  g_autofree char *channel = channel_of (self, session, "events");

  g_assert_cmpuint (tst_get_number (self->service, session, "Session.EventsDiscarded"), ==, result.discarded);
  g_assert_cmpuint (tst_get_number (self->service, channel, "Channel.EventsDiscarded"), ==, result.discarded);
  g_assert_cmpuint (tst_get_number (self->service, session, "Session.PacketsLost"), ==, result.lost);
  g_assert_cmpuint (tst_get_number (self->service, channel, "Channel.PacketsLost"), ==, result.lost);
}

/* Lets @app emit while nobody empties its buffers. */
static void
emit_into_the_void (Fixture *self, TstChild *app, guint n)
{
  pid_t consumer = tst_service_consumer_pid (self->service);

  g_assert_cmpint (kill (consumer, SIGSTOP), ==, 0);
  tst_app_go (app, n);
  g_assert_cmpint (kill (consumer, SIGCONT), ==, 0);
}

static void
assert_complete (Fixture *self, const char *name, TstResult result, guint emitted)
{
  TstMissing missing;
  g_autoptr(GPtrArray) events = tst_events_lossy (self->service, name, &missing);

  g_test_message ("%u recorded, %" G_GUINT64_FORMAT " discarded", events->len, result.discarded);
  g_assert_cmpuint (events->len + result.discarded, ==, emitted);
  g_assert_cmpuint (missing.events, ==, result.discarded);
  g_assert_cmpuint (missing.packets, ==, 0);
  g_assert_cmpuint (result.lost, ==, 0);
  g_assert_cmpuint (result.dropped, ==, 0);
}

static void
full_buffers_discard_and_count (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, "full", ownership, SMALL);
  g_autoptr(TstChild) stays = tst_app_start (self->service, "app-idle", NULL);
  g_autoptr(TstChild) goes = tst_app_start (self->service, "app-idle", NULL);
  TstResult result;

  tst_app_go (stays, 1);
  tst_app_go (goes, 1);
  emit_into_the_void (self, stays, 5000);
  emit_into_the_void (self, goes, 5000);
  tst_child_finish (goes);
  result = tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (result.discarded, >, 0);
  assert_complete (self, "full", result, 10002);
  assert_counters (self, session, result);

  tst_session_run (self->service, session, "Start");
  emit_into_the_void (self, stays, 5000);
  tst_child_finish (stays);
  result = tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (result.discarded, >, 0);
  assert_complete (self, "full", result, 15002);
  assert_counters (self, session, result);
  g_assert_cmpuint (tst_session_run (self->service, session, "Destroy").discarded, ==, result.discarded);
}

/* Programs that are gone before anybody asks, with a consumer that has to hurry. */
static void
bursts_at_full_rate_are_recorded_or_counted (Fixture *self, gconstpointer ownership)
{
  enum { BURSTS = 4, N = 20000 };
  g_autofree char *session = start (self, "bursts", ownership, SMALL);
  TstChild *apps[BURSTS];

  for (guint i = 0; i < BURSTS; i++)
    apps[i] = tst_app_start (self->service, "app-burst", G_STRINGIFY (20000), "64", NULL);
  for (guint i = 0; i < BURSTS; i++)
    {
      tst_child_finish (apps[i]);
      tst_child_free (apps[i]);
    }
  assert_complete (self, "bursts", tst_session_run (self->service, session, "Stop"), BURSTS * N);
}

/* The newest events stay. */
static void
full_buffers_overwrite_the_oldest (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, "ring", ownership, ", 'mode': <'overwrite'>" SMALL);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autoptr(GPtrArray) events = NULL;
  g_autofree char *last = NULL;
  TstMissing missing;
  TstResult result;

  tst_app_go (app, 1);
  emit_into_the_void (self, app, 9999);
  result = tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (result.discarded, ==, 0);
  g_assert_cmpuint (result.lost, >, 0);
  assert_counters (self, session, result);
  events = tst_events_lossy (self->service, "ring", &missing);
  g_assert_cmpuint (events->len, <, 10000);
  last = tst_trace_field (events->pdata[events->len - 1], "seq");
  g_assert_cmpstr (last, ==, "9999");
}

/* Sizes that fit are exact: 8 sub-buffers of 64 KiB hold what two of 4 KiB do not. */
static void
buffers_are_as_large_as_they_were_asked_for (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session =
    start (self, "large", ownership, ", 'subbuf-size': <uint64 65536>, 'num-subbuf': <uint64 8>");
  g_autofree char *channel = channel_of (self, session, "events");
  TstResult result;

  g_assert_cmpuint (tst_get_number (self->service, channel, "Channel.SubbufSize"), ==, 65536);
  g_assert_cmpuint (tst_get_number (self->service, channel, "Channel.NumSubbuf"), ==, 8);
  burst (self, 4000);
  result = tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (result.discarded, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "large", "tbtest:burst"), ==, 4000);
}

/* B25 */
static void
a_disabled_channel_records_nothing (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, "off", ownership, "");
  g_autofree char *channel = channel_of (self, session, "events");
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);

  tst_app_go (app, 1);
  tst_do (self->service, channel, "Channel.Disable", "(@a{sv} {},)");
  g_assert_cmpuint (tst_get_number (self->service, channel, "Channel.Enabled"), ==, FALSE);
  tst_app_go (app, 10);
  tst_app_run (self->service, "app-tiny", NULL);
  tst_do (self->service, channel, "Channel.Enable", "(@a{sv} {},)");
  tst_app_go (app, 100);
  tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "off", "tbtest:tick"), ==, 101);
}

/* B24: rules that are there before the program, and rules that come while it records. */
static void
rules_come_and_go_while_it_records (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, "rules", ownership, "");
  g_autofree char *channel = channel_of (self, session, "events");
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);

  tst_app_go (app, 1);
  tst_do (self->service, channel, "Channel.DisableEvent", "('tbtest:*', @a{sv} {})");
  tst_app_go (app, 10);
  tst_app_run (self->service, "app-tiny", NULL);
  tst_enable (self->service, session, "events", "tbtest:ti*");
  tst_app_go (app, 100);
  tst_enable (self->service, session, "events", "tbtest:*");
  tst_app_go (app, 200);
  tst_do (self->service, channel, "Channel.DisableEvent", "('tbtest:ti*', @a{sv} {})");
  tst_app_go (app, 400);
  tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "rules", "tbtest:tick"), ==, 701);
}

/* Each channel has an event once, however many of its rules match. */
static void
two_channels_with_rules_that_overlap (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = tst_session (self->service, "two");
  g_autofree char *one = tst_channel (self->service, session, "one", ownership);
  g_autofree char *two = tst_channel (self->service, session, "two", ownership);

  tst_enable (self->service, session, "one", "tbtest:*");
  tst_enable (self->service, session, "one", "tbtest:tick");
  tst_enable (self->service, session, "two", "tbtest:t*");
  tst_session_run (self->service, session, "Start");
  tst_app_run (self->service, "app-threads", "2", "50", NULL);
  burst (self, 30);
  tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "two", "tbtest:tick"), ==, 200);
  g_assert_cmpuint (tst_count (self->service, "two", "tbtest:burst"), ==, 30);
}

/* A reader takes metadata first: before it begins, one event and its description are on disk. */
static void
emit_one_and_flush (Fixture *self, const char *session, TstChild *app)
{
  tst_app_go (app, 1);
  tst_do (self->service, session, "Session.Flush", "(@a{sv} {},)");
}

/* Nobody stops, nothing is full: what is there is on disk all the same. */
static void
the_switch_timer_writes_out_what_is_not_full (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, "switch", ownership, ", 'switch-timer-us': <uint32 20000>");
  g_autofree char *output = tst_output (self->service, "switch");
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);

  emit_one_and_flush (self, session, app);
  for (guint i = 1; i <= 3; i++)
    {
      tst_app_go (app, 5);
      tst_wait_until (self->service, tst_babeltrace_live (output) == 1 + 5 * i);
    }
  tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "switch", "tbtest:tick"), ==, 16);
}

/* With a read timer, nothing wakes the consumer but its ticks. */
static void
the_read_timer_finds_what_is_full (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session =
    start (self, "read", ownership, ", 'read-timer-us': <uint32 20000>, 'subbuf-size': <uint64 4096>");
  g_autofree char *output = tst_output (self->service, "read");
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);

  emit_one_and_flush (self, session, app);
  tst_app_go (app, 499);
  tst_wait_until (self->service, tst_babeltrace_live (output) > 1);
  tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "read", "tbtest:tick"), ==, 500);
}

/* Flush, too, without a stop. */
static void
a_flush_writes_out_what_is_not_full (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, "flush", ownership, "");
  g_autofree char *channel = channel_of (self, session, "events");
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);

  tst_app_go (app, 5);
  tst_do (self->service, session, "Session.Flush", "(@a{sv} {},)");
  g_assert_cmpuint (tst_count (self->service, "flush", "tbtest:tick"), ==, 5);
  tst_app_go (app, 5);
  tst_do (self->service, channel, "Channel.Flush", "(@a{sv} {},)");
  g_assert_cmpuint (tst_count (self->service, "flush", "tbtest:tick"), ==, 10);
  tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "flush", "tbtest:tick"), ==, 10);
}

#define ADD(function) TST_ADD_PER_SCHEME ("/trace/counts", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (full_buffers_discard_and_count);
  ADD (bursts_at_full_rate_are_recorded_or_counted);
  ADD (full_buffers_overwrite_the_oldest);
  ADD (buffers_are_as_large_as_they_were_asked_for);
  ADD (a_disabled_channel_records_nothing);
  ADD (rules_come_and_go_while_it_records);
  ADD (two_channels_with_rules_that_overlap);
  ADD (the_switch_timer_writes_out_what_is_not_full);
  ADD (the_read_timer_finds_what_is_full);
  ADD (a_flush_writes_out_what_is_not_full);
  return g_test_run ();
}
