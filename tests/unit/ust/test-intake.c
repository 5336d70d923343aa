/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes is looked at once, piece by piece, and stays in the queue until it is taken out. */
#include "support/lingering.h"
#include "ust/intake.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  int ends[2]; /* ours, the app's */
  TbusIntake intake;
  char buffer[64];
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, f->ends), ==, 0);
  g_assert_true (tbus_intake_init (&f->intake, f->ends[0]));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  close (f->ends[0]);
  if (f->ends[1] >= 0)
    close (f->ends[1]);
}

static void
say (Fixture *f, const char *text)
{
  g_assert_cmpint (send (f->ends[1], text, strlen (text), MSG_NOSIGNAL), ==, strlen (text));
}

static void
expect_to_see (Fixture *f, const char *text)
{
  gssize n = tbus_intake_look (&f->intake, f->buffer, sizeof f->buffer);

  g_assert_cmpmem (f->buffer, n, text, strlen (text));
}

static void
expect_nothing (Fixture *f)
{
  g_assert_cmpint (tbus_intake_look (&f->intake, f->buffer, sizeof f->buffer), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
}

static int
queued (Fixture *f)
{
  int n = -1;

  g_assert_cmpint (ioctl (f->ends[0], FIONREAD, &n), ==, 0);
  return n;
}

static void
sees_each_byte_once (Fixture *f, gconstpointer data)
{
  expect_nothing (f);
  say (f, "head");
  say (f, "body");
  expect_to_see (f, "headbody");
  expect_nothing (f);
  say (f, "more");
  expect_to_see (f, "more");
  g_assert_cmpuint (f->intake.seen, ==, 12);
  g_assert_cmpint (queued (f), ==, 12);
}

static void
takes_out_what_was_seen_and_no_more (Fixture *f, gconstpointer data)
{
  say (f, "first");
  expect_to_see (f, "first");
  say (f, "second");
  g_assert_true (tbus_intake_take (&f->intake, f->buffer, 2)); /* in pieces */
  g_assert_cmpuint (f->intake.seen, ==, 0);
  g_assert_cmpint (queued (f), ==, 6);
  expect_to_see (f, "second");
  expect_nothing (f);
}

static void
begins_anew_where_another_life_had_looked (Fixture *f, gconstpointer data)
{
  say (f, "again");
  expect_to_see (f, "again");
  g_assert_true (tbus_intake_init (&f->intake, f->ends[0]));
  expect_to_see (f, "again");
}

static void
tells_of_the_end_behind_what_was_seen (Fixture *f, gconstpointer data)
{
  say (f, "bye");
  close (f->ends[1]);
  f->ends[1] = -1;
  expect_to_see (f, "bye");
  g_assert_cmpint (tbus_intake_look (&f->intake, f->buffer, sizeof f->buffer), ==, 0);
  g_assert_true (tbus_intake_take (&f->intake, f->buffer, sizeof f->buffer));
}

static void
tells_of_descriptors_when_they_are_taken_out (Fixture *f, gconstpointer data)
{
  g_assert_true (tst_send_descriptor (f->ends[1], f->ends[0]));
  expect_to_see (f, "x");
  g_assert_false (tbus_intake_take (&f->intake, f->buffer, sizeof f->buffer));
  g_assert_cmpint (errno, ==, EPROTO);
}

#define INTAKE_TEST(path, func) g_test_add ("/ust/intake/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  INTAKE_TEST ("sees-each-byte-once", sees_each_byte_once);
  INTAKE_TEST ("takes-out-what-was-seen-and-no-more", takes_out_what_was_seen_and_no_more);
  INTAKE_TEST ("begins-anew-where-another-life-had-looked", begins_anew_where_another_life_had_looked);
  INTAKE_TEST ("tells-of-the-end-behind-what-was-seen", tells_of_the_end_behind_what_was_seen);
  INTAKE_TEST ("tells-of-descriptors-when-they-are-taken-out", tells_of_descriptors_when_they_are_taken_out);
  return g_test_run ();
}
