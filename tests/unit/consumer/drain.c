/* SPDX-License-Identifier: GPL-2.0-only */
/* How soon a drain has a processor: as its process, and with a short slice, where it has no right to more. */
#define _GNU_SOURCE
#include "consumer/drain.h"

#include "consumer/rights.h"

#include <glib.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { NICE = 5, SLICE = 100000 };

/* The kernel's struct sched_attr, as it was first. */
typedef struct {
  guint32 size, policy;
  guint64 flags;
  gint32 nice;
  guint32 priority;
  guint64 runtime, deadline, period;
} Schedule;

typedef struct {
  TcMail mail;
  Schedule schedule;
  long result;
} Question;

static void
ask (TcMail *mail)
{
  Question *question = (Question *) mail;

  question->result = syscall (SYS_sched_getattr, 0, &question->schedule, sizeof question->schedule, 0);
}

/* The kernel tells of slices from 6.12 on. */
static gboolean
has_slices (void)
{
  struct utsname about;
  guint major = 0, minor = 0;

  g_assert_cmpint (uname (&about), ==, 0);
  return sscanf (about.release, "%u.%u", &major, &minor) == 2 && (major > 6 || (major == 6 && minor >= 12));
}

static void
keeps_the_nice_value_of_its_process (void)
{
  const struct rlimit none = { 0, 0 };
  Question question = { .mail.run = ask };
  TcDrain drain = { 0 };

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }
  g_assert_cmpint (setrlimit (RLIMIT_RTPRIO, &none), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_NICE, &none), ==, 0);
  g_assert_cmpint (setpriority (PRIO_PROCESS, 0, NICE), ==, 0);
  g_assert_cmpint (tc_rights_renounce (), ==, 0);
  g_assert_cmpint (tc_drain_start (&drain, "drain"), ==, 0);
  tc_loop_post (drain.loop, &question.mail);
  tc_drain_stop (&drain);
  g_assert_cmpint (question.result, ==, 0);
  g_assert_cmpint (question.schedule.policy, ==, SCHED_OTHER);
  g_assert_cmpint (question.schedule.nice, ==, NICE);
  if (has_slices ())
    g_assert_cmpuint (question.schedule.runtime, ==, SLICE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/consumer/drain/keeps-the-nice-value-of-its-process", keeps_the_nice_value_of_its_process);
  return g_test_run ();
}
