/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/error.h"
#include "base/poller.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MANY = 150 }; /* more than one batch of the poller */

typedef struct {
  GMainContext *context;
  TbusPoller *poller;
} Fixture;

typedef struct {
  int ends[2]; /* of a pipe */
  TbusPollerWatch *watch;
  guint calls;
  guint32 events;
  TbusPollerWatch **victim; /* nullable: removed by the callback */
  gboolean had_more;        /* others were ready, too */
  TbusPoller *poller;
} Pipe;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->context = g_main_context_new ();
  f->poller = tbus_poller_new (f->context, NULL);
  g_assert_nonnull (f->poller);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tbus_poller_free (f->poller);
  g_main_context_unref (f->context);
}

static void
on_event (guint32 events, gpointer data)
{
  Pipe *self = data;

  self->calls++;
  self->events = events;
  self->had_more = tbus_poller_has_more (self->poller);
  if (self->victim != NULL && *self->victim != NULL)
    tbus_poller_watch_remove (g_steal_pointer (self->victim));
}

static void
pipe_open (Pipe *self, Fixture *f, guint32 events)
{
  g_assert_cmpint (pipe2 (self->ends, O_CLOEXEC), ==, 0);
  self->poller = f->poller;
  self->watch = tbus_poller_add (f->poller, self->ends[0], events, on_event, self, NULL);
  g_assert_nonnull (self->watch);
}

static void
pipe_fill (Pipe *self)
{
  g_assert_cmpint (write (self->ends[1], "x", 1), ==, 1);
}

static void
pipe_close (Pipe *self)
{
  if (self->watch != NULL)
    tbus_poller_watch_remove (self->watch);
  close (self->ends[0]);
  if (self->ends[1] >= 0)
    close (self->ends[1]);
}

static void
run_what_is_ready (Fixture *f)
{
  while (g_main_context_iteration (f->context, FALSE) && !g_test_failed ())
    ;
}

static void
calls_for_what_is_ready_only (Fixture *f, gconstpointer data)
{
  Pipe a = { .calls = 0 }, b = { .calls = 0 };

  pipe_open (&a, f, EPOLLIN);
  pipe_open (&b, f, EPOLLIN);
  pipe_fill (&b);
  g_main_context_iteration (f->context, TRUE);
  g_assert_cmpuint (a.calls, ==, 0);
  g_assert_cmpuint (b.calls, ==, 1);
  g_assert_cmpuint (b.events, ==, EPOLLIN);
  pipe_close (&a);
  pipe_close (&b);
}

static void
calls_again_as_long_as_it_is_ready (Fixture *f, gconstpointer data)
{
  Pipe a = { .calls = 0 };

  pipe_open (&a, f, EPOLLIN);
  pipe_fill (&a);
  for (guint i = 0; i < 3; i++)
    g_main_context_iteration (f->context, TRUE);
  g_assert_cmpuint (a.calls, ==, 3);
  pipe_close (&a);
}

static void
says_whether_others_were_ready_too (Fixture *f, gconstpointer data)
{
  Pipe a = { .calls = 0 }, b = { .calls = 0 };

  pipe_open (&a, f, EPOLLIN);
  pipe_open (&b, f, EPOLLIN);
  pipe_fill (&a);
  g_main_context_iteration (f->context, TRUE);
  g_assert_false (a.had_more);
  pipe_fill (&b);
  g_main_context_iteration (f->context, TRUE);
  g_assert_cmpint (a.had_more + b.had_more, ==, 1); /* not who came last */
  pipe_close (&a);
  pipe_close (&b);
}

static void
a_callback_may_remove_its_own_watch (Fixture *f, gconstpointer data)
{
  Pipe a = { .calls = 0 };

  a.victim = &a.watch;
  pipe_open (&a, f, EPOLLIN);
  pipe_fill (&a);
  run_what_is_ready (f);
  g_assert_cmpuint (a.calls, ==, 1);
  pipe_close (&a);
}

/* Both are in the batch when the first goes: the other's callback must not run on what is gone. */
static void
a_callback_may_remove_the_watch_that_comes_next (Fixture *f, gconstpointer data)
{
  Pipe a = { .calls = 0 }, b = { .calls = 0 };

  a.victim = &b.watch;
  b.victim = &a.watch;
  pipe_open (&a, f, EPOLLIN);
  pipe_open (&b, f, EPOLLIN);
  pipe_fill (&a);
  pipe_fill (&b);
  g_main_context_iteration (f->context, TRUE);
  g_assert_cmpuint (a.calls + b.calls, ==, 1);
  pipe_close (&a);
  pipe_close (&b);
}

static void
tells_of_a_hang_up_also_when_nothing_is_waited_for (Fixture *f, gconstpointer data)
{
  Pipe a = { .calls = 0 };

  a.victim = &a.watch;
  pipe_open (&a, f, 0);
  pipe_fill (&a);
  run_what_is_ready (f);
  g_assert_cmpuint (a.calls, ==, 0);
  close (a.ends[1]);
  a.ends[1] = -1;
  run_what_is_ready (f);
  g_assert_cmpuint (a.calls, ==, 1);
  g_assert_cmpuint (a.events & EPOLLHUP, ==, EPOLLHUP);
  pipe_close (&a);
}

static void
waits_for_what_was_set_last (Fixture *f, gconstpointer data)
{
  Pipe a = { .calls = 0 };

  pipe_open (&a, f, EPOLLIN);
  pipe_fill (&a);
  tbus_poller_watch_set (a.watch, 0);
  run_what_is_ready (f);
  g_assert_cmpuint (a.calls, ==, 0);
  tbus_poller_watch_set (a.watch, EPOLLIN);
  g_main_context_iteration (f->context, TRUE);
  g_assert_cmpuint (a.calls, ==, 1);
  pipe_close (&a);
}

static void
serves_more_than_one_batch (Fixture *f, gconstpointer data)
{
  g_autofree Pipe *pipes = g_new0 (Pipe, MANY);

  for (guint i = 0; i < MANY; i++)
    {
      pipes[i].victim = &pipes[i].watch;
      pipe_open (&pipes[i], f, EPOLLIN);
      pipe_fill (&pipes[i]);
    }
  run_what_is_ready (f);
  for (guint i = 0; i < MANY; i++)
    {
      g_assert_cmpuint (pipes[i].calls, ==, 1);
      pipe_close (&pipes[i]);
    }
}

static void
refuses_what_cannot_be_watched (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  int fd = memfd_create ("always-ready", MFD_CLOEXEC);

  g_assert_null (tbus_poller_add (f->poller, fd, EPOLLIN, on_event, NULL, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  close (fd);
}

#define ADD(name, func) g_test_add ("/base/poller/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("calls-for-what-is-ready-only", calls_for_what_is_ready_only);
  ADD ("calls-again-as-long-as-it-is-ready", calls_again_as_long_as_it_is_ready);
  ADD ("says-whether-others-were-ready-too", says_whether_others_were_ready_too);
  ADD ("a-callback-may-remove-its-own-watch", a_callback_may_remove_its_own_watch);
  ADD ("a-callback-may-remove-the-watch-that-comes-next", a_callback_may_remove_the_watch_that_comes_next);
  ADD ("tells-of-a-hang-up-also-when-nothing-is-waited-for", tells_of_a_hang_up_also_when_nothing_is_waited_for);
  ADD ("waits-for-what-was-set-last", waits_for_what_was_set_last);
  ADD ("serves-more-than-one-batch", serves_more_than_one_batch);
  ADD ("refuses-what-cannot-be-watched", refuses_what_cannot_be_watched);
  return g_test_run ();
}
