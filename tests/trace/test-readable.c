/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace is readable at every moment while it is written.
 *
 * What is promised is what holds on disk at one moment: data files of whole packets, and a metadata file that describes
 * all of them (B18, rule 3). A reader that looks at files one after the other takes metadata last, or may meet a
 * packet that is younger than the metadata that it took: babeltrace2 takes it first, so the tests let programs
 * register all their classes before they read.
 */
#include "support/peer.h"
#include "support/recording.h"

#include <glib/gstdio.h>
#include <signal.h>

/* How the session of a test is made; their data. */
typedef struct {
  const char *name;
  const char *channel;  /* options */
  const char *metadata; /* options of the channel "metadata"; NULL: none */
} Shape;

static const Shape shapes[] = {
  { "per-user", "'subbuf-size': <uint64 16384>", NULL },
  { "per-user-with-timers", "'switch-timer-us': <uint32 10000>", "'switch-timer-us': <uint32 10000>" },
  { "per-user-with-a-read-timer", "'read-timer-us': <uint32 5000>, 'switch-timer-us': <uint32 10000>", NULL },
  { "per-process", "'buffer-ownership': <'process'>, 'subbuf-size': <uint64 4096>", NULL },
  { "per-process-with-timers", "'buffer-ownership': <'process'>, 'switch-timer-us': <uint32 10000>",
    "'switch-timer-us': <uint32 10000>" },
};

typedef struct {
  TstService *service;
  char *session;
  char *output;
} Fixture;

enum { READINGS = 6, BURSTS = 3 };

static void
set_up (Fixture *self, gconstpointer data)
{
  const Shape *shape = data;
  g_autofree char *channel = NULL;

  self->service = tst_service_new ();
  self->session = tst_session (self->service, "live");
  self->output = tst_output (self->service, "live");
  if (shape->metadata != NULL)
    g_free (tst_channel (self->service, self->session, "metadata", shape->metadata));
  channel = tst_channel (self->service, self->session, "events", shape->channel);
  tst_enable (self->service, self->session, "events", "tbtest:*");
  tst_session_run (self->service, self->session, "Start");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_free (self->session);
  g_free (self->output);
  tst_service_free (self->service);
}

static TstChild *
start_ready (Fixture *self, const char *name, const char *first, const char *second)
{
  TstChild *app = tst_app_start (self->service, name, first, second, NULL);

  g_free (tst_child_wait_line (app, "ready"));
  return app;
}

/* As somebody does who wants to keep what is there now: what refers before what it refers to. */
static guint64
read_copy (Fixture *self)
{
  static const char script[] =
    "mkdir \"$2\" && cd \"$1\" && find . -name '*.idx' -exec cp --parents '{}' \"$2\" \\; &&"
    "  find . -name 'events_*' ! -name '*.idx' -exec cp --parents '{}' \"$2\" \\; &&"
    "  find . -name metadata -exec cp --parents '{}' \"$2\" \\;";
  g_autofree char *copy = tst_output (self->service, "copy");
  const char *make[] = { "sh", "-c", script, "sh", self->output, copy, NULL };
  const char *remove[] = { "rm", "-r", copy, NULL };
  g_autoptr(TstChild) maker = tst_child_start (make, NULL);
  g_autoptr(TstChild) remover = NULL;
  guint64 n;

  tst_child_finish (maker);
  n = tst_babeltrace_live (copy);
  remover = tst_child_start (remove, NULL);
  tst_child_finish (remover);
  return n;
}

/* Two that write, one that does not, and one that cannot. */
static void
while_programs_write_at_their_pace (Fixture *self, gconstpointer data)
{
  g_autoptr(TstChild) idle = start_ready (self, "app-idle", NULL, NULL);
  g_autoptr(TstChild) frozen = start_ready (self, "app-paced", "0", "100");
  g_autoptr(TstChild) fast = start_ready (self, "app-paced", "0", "50");
  g_autoptr(TstChild) slow = start_ready (self, "app-paced", "0", "1000");
  guint64 before = 0;

  tst_child_freeze (frozen);
  for (guint i = 0; i < READINGS; i++)
    {
      guint64 n = tst_babeltrace_live (self->output);
      guint64 copied = read_copy (self);

      g_assert_cmpuint (n, >=, before);
      g_assert_cmpuint (copied, >=, n);
      before = copied;
    }
  /* By timers, or because packets are full, it goes on without anybody's asking. */
  tst_wait_until (self->service, tst_babeltrace_live (self->output) > before);
  tst_child_signal (frozen, SIGCONT);
}

static void
while_programs_write_flat_out (Fixture *self, gconstpointer data)
{
  guint64 n = 0;

  for (guint i = 0; i < BURSTS; i++)
    {
      g_autoptr(TstChild) one = start_ready (self, "app-burst", "30000", "64");
      g_autoptr(TstChild) two = start_ready (self, "app-burst", "10000", "300");

      n = tst_babeltrace_live (self->output);
      tst_child_finish (one);
      tst_child_finish (two);
    }
  g_test_message ("readable while programs write, %" G_GUINT64_FORMAT " events", n);
  if (data == &shapes[0])
    tst_peer_tell ("readable");
}

static void
add (const Shape *shape, const char *name, void (*test) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strdup_printf ("/trace/readable/%s/%s", shape->name, name);

  g_test_add (path, Fixture, shape, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      add (&shapes[i], "while-programs-write-at-their-pace", while_programs_write_at_their_pace);
      add (&shapes[i], "while-programs-write-flat-out", while_programs_write_flat_out);
    }
  return g_test_run ();
}
