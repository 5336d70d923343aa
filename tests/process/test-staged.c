/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Service and consumer are killed at once, while packets wait in the staging pool: they are in no ring any more, and in
 * no file yet. Rings of one sub-buffer never have time, so all of their packets take that way.
 */
#include "support/mounts.h"
#include "support/recording.h"

#include <glib/gstdio.h>
#include <signal.h>

#define HURRIED "'subbuf-size': <uint64 %u>, 'num-subbuf': <uint64 1>, 'buffer-ownership': <'%s'>"

enum { KILLS = 6, WRITERS = 3, BURST = 30000, STEP = 700, SMALL = 16384, LARGE = 131072, SPACE = 4 /* MiB */ };

static const char *no_mounts;

typedef struct {
  TstService *service;
  TstStore *store;
  TstChild *writers[WRITERS];
  char *session;
  guint emitted;
} Fixture;

static void
set_up (Fixture *self, gconstpointer scheme)
{
  self->service = tst_service_new_idle ();
  self->store = tst_service_use_store (self->service);
  tst_service_start (self->service, NULL);
}

static void
tear_down (Fixture *self, gconstpointer scheme)
{
  for (guint i = 0; i < WRITERS; i++)
    g_clear_pointer (&self->writers[i], tst_child_free);
  g_free (self->session);
  tst_service_free (self->service);
}

/* All writers run, and what the service knows by now, its next life will know. */
static void
begin (Fixture *self, const char *name, guint size, const char *scheme)
{
  g_autofree char *options = g_strdup_printf (HURRIED, size, scheme);

  self->session = tst_start_recording (self->service, name, options);
  for (guint i = 0; i < WRITERS; i++)
    {
      self->writers[i] = tst_app_start (self->service, "app-idle", NULL);
      g_free (tst_wait_app (self->service, tst_child_pid (self->writers[i]), "ready"));
    }
  tst_do (self->service, self->session, "Session.EnableEvents",
          "('events', [('tbtest:tick', @a{sv} {})], @a{sv} {})");
}

static void
emit (Fixture *self, guint n)
{
  tst_app_go (self->writers[0], n);
  self->emitted += n;
}

/* Neither notices that the other dies. */
static void
kill_both (Fixture *self)
{
  pid_t consumer;

  tst_wait_until (self->service, (consumer = tst_service_consumer_pid (self->service)) > 0);
  g_assert_cmpint (kill (tst_service_pid (self->service), SIGKILL), ==, 0);
  g_assert_cmpint (kill (consumer, SIGKILL), ==, 0);
  tst_service_kill (self->service);
}

static void
assert_exact (Fixture *self, const char *name, TstResult result)
{
  TstMissing missing;
  g_autoptr(GPtrArray) events = tst_events_lossy (self->service, name, &missing);

  g_test_message ("%u emitted, %u recorded, %" G_GUINT64_FORMAT " discarded", self->emitted, events->len,
                  result.discarded);
  g_assert_cmpuint (events->len + result.discarded, ==, self->emitted);
  g_assert_cmpuint (missing.events, <=, result.discarded);
  g_assert_true (missing.more || missing.events == result.discarded);
  g_assert_cmpuint (missing.packets + result.lost + result.dropped, ==, 0);
  g_assert_cmpuint (result.failed + result.pending, ==, 0);
}

/* Programs write flat out all the while. */
static void
every_event_is_accounted_for (Fixture *self, gconstpointer scheme)
{
  begin (self, "killed", LARGE, scheme);
  for (guint round = 0; round < KILLS; round++)
    {
      for (guint i = 1; i < WRITERS; i++)
        tst_child_say (self->writers[i], "go %d", BURST);
      emit (self, STEP * round); /* so far they have come */
      kill_both (self);
      tst_service_start (self->service, NULL);
      /* Every other time the next death comes before the consumer has come back. */
      if (round % 2 == 0)
        tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
      for (guint i = 1; i < WRITERS; i++)
        g_free (tst_child_wait_line (self->writers[i], "done"));
      self->emitted += (WRITERS - 1) * BURST;
    }
  g_assert_cmpuint (tst_get_length (self->service, self->session, "Session.Problems"), ==, 0);
  assert_exact (self, "killed", tst_session_run (self->service, self->session, "Stop"));
  g_assert_cmpuint (tst_store_count (self->store, "staging-1"), ==, 1);
}

/* As many packets: far more than the ring holds, so they are in the pool. */
static void
emit_packets (Fixture *self, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      emit (self, 100);
      tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
    }
}

static void
what_waits_for_the_disk_is_written_later (Fixture *self, gconstpointer scheme)
{
  g_autofree char *folder = tst_output (self->service, "folder");
  g_autofree char *filler = tst_output (self->service, "folder/filler");
  const char *why = no_mounts;
  TstResult result;

  if (why != NULL || !tst_mount ("tmpfs", folder, SPACE, &why))
    {
      g_test_skip (why);
      return;
    }
  begin (self, "folder/trace", SMALL, scheme);
  emit_packets (self, 1);
  tst_fill (filler);
  emit_packets (self, 30);
  for (guint i = 0; i < 2; i++)
    {
      kill_both (self);
      tst_service_start (self->service, NULL);
      emit_packets (self, 10);
    }
  g_assert_cmpint (g_unlink (filler), ==, 0);
  result = tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (result.discarded, ==, 0);
  assert_exact (self, "folder/trace", result);
  tst_unmount (folder);
}

#define ADD(name, test)                                                                                               \
  g_test_add ("/process/staged/per-user/" name, Fixture, "user", set_up, test, tear_down);                            \
  g_test_add ("/process/staged/per-process/" name, Fixture, "process", set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tst_mounts_own (&no_mounts);
  ADD ("every-event-is-accounted-for", every_event_is_accounted_for);
  ADD ("what-waits-for-the-disk-is-written-later", what_waits_for_the_disk_is_written_later);
  return g_test_run ();
}
