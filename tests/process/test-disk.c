/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The disk is full while programs are recorded: somebody is told, the trace can be read at every moment, what waits in
 * the buffers is written when there is room, and what programs emitted is in the trace or is counted.
 */
#include "support/mounts.h"
#include "support/peer.h"
#include "support/recording.h"

#include <glib/gstdio.h>
#include <signal.h>

#define SMALL "'subbuf-size': <uint64 16384>, 'num-subbuf': <uint64 4>"

enum { SPACE = 4 }; /* MiB */

static const char *no_mounts;

typedef struct {
  const char *kind; /* of the file system */
  const char *scheme;
} Place;

typedef struct {
  TstService *service;
  TstChild *app;
  char *session;
  char *folder, *filler;
  guint emitted;
  gboolean mounted;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  const Place *place = data;
  const char *why = no_mounts;

  self->service = tst_service_new ();
  self->folder = tst_output (self->service, "folder");
  self->filler = tst_output (self->service, "folder/filler");
  self->mounted = why == NULL && tst_mount (place->kind, self->folder, SPACE, &why);
  if (!self->mounted)
    g_test_skip (why);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_pointer (&self->app, tst_child_free);
  if (self->mounted)
    tst_unmount (self->folder);
  g_free (self->session);
  g_free (self->folder);
  g_free (self->filler);
  tst_service_free (self->service);
}

static void
emit (Fixture *self, guint n)
{
  tst_app_go (self->app, n);
  self->emitted += n;
}

static void
flush (Fixture *self)
{
  tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
}

/* A program is recorded, and something of it is in the trace. */
static void
begin (Fixture *self, const Place *place)
{
  g_autofree char *options = g_strdup_printf ("'buffer-ownership': <'%s'>, " SMALL, place->scheme);

  self->session = tst_start_recording (self->service, "folder/trace", options);
  self->app = tst_app_start (self->service, "app-idle", NULL);
  emit (self, 1000);
  flush (self);
}

/* Fills the disk; returns when what is emitted on it has been told of. */
static void
fill (Fixture *self)
{
  gint64 began = 0;

  tst_fill (self->filler);
  /* At first into what the files have left of what they were given. */
  for (guint64 written = 0, before = 1; written != before; )
    {
      before = written;
      emit (self, 300);
      began = g_get_monotonic_time ();
      flush (self);
      written = tst_get_number (self->service, self->session, "Session.BytesWritten");
    }
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "'no-space'"));
  g_test_message ("told after %.1f ms", (double) (g_get_monotonic_time () - began) / 1000);
}

/* Once is enough. */
static void
compare (gconstpointer data, const char *fault)
{
  const Place *place = data;

  if (g_str_equal (place->kind, "tmpfs"))
    tst_peer_tell (fault);
}

/* Returns when all that waited is written. */
static void
make_room (Fixture *self)
{
  gint64 began = g_get_monotonic_time ();

  g_assert_cmpint (g_unlink (self->filler), ==, 0);
  tst_wait_until (self->service, tst_get_length (self->service, self->session, "Session.Problems") == 0);
  g_test_message ("goes on %.1f ms after there is room", (double) (g_get_monotonic_time () - began) / 1000);
}

/* While it is written. */
static guint
count_readable (Fixture *self)
{
  g_autofree char *output = tst_output (self->service, "folder/trace");

  return tst_babeltrace_live (output);
}

static guint
count_recorded (Fixture *self)
{
  TstMissing missing;
  g_autoptr(GPtrArray) events = tst_events_lossy (self->service, "folder/trace", &missing);

  return events->len;
}

static void
assert_exact (Fixture *self, TstResult result)
{
  guint recorded = count_recorded (self);

  g_test_message ("%u emitted, %u recorded, %" G_GUINT64_FORMAT " discarded, %" G_GUINT64_FORMAT " bytes dropped",
                  self->emitted, recorded, result.discarded, result.dropped);
  g_assert_cmpuint (recorded + result.discarded, ==, self->emitted);
  g_assert_cmpuint (result.failed, ==, 0);
  g_assert_cmpuint (result.lost, ==, 0);
  g_assert_cmpuint (result.dropped, ==, 0);
}

static void
keeps_in_the_buffers_what_they_can_hold (Fixture *self, gconstpointer place)
{
  TstResult result;

  if (!self->mounted)
    return;
  begin (self, place);
  fill (self);
  g_assert_cmpuint (count_readable (self), >=, 1000);
  g_assert_cmpuint (count_readable (self), <, self->emitted);
  make_room (self);
  emit (self, 100);
  result = tst_session_run (self->service, self->session, "Stop");
  assert_exact (self, result);
  g_assert_cmpuint (result.discarded, ==, 0);
}

static void
counts_what_they_cannot_hold (Fixture *self, gconstpointer place)
{
  TstResult result;
  guint recorded;

  if (!self->mounted)
    return;
  begin (self, place);
  tst_fill (self->filler);
  for (guint i = 0; i < 5; i++)
    {
      emit (self, 10000);
      recorded = count_readable (self);
      g_assert_cmpuint (recorded, >=, 1000);
      g_assert_cmpuint (recorded, <, self->emitted);
    }
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "'no-space'"));
  make_room (self);
  emit (self, 500);
  result = tst_session_run (self->service, self->session, "Stop");
  assert_exact (self, result);
  g_assert_cmpuint (result.discarded, >, 0);
  compare (place, "full-disk");
}

/* Again and again, with less room each time than what is there to write. */
static void
goes_on_in_what_room_there_is (Fixture *self, gconstpointer place)
{
  if (!self->mounted)
    return;
  begin (self, place);
  for (guint i = 0; i < 8; i++)
    {
      tst_fill (self->filler);
      emit (self, 2000);
      g_assert_cmpint (truncate (self->filler, (off_t) (SPACE << 20) / 2 - (off_t) (i << 14)), ==, 0);
      emit (self, 2000);
      g_assert_cmpuint (count_readable (self), >=, 1000);
    }
  make_room (self);
  assert_exact (self, tst_session_run (self->service, self->session, "Stop"));
}

/* There is a reserve. */
static void
a_stop_writes_what_the_buffers_hold (Fixture *self, gconstpointer place)
{
  if (!self->mounted)
    return;
  begin (self, place);
  fill (self);
  emit (self, 10000);
  assert_exact (self, tst_session_run (self->service, self->session, "Stop"));
  g_assert_cmpint (g_unlink (self->filler), ==, 0);
  tst_session_run (self->service, self->session, "Start");
  emit (self, 500);
  assert_exact (self, tst_session_run (self->service, self->session, "Stop"));
  tst_wait_until (self->service, tst_get_length (self->service, self->session, "Session.Problems") == 0);
}

static void
a_destroy_writes_what_the_buffers_hold (Fixture *self, gconstpointer place)
{
  if (!self->mounted)
    return;
  begin (self, place);
  fill (self);
  emit (self, 10000);
  assert_exact (self, tst_session_run (self->service, self->session, "Destroy"));
  g_assert_cmpuint (tst_get_number (self->service, TST_ROOT, "Manager.SessionCount"), ==, 0);
  compare (place, "full-disk-destroy");
}

static void
a_program_may_end_meanwhile (Fixture *self, gconstpointer place)
{
  if (!self->mounted)
    return;
  begin (self, place);
  fill (self);
  emit (self, 10000);
  g_clear_pointer (&self->app, tst_child_free);
  tst_wait_until (self->service, tst_get_number (self->service, TST_ROOT, "Manager.AppCount") == 0);
  assert_exact (self, tst_session_run (self->service, self->session, "Destroy"));
}

/* What waits is in no file yet: its successor finds it in the buffers. */
static void
the_consumer_may_die_meanwhile (Fixture *self, gconstpointer place)
{
  if (!self->mounted)
    return;
  begin (self, place);
  fill (self);
  emit (self, 10000);
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  emit (self, 100);
  make_room (self);
  emit (self, 100);
  assert_exact (self, tst_session_run (self->service, self->session, "Stop"));
}

#define ADD(function)                                                                                                 \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    for (gsize i = 0; i < G_N_ELEMENTS (places); i++)                                                                 \
      add (&places[i], #function, function);                                                                          \
  }                                                                                                                   \
  G_STMT_END

static void
add (const Place *place, const char *function, void (*test) (Fixture *, gconstpointer))
{
  g_autofree char *sentence = g_strdelimit (g_strdup (function), "_", '-');
  g_autofree char *path = g_strdup_printf ("/process/disk/%s-per-%s/%s", place->kind, place->scheme, sentence);

  g_test_add (path, Fixture, place, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  static const Place places[] = { { "tmpfs", "user" }, { "ext4", "user" }, { "ext4", "process" } };

  g_test_init (&argc, &argv, NULL);
  tst_mounts_own (&no_mounts);
  ADD (keeps_in_the_buffers_what_they_can_hold);
  ADD (counts_what_they_cannot_hold);
  ADD (goes_on_in_what_room_there_is);
  ADD (a_stop_writes_what_the_buffers_hold);
  ADD (a_destroy_writes_what_the_buffers_hold);
  ADD (a_program_may_end_meanwhile);
  ADD (the_consumer_may_die_meanwhile);
  return g_test_run ();
}
