/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs of both bitnesses in one session, each in the buffers of a consumer of its own kind (B3, B10). */
#include "support/recording.h"

#include <signal.h>

enum { KILLS = 4, BURST = 20000 };

typedef struct {
  TstService *service;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new_idle ();
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  tst_service_free (self->service);
}

/* A long is shorter in a 32-bit program: events with one say something else there. */
static GPtrArray *
without_longs (GPtrArray *events)
{
  GPtrArray *kept = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < events->len; i++)
    {
      g_autofree char *signed_long = tst_trace_field (g_ptr_array_index (events, i), "l");
      g_autofree char *unsigned_long = tst_trace_field (g_ptr_array_index (events, i), "ul");

      if (signed_long == NULL && unsigned_long == NULL)
        g_ptr_array_add (kept, g_strdup (g_ptr_array_index (events, i)));
    }
  return kept;
}

static void
both_record_every_type_side_by_side (Fixture *self, gconstpointer options)
{
  g_autoptr(GPtrArray) all = tst_trace_load (NULL);
  g_autoptr(GPtrArray) expected = without_longs (all);
  g_autoptr(GPtrArray) events = NULL;
  g_autoptr(GPtrArray) comparable = NULL;
  g_autofree char *session = NULL;
  TstResult result;

  tst_service_start (self->service, NULL);
  session = tst_start_recording (self->service, "both", options);
  tst_enable (self->service, session, "events", "tbtest_types:*");
  tst_app_run (self->service, "app-types", NULL);
  tst_app_run (self->service, "app-types32", NULL);
  result = tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (result.failed, ==, 0);
  g_assert_cmpuint (result.discarded, ==, 0);

  events = tst_events (self->service, "both");
  g_assert_cmpuint (events->len, ==, 2 * all->len);
  for (guint i = expected->len; i-- > 0;)
    g_ptr_array_add (expected, g_strdup (g_ptr_array_index (expected, i)));
  comparable = without_longs (events);
  tst_trace_assert_same (comparable, expected);
}

static void
without_a_consumer_only_its_programs_are_not_recorded (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) app = NULL;
  g_autoptr(TstChild) app32 = NULL;
  g_autofree char *session = NULL;
  g_autofree char *object = NULL;
  g_autofree char *problems = NULL;
  g_autoptr(GVariant) value = NULL;
  TstResult result;

  tst_service_start (self->service, "--consumer32=/nonexistent/tracebus-consumerd32");
  app = tst_app_start (self->service, "app-idle", NULL);
  app32 = tst_app_start (self->service, "app-idle32", NULL);
  object = tst_wait_app (self->service, tst_child_pid (app32), "ready");
  g_assert_cmpuint (tst_get_number (self->service, object, "App.BitsPerLong"), ==, 32);
  session = tst_session (self->service, "one");
  g_free (tst_channel (self->service, session, "events", options));
  tst_enable (self->service, session, "events", "tbtest:*");
  result = tst_session_run (self->service, session, "Start");
  g_assert_cmpuint (result.applied, ==, 1);
  g_assert_cmpuint (result.failed, ==, 1);
  value = tst_get (self->service, session, "Session.Problems");
  problems = g_variant_print (value, FALSE);
  g_assert_nonnull (strstr (problems, "tracebus-consumerd32"));

  tst_app_go (app, 3);
  tst_app_go (app32, 3);
  tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "one", "tbtest:tick"), ==, 3);
}

static void
kill_all_consumers (Fixture *self)
{
  g_auto(GStrv) consumers = tst_objects (self->service, "Consumer");

  g_assert_cmpuint (g_strv_length (consumers), ==, 2);
  for (guint i = 0; consumers[i] != NULL; i++)
    {
      pid_t pid;

      tst_wait_until (self->service, (pid = tst_get_number (self->service, consumers[i], "Consumer.Pid")) > 0);
      g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
    }
}

/* Both write flat out while @strike does what it does, again and again; its successors go on with all buffers. */
static void
assert_nothing_is_lost (Fixture *self, gconstpointer options, void (*strike) (Fixture *self))
{
  g_autofree char *small = g_strdup_printf ("'subbuf-size': <uint64 16384>, 'num-subbuf': <uint64 4>, %s",
                                            (const char *) options);
  g_autofree char *session = tst_start_recording (self->service, "killed", small);
  static const char *const programs[] = { "app-idle", "app-idle32" };
  g_autoptr(GPtrArray) events = NULL;
  TstChild *apps[G_N_ELEMENTS (programs)];
  TstMissing missing;
  TstResult result;

  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      apps[i] = tst_app_start (self->service, programs[i], NULL);
      g_free (tst_wait_app (self->service, tst_child_pid (apps[i]), "ready"));
      tst_app_go (apps[i], 1);
    }
  for (guint round = 0; round < KILLS; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
        tst_child_say (apps[i], "go %d", BURST);
      strike (self);
      tst_do (self->service, session, "Session.Flush", "(@a{sv} {},)");
      for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
        g_free (tst_child_wait_line (apps[i], "done"));
    }
  g_assert_cmpuint (tst_get_length (self->service, session, "Session.Problems"), ==, 0);
  result = tst_session_run (self->service, session, "Stop");
  events = tst_events_lossy (self->service, "killed", &missing);
  g_test_message ("%u emitted, %u recorded, %" G_GUINT64_FORMAT " discarded", 2 * (1 + KILLS * BURST), events->len,
                  result.discarded);
  g_assert_cmpuint (events->len + result.discarded, ==, 2 * (1 + KILLS * BURST));
  g_assert_cmpuint (result.lost + result.dropped + missing.packets, ==, 0);
  g_assert_cmpuint (missing.events, ==, result.discarded);
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    tst_child_free (apps[i]);
}

static void
consumers_of_both_are_succeeded (Fixture *self, gconstpointer options)
{
  tst_service_start (self->service, NULL);
  assert_nothing_is_lost (self, options, kill_all_consumers);
}

static void
kill_everybody (Fixture *self)
{
  g_auto(GStrv) sessions = tst_objects (self->service, "Session");

  /* An answer that is a promise: what the service knows by now, its next life will know. */
  tst_do (self->service, sessions[0], "Session.EnableEvents", "('events', [('tbtest:tick', @a{sv} {})], @a{sv} {})");
  kill_all_consumers (self);
  tst_service_kill (self->service);
  tst_service_start (self->service, NULL);
}

static void
the_next_service_goes_on_with_both (Fixture *self, gconstpointer options)
{
  tst_service_use_store (self->service);
  tst_service_start (self->service, NULL);
  assert_nothing_is_lost (self, options, kill_everybody);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/bits/user/both-record-every-type-side-by-side", Fixture, TST_PER ("user"), set_up,
              both_record_every_type_side_by_side, tear_down);
  g_test_add ("/bits/process/both-record-every-type-side-by-side", Fixture, TST_PER ("process"), set_up,
              both_record_every_type_side_by_side, tear_down);
  g_test_add ("/bits/user/consumers-of-both-are-succeeded", Fixture, TST_PER ("user"), set_up,
              consumers_of_both_are_succeeded, tear_down);
  g_test_add ("/bits/process/consumers-of-both-are-succeeded", Fixture, TST_PER ("process"), set_up,
              consumers_of_both_are_succeeded, tear_down);
  g_test_add ("/bits/user/the-next-service-goes-on-with-both", Fixture, TST_PER ("user"), set_up,
              the_next_service_goes_on_with_both, tear_down);
  g_test_add ("/bits/process/the-next-service-goes-on-with-both", Fixture, TST_PER ("process"), set_up,
              the_next_service_goes_on_with_both, tear_down);
  g_test_add ("/bits/without-a-consumer-only-its-programs-are-not-recorded", Fixture, TST_PER ("user"), set_up,
              without_a_consumer_only_its_programs_are_not_recorded, tear_down);
  return g_test_run ();
}
