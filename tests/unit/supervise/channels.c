/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings: made by the service, filled by the consumer, looked at before an app gets them (rules 5 and 7, B5, B6). */
#define _GNU_SOURCE
#include "unit/supervise/fixture.h"

#include "base/cpus.h"
#include "base/fd-budget.h"
#include "base/limits.h"
#include "support/leak.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void
answers_a_ring_whose_memory_is_the_services (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };
  struct stat status;

  add_channel (f, 1, 10, "good", &answer);
  wait_until (answer.done);
  g_assert_no_error (answer.error);
  g_assert_cmpuint (answer.ring->n_streams, ==, tbus_cpus_possible ());
  g_assert_cmpuint (answer.ring->header_len, ==, 100);
  g_assert_cmpstr (answer.ring->header, ==, "header");
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 1 + 3 * answer.ring->n_streams);
  for (guint i = 0; i < answer.ring->n_streams; i++)
    {
      const TbusRingStream *stream = &answer.ring->streams[i];

      g_assert_cmpint (fstat (stream->memory_fd, &status), ==, 0);
      g_assert_cmpuint (status.st_size, ==, answer.ring->memory_size);
      g_assert_cmpint (ftruncate (stream->memory_fd, 0), ==, -1);
      g_assert_cmpint (fcntl (stream->wakeup_fd, F_GETFD), ==, FD_CLOEXEC);
      g_assert_cmpint (write (stream->wakeup_fd, "x", 1), ==, 1);
    }
}

/* Per process, only the app holds write ends in the end: what they cost is free again. */
static void
closed_writers_are_given_back (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };
  guint n, fds;

  add_channel (f, 1, 10, "good", &answer);
  wait_until (answer.done);
  n = answer.ring->n_streams;
  fds = tst_fd_count (getpid ());
  tbus_ring_close_writers (answer.ring);
  tbus_ring_close_writers (answer.ring);
  g_assert_cmpint (answer.ring->streams[0].wakeup_fd, ==, -1);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 2 * n);
  g_assert_cmpuint (tst_fd_count (getpid ()), ==, fds - 1 - n);
}

static void
ring_outlives_its_consumer (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };
  g_auto(Answer) killer = { 0 };
  char byte;

  add_channel (f, 1, 10, "good", &answer);
  wait_until (answer.done);
  g_assert_cmpint (write (answer.ring->streams[0].wakeup_fd, "x", 1), ==, 1);
  check_and_wait (f, "/kill", &killer);
  g_assert_cmpint (read (answer.ring->streams[0].wait_fd, &byte, 1), ==, 1);
  g_assert_cmpint (byte, ==, 'x');
}

typedef struct {
  const char *name, *sentence;
} Fault;

static const Fault faults[] = {
  { "unsealed", "memory that is not sealed" },
  { "frozen", "memory that cannot be written" },
  { "small", "memory of another size" },
  { "files", "a descriptor that is no pipe" },
  { "swapped", "the wrong end of a pipe" },
  { "few", "another number of streams" },
  { "short", "another number of streams" },
  { "headless", "a header of a size" },
  { "huge", "a header of a size" },
};

/* B6: the error is told, the budget is whole, and the consumer is asked to undo what it made. */
static void
faulty_ring_is_refused_and_undone (Fixture *f, gconstpointer data)
{
  guint n_bad = 0;

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      g_auto(Answer) answer = { 0 };
      g_auto(Answer) closed = { 0 };
      g_autofree char *expected = NULL;

      /* With one CPU there is no fewer than that. */
      if (g_str_equal (faults[i].name, "few") && tbus_cpus_possible () == 1)
        continue;
      add_channel (f, 100 + i, 10, faults[i].name, &answer);
      wait_until (answer.done);
      g_assert_null (answer.ring);
      g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
      g_assert_nonnull (strstr (answer.error->message, faults[i].sentence));
      g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
      n_bad++;
      check_and_wait (f, "/closed", &closed);
      expected = g_strdup_printf ("/%u", n_bad);
      g_assert_cmpstr (closed.text, ==, expected);
    }
  g_assert_cmpuint (tbus_consumer_get_restarts (f->consumer), ==, 0);
}

static void
refused_channel_leaves_nothing (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };

  add_channel (f, 1, 10, "refused", &answer);
  wait_until (answer.done);
  g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_cmpstr (answer.error->message, ==, "no memory for it");
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
}

static void
channel_in_flight_at_the_death_leaves_nothing (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };

  add_channel (f, 1, 10, "fatal", &answer);
  wait_until (answer.done);
  g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
}

/* B6: one descriptor too few, and nothing was made or sent. */
static void
without_budget_it_is_exhausted (Fixture *f, gconstpointer data)
{
  guint total = tbus_fd_budget_total ();
  g_auto(Answer) ready = { 0 };
  g_auto(Answer) refused = { 0 };
  g_auto(Answer) made = { 0 };

  check_and_wait (f, "/x", &ready);
  tbus_fd_budget_set_total (3 * tbus_cpus_possible ());
  add_channel (f, 1, 10, "good", &refused);
  g_assert_false (refused.done);
  wait_until (refused.done);
  g_assert_error (refused.error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
  tbus_fd_budget_set_total (1 + 3 * tbus_cpus_possible ());
  add_channel (f, 1, 10, "good", &made);
  wait_until (made.done);
  g_assert_no_error (made.error);
  tbus_fd_budget_set_total (total);
}

/* The system's own limit, where the budget was too generous. */
static void
without_descriptors_it_is_exhausted (Fixture *f, gconstpointer data)
{
  g_auto(Answer) ready = { 0 };
  g_auto(Answer) answer = { 0 };
  struct rlimit before, none;

  check_and_wait (f, "/x", &ready);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  none = before;
  none.rlim_cur = 0;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  add_channel (f, 1, 10, "good", &answer);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  wait_until (answer.done);
  g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
}

#define add(name, test) g_test_add ("/supervise/channels/" name, Fixture, NULL, fixture_set_up, test, fixture_tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  add ("answers-a-ring-whose-memory-is-the-services", answers_a_ring_whose_memory_is_the_services);
  add ("closed-writers-are-given-back", closed_writers_are_given_back);
  add ("ring-outlives-its-consumer", ring_outlives_its_consumer);
  add ("faulty-ring-is-refused-and-undone", faulty_ring_is_refused_and_undone);
  add ("refused-channel-leaves-nothing", refused_channel_leaves_nothing);
  add ("channel-in-flight-at-the-death-leaves-nothing", channel_in_flight_at_the_death_leaves_nothing);
  add ("without-budget-it-is-exhausted", without_budget_it_is_exhausted);
  add ("without-descriptors-it-is-exhausted", without_descriptors_it_is_exhausted);
  return g_test_run ();
}
