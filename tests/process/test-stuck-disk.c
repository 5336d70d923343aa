/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk does not answer while programs are recorded, as one that is frozen for a snapshot, or a server that is not
 * there: callers are, programs go on, and all that was recorded is written when the disk goes on.
 */
#include "support/mounts.h"
#include "support/recording.h"

#include <string.h>

enum { SPACE = 16 }; /* MiB */

static const char *no_mounts;

typedef struct {
  TstService *service;
  TstChild *app;
  char *folder;
  TstFrost *frost;
  gboolean mounted;
  guint emitted;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  const char *why = no_mounts;

  self->service = tst_service_new ();
  self->folder = tst_output (self->service, "folder");
  self->mounted = why == NULL && tst_mount ("ext4", self->folder, SPACE, &why);
  if (!self->mounted)
    g_test_skip (why);
}

static void
thaw (Fixture *self)
{
  tst_frost_thaw (g_steal_pointer (&self->frost));
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  g_clear_pointer (&self->frost, tst_frost_thaw);
  g_clear_pointer (&self->app, tst_child_free);
  if (self->mounted)
    tst_unmount (self->folder);
  g_free (self->folder);
  tst_service_free (self->service);
}

static void
emit (Fixture *self, guint n)
{
  tst_app_go (self->app, n);
  self->emitted += n;
}

/* A program is recorded to the disk, and then the disk does not answer any more. (transfer full) */
static char *
record_and_freeze (Fixture *self, gconstpointer options)
{
  char *session = tst_start_recording (self->service, "folder/trace", options);

  self->app = tst_app_start (self->service, "app-idle", NULL);
  emit (self, 1000);
  tst_do (self->service, session, "Session.Flush", "(@a{sv} {},)");
  self->frost = tst_mount_freeze (self->folder);
  emit (self, 1000);
  return session;
}

static gboolean
is_stuck (Fixture *self, const char *session)
{
  g_autoptr(GVariant) problems = tst_get (self->service, session, "Session.Problems");
  g_autofree char *text = g_variant_print (problems, FALSE);

  return strstr (text, "'output-stuck'") != NULL;
}

static void
assert_nobody_died (Fixture *self)
{
  g_auto(GStrv) consumers = tst_objects (self->service, "Consumer");

  for (guint i = 0; consumers[i] != NULL; i++)
    g_assert_cmpuint (tst_get_number (self->service, consumers[i], "Consumer.Restarts"), ==, 0);
}

/* Of the one program there was from the beginning; nothing was discarded. */
static void
assert_all_recorded (Fixture *self)
{
  g_assert_cmpuint (tst_count (self->service, "folder/trace", "tbtest:tick"), ==, self->emitted);
  assert_nobody_died (self);
}

static gboolean
has_warning (GVariant *answer)
{
  g_autofree char *text = g_variant_print (answer, FALSE);

  g_test_message ("%s", text);
  return strstr (text, "does not answer") != NULL;
}

/* The consumer is kept, and cannot say hello to it yet. */
static void
begin_another_life (Fixture *self)
{
  g_autofree char *output = tst_output (self->service, "another");

  tst_service_kill (self->service);
  tst_service_start (self->service, NULL);
  tst_expect (tst_refused (self->service, TST_ROOT, "Manager.CreateSession", "('another', {'output': <%s>})", output),
              "OutputUnavailable: ");
}

static void
a_stop_is_answered_and_done_when_the_disk_goes_on (Fixture *self, gconstpointer options)
{
  g_autofree char *elsewhere = NULL;
  g_autofree char *session = NULL;
  g_autofree char *state = NULL;
  g_autoptr(GVariant) answer = NULL;

  if (!self->mounted)
    return;
  tst_service_stop (self->service);
  (void) tst_service_use_store (self->service);
  tst_service_start (self->service, NULL);
  elsewhere = tst_start_recording (self->service, "elsewhere", options);
  session = record_and_freeze (self, options);
  answer = tst_call (self->service, session, "Session.Stop", "(@a{sv} {},)");
  g_assert_true (has_warning (answer));
  g_assert_true (is_stuck (self, session));
  tst_session_run (self->service, elsewhere, "Stop"); /* as far as it can be done */
  state = tst_get_string (self->service, session, "Session.State");
  g_assert_cmpstr (state, ==, "inactive");
  tst_expect (tst_refused (self->service, session, "Session.Start", "(@a{sv} {},)"), "OutputUnavailable: ");
  begin_another_life (self);
  tst_expect (tst_refused (self->service, session, "Session.Start", "(@a{sv} {},)"), "OutputUnavailable: ");
  g_assert_true (is_stuck (self, session));
  thaw (self);
  tst_wait_until (self->service, !is_stuck (self, session));
  tst_session_run (self->service, session, "Destroy");
  assert_all_recorded (self);
  tst_session_run (self->service, elsewhere, "Destroy");
  g_assert_cmpuint (tst_count (self->service, "elsewhere", "tbtest:tick"), ==, self->emitted);
}

static void
a_start_is_refused_and_has_no_effect_later (Fixture *self, gconstpointer options)
{
  g_autofree char *session = NULL;
  g_autofree char *channel = NULL;
  g_autofree char *state = NULL;

  if (!self->mounted)
    return;
  session = tst_session (self->service, "folder/trace");
  channel = tst_channel (self->service, session, "events", options);
  tst_enable (self->service, session, "events", "tbtest:*");
  self->app = tst_app_start (self->service, "app-idle", NULL);
  self->frost = tst_mount_freeze (self->folder);
  tst_expect (tst_refused (self->service, session, "Session.Start", "(@a{sv} {},)"), "OutputUnavailable: ");
  tst_app_go (self->app, 5);
  thaw (self);
  tst_wait_until (self->service, !is_stuck (self, session));
  tst_enable (self->service, session, "events", "tbtest:*"); /* after what was still under way */
  state = tst_get_string (self->service, session, "Session.State");
  g_assert_cmpstr (state, ==, "inactive");
  tst_session_run (self->service, session, "Start");
  emit (self, 10);
  tst_session_run (self->service, session, "Stop");
  assert_all_recorded (self);
}

/* What comes meanwhile is not kept from anything. */
static void
programs_go_on_and_a_destroy_is_answered (Fixture *self, gconstpointer options)
{
  g_autofree char *session = NULL;
  g_autoptr(TstChild) comer = NULL;
  g_autoptr(GVariant) answer = NULL;

  if (!self->mounted)
    return;
  session = record_and_freeze (self, options);
  comer = tst_app_start (self->service, "app-idle", NULL);
  tst_app_go (comer, 10);
  tst_app_run (self->service, "app-tiny", NULL);
  tst_expect (tst_refused (self->service, session, "Session.Flush", "(@a{sv} {},)"), "OutputUnavailable: ");
  g_assert_true (is_stuck (self, session));
  emit (self, 100);
  answer = tst_call (self->service, session, "Session.Destroy", "(@a{sv} {},)");
  g_assert_true (has_warning (answer));
  g_assert_cmpuint (tst_get_number (self->service, TST_ROOT, "Manager.SessionCount"), ==, 1);
  thaw (self);
  tst_wait_until (self->service, tst_get_number (self->service, TST_ROOT, "Manager.SessionCount") == 0);
  g_assert_cmpuint (tst_count (self->service, "folder/trace", "tbtest:tick"), >=, self->emitted);
  assert_nobody_died (self);
}

/* It does not wait for the disk, nor end who does: that one has what was recorded. */
static void
a_service_that_stops_meanwhile_loses_nothing (Fixture *self, gconstpointer options)
{
  g_autofree char *session = NULL;
  g_autoptr(GVariant) answer = NULL;
  int ended;

  if (!self->mounted)
    return;
  session = record_and_freeze (self, options);
  ended = tst_process_watch (tst_service_consumer_pid (self->service));
  answer = tst_call (self->service, session, "Session.Stop", "(@a{sv} {},)");
  g_assert_true (has_warning (answer));
  tst_service_stop (self->service);
  thaw (self);
  tst_process_await (ended);
  g_assert_cmpuint (tst_count (self->service, "folder/trace", "tbtest:tick"), ==, self->emitted);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tst_mounts_own (&no_mounts);
  TST_ADD ("/process/stuck-disk", TST_PER ("user"), a_stop_is_answered_and_done_when_the_disk_goes_on);
  TST_ADD ("/process/stuck-disk", TST_PER ("user"), a_start_is_refused_and_has_no_effect_later);
  TST_ADD ("/process/stuck-disk", TST_PER ("process"), programs_go_on_and_a_destroy_is_answered);
  TST_ADD ("/process/stuck-disk", TST_PER ("user"), a_service_that_stops_meanwhile_loses_nothing);
  return g_test_run ();
}
