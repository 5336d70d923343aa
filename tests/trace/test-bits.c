/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs of both bitnesses in one session, each in the buffers of a consumer of its own kind (B3, B10). */
#include "support/recording.h"

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/bits/user/both-record-every-type-side-by-side", Fixture, TST_PER ("user"), set_up,
              both_record_every_type_side_by_side, tear_down);
  g_test_add ("/bits/process/both-record-every-type-side-by-side", Fixture, TST_PER ("process"), set_up,
              both_record_every_type_side_by_side, tear_down);
  g_test_add ("/bits/without-a-consumer-only-its-programs-are-not-recorded", Fixture, TST_PER ("user"), set_up,
              without_a_consumer_only_its_programs_are_not_recorded, tear_down);
  return g_test_run ();
}
