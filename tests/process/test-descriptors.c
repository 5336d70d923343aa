/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fewer descriptors than programs need: as many as fit are recorded, the others start as if there was no service, are
 * counted, and are recorded as soon as there is room. Calls are answered all the time.
 */
#define _GNU_SOURCE
#include "support/leak.h"
#include "support/peer.h"
#include "support/recording.h"

#include <string.h>
#include <sys/resource.h>

#define DESCRIPTORS 256
enum { PROGRAMS = 100, CONSUMER_DESCRIPTORS = 64 };

typedef struct {
  TstService *service;
  TstChild *apps[PROGRAMS];
  char *session;
} Fixture;

/* The service and its consumers have the limit, programs do not. */
static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new_idle ();
  tst_service_limit (self->service, "-n " G_STRINGIFY (DESCRIPTORS));
  tst_service_start (self->service, NULL);
  self->session = tst_start_recording (self->service, "trace", options);
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  for (guint i = 0; i < PROGRAMS; i++)
    g_clear_pointer (&self->apps[i], tst_child_free);
  g_free (self->session);
  tst_service_free (self->service);
}

static guint
get_number (Fixture *self, const char *property)
{
  return tst_get_number (self->service, TST_ROOT, property);
}

/* They are all there, and have said that their main() runs. */
static void
start_programs (Fixture *self)
{
  gint64 longest = 0;

  for (guint i = 0; i < PROGRAMS; i++)
    {
      gint64 began = g_get_monotonic_time ();
      g_autofree char *name = g_strdup_printf ("%u", i);

      self->apps[i] = tst_app_start (self->service, "app-idle", name, NULL);
      longest = MAX (longest, g_get_monotonic_time () - began);
    }
  g_test_message ("the slowest start took %.1f ms", (double) longest / 1000);
}

static void
emit (Fixture *self, guint n)
{
  for (guint i = 0; i < PROGRAMS; i++)
    if (self->apps[i] != NULL)
      tst_app_go (self->apps[i], n);
}

/* How many programs the trace has an event of. */
static guint
count_recorded (Fixture *self)
{
  g_autoptr(GPtrArray) events = tst_events (self->service, "trace");
  g_autoptr(GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < events->len; i++)
    g_hash_table_add (names, tst_trace_field (events->pdata[i], "who"));
  return g_hash_table_size (names);
}

static void
as_many_as_fit_are_recorded (Fixture *self, gconstpointer options)
{
  const guint of_buffers = 1 + 2 * g_get_num_processors (); /* of a process; to make them takes less than twice that */
  guint n_apps, n_recorded, left;

  start_programs (self);
  n_apps = get_number (self, "Manager.AppCount");
  emit (self, 1);
  tst_session_run (self->service, self->session, "Stop");
  n_recorded = count_recorded (self);
  g_test_message ("%u of %u programs, %u recorded, %u refused; %u descriptors of %u, the service has %u open", n_apps,
                  PROGRAMS, n_recorded, get_number (self, "Manager.AppsRefused"), get_number (self, "Manager.FdsInUse"),
                  get_number (self, "Manager.FdBudget"), tst_fd_count (tst_service_pid (self->service)));
  g_assert_cmpuint (n_apps, >, 10);
  left = get_number (self, "Manager.FdBudget") - 2 * n_apps;
  if (strcmp (options, TST_PER ("user")) == 0)
    g_assert_cmpuint (n_recorded, ==, n_apps);
  else
    g_assert_cmpuint (n_recorded * 2 * of_buffers, >=, left);
  g_assert_cmpuint (get_number (self, "Manager.AppsRefused"), >=, PROGRAMS - n_apps);
  if (strcmp (options, TST_PER ("user")) == 0)
    tst_peer_tell ("descriptors");
}

static guint
count_registries (Fixture *self)
{
  g_autoptr(GVariant) answer = tst_call (self->service, self->session, "Session.ListBufferRegistries", "()");
  g_autoptr(GVariant) registries = g_variant_get_child_value (answer, 0);

  return g_variant_n_children (registries);
}

static gboolean
is_recorded (Fixture *self, guint program)
{
  g_autoptr(GPtrArray) events = tst_events (self->service, "trace");
  g_autofree char *name = g_strdup_printf ("\"%u\"", program);

  for (guint i = 0; i < events->len; i++)
    {
      g_autofree char *who = tst_trace_field (events->pdata[i], "who");

      if (g_str_equal (who, name))
        return TRUE;
    }
  return FALSE;
}

/* A program that comes late is there before it is recorded. */
static gboolean
are_ready (Fixture *self)
{
  g_auto(GStrv) apps = tst_objects (self->service, "App");

  for (guint i = 0; apps[i] != NULL; i++)
    {
      g_autofree char *state = tst_get_string (self->service, apps[i], "App.State");

      if (!g_str_equal (state, "ready"))
        return FALSE;
    }
  return TRUE;
}

/* The tracer tries again every few seconds; who was let in, and had no buffers, has them within one. */
static void
others_come_in_when_there_is_room (Fixture *self, gconstpointer options)
{
  guint n_registries, n_apps, n_ended = PROGRAMS * 3 / 4;

  start_programs (self);
  n_apps = get_number (self, "Manager.AppCount");
  n_registries = count_registries (self);
  for (guint i = 0; i < n_ended; i++)
    g_clear_pointer (&self->apps[i], tst_child_free);
  tst_wait_until (self->service, get_number (self, "Manager.AppCount") == MIN (n_apps, PROGRAMS - n_ended)
                                   || get_number (self, "Manager.FdsInUse") + 8
                                        > get_number (self, "Manager.FdBudget"));
  tst_wait_until (self->service, count_registries (self) >= MIN (n_registries, PROGRAMS - n_ended));
  tst_wait_until (self->service, are_ready (self));
  emit (self, 1);
  tst_session_run (self->service, self->session, "Stop");
  g_test_message ("%u of %u programs after %u have ended, %u recorded", get_number (self, "Manager.AppCount"),
                  PROGRAMS - n_ended, n_ended, count_recorded (self));
  g_assert_cmpuint (count_recorded (self), >=, n_registries / 2); /* buffers of those that ended may still be there */
  g_assert_true (is_recorded (self, PROGRAMS - 1) || n_registries > 1);
}

/* Who was not let in is ended, and so does not come later. Returns: how many. */
static guint
end_refused (Fixture *self)
{
  guint n_refused = 0;

  for (guint i = 0; i < PROGRAMS; i++)
    {
      g_autoptr(GVariant) apps = tst_call (self->service, TST_ROOT, "Manager.GetAppsByPid", "(%u,)",
                                           (guint) tst_child_pid (self->apps[i]));
      g_autoptr(GVariant) paths = g_variant_get_child_value (apps, 0);

      if (g_variant_n_children (paths) > 0)
        continue;
      g_clear_pointer (&self->apps[i], tst_child_free);
      n_refused++;
    }
  tst_wait_until (self->service, get_number (self, "Manager.AppCount") == PROGRAMS - n_refused && are_ready (self));
  return n_refused;
}

/* Each that is left emits one event. Returns: how many of them had buffers, as they say. */
static guint
emit_wanted (Fixture *self)
{
  guint n_wanted = 0;

  for (guint i = 0; i < PROGRAMS; i++)
    {
      g_autofree char *said = NULL;

      if (self->apps[i] == NULL)
        continue;
      tst_child_say (self->apps[i], "go 1");
      said = tst_child_wait_line (self->apps[i], "done ");
      n_wanted += g_str_equal (said, "done 1");
    }
  return n_wanted;
}

/*
 * The consumer needs some for each program's buffers, and then for its files. How many programs fit is told only: the
 * limit is also one of descriptors that the user's processes, all of them, have on the way. But each is refused, or
 * fails, or comes too late, or its event is recorded or told as lost, and what is told adds up.
 */
static void
a_consumer_may_lack_them (Fixture *self, gconstpointer options)
{
  const struct rlimit few = { CONSUMER_DESCRIPTORS, CONSUMER_DESCRIPTORS };
  guint n_refused, n_wanted, n_recorded;
  TstResult result;

  g_assert_cmpint (prlimit (tst_service_consumer_pid (self->service), RLIMIT_NOFILE, &few, NULL), ==, 0);
  start_programs (self);
  n_refused = end_refused (self);
  n_wanted = emit_wanted (self);
  result = tst_session_run (self->service, self->session, "Stop");
  n_recorded = count_recorded (self);
  g_test_message ("of %u programs %u refused, %u failed, %u too late, %u recorded; %" G_GUINT64_FORMAT
                  " packets lost, %" G_GUINT64_FORMAT " bytes dropped", PROGRAMS, n_refused, result.failed,
                  result.applied - n_wanted, n_recorded, result.lost, result.dropped);
  g_assert_cmpuint (result.pending, ==, 0);
  g_assert_cmpuint (n_refused + result.failed + result.applied, ==, PROGRAMS);
  g_assert_cmpuint (n_recorded + result.lost + result.discarded, ==, n_wanted);
  g_assert_cmpuint (result.applied, >=, n_wanted);
  g_assert_cmpuint (result.applied, <, CONSUMER_DESCRIPTORS);
  g_assert_cmpuint (get_number (self, "Manager.AppsRefused"), >=, n_refused);
  g_assert_true (result.failed == 0 || tst_has_problem (self->service, self->session, "no-room")
                 || tst_has_problem (self->service, self->session, "app-failed"));
  g_assert_true ((result.lost > 0) == (result.dropped > 0));
  g_assert_true (result.lost == 0 || tst_has_problem (self->service, self->session, "write-failed"));
  tst_session_run (self->service, self->session, "Destroy");
  g_assert_cmpuint (get_number (self, "Manager.SessionCount"), ==, 0);
}

#define ADD(function) TST_ADD_PER_SCHEME ("/process/descriptors", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (as_many_as_fit_are_recorded);
  ADD (others_come_in_when_there_is_room);
  TST_ADD ("/process/descriptors/per-process", TST_PER ("process"), a_consumer_may_lack_them);
  return g_test_run ();
}
