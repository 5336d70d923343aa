/* SPDX-License-Identifier: GPL-2.0-only */
/* A thread that does not come back from what it is at is told of, and once it is back as well. */
#include "consumer/sentry.h"

#include "consumer/drain.h"

#include <glib.h>
#include <unistd.h>

typedef struct {
  TcDrain drain;
  TcSentry sentry;
  int file[2]; /* what the drain waits for */
  int told[2]; /* what the sentry says */
  TcMail mail;
} Fixture;

static bool
tell (TcSentry *sentry, bool waiting)
{
  Fixture *f = (Fixture *) (void *) ((char *) sentry - G_STRUCT_OFFSET (Fixture, sentry));
  char word = waiting ? 'w' : 'g';

  g_assert_cmpint (write (f->told[1], &word, 1), ==, 1);
  return true;
}

static void
wait_for_file (TcMail *mail)
{
  Fixture *f = (Fixture *) (void *) ((char *) mail - G_STRUCT_OFFSET (Fixture, mail));
  char byte;

  g_assert_cmpint (read (f->file[0], &byte, 1), ==, 1);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (pipe (f->file), ==, 0);
  g_assert_cmpint (pipe (f->told), ==, 0);
  f->mail.run = wait_for_file;
  g_assert_cmpint (tc_drain_start (&f->drain, "drain"), ==, 0);
  tc_sentry_init (&f->sentry, tell);
  tc_sentry_watch (&f->sentry, f->drain.loop);
  g_assert_cmpint (tc_sentry_start (&f->sentry), ==, 0);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tc_sentry_stop (&f->sentry);
  tc_drain_stop (&f->drain);
  tc_sentry_clear (&f->sentry);
  for (guint i = 0; i < 2; i++)
    {
      close (f->file[i]);
      close (f->told[i]);
    }
}

static void
hear (Fixture *f, char expected)
{
  char word;

  g_assert_cmpint (read (f->told[0], &word, 1), ==, 1);
  g_assert_cmpint (word, ==, expected);
}

/* A drain that comes to rest is not told of again. */
static void
tells_as_long_as_it_lasts (Fixture *f, gconstpointer data)
{
  char word;

  for (guint round = 0; round < 2; round++)
    {
      tc_loop_post (f->drain.loop, &f->mail);
      hear (f, 'w');
      hear (f, 'w');
      g_assert_cmpint (write (f->file[1], "", 1), ==, 1);
      do
        g_assert_cmpint (read (f->told[0], &word, 1), ==, 1);
      while (word == 'w');
      g_assert_cmpint (word, ==, 'g');
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/consumer/sentry/tells-as-long-as-it-lasts", Fixture, NULL, set_up, tells_as_long_as_it_lasts,
              tear_down);
  return g_test_run ();
}
