/* SPDX-License-Identifier: GPL-2.0-only */
/* A service dies, and its consumers, whose links are kept, do not: the next one finds them, or has them replaced. */
#include "support/child.h"
#include "support/store.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
  TstDir *dir;
  TstStore *store;
  TstChild *user;
  guint64 id; /* the consumer's */
  int pid;    /* its process */
} Fixture;

static void
start (Fixture *f)
{
  g_autofree char *program = tst_build_path ("tests/process/pool-user");
  g_autofree char *consumer = tst_build_path ("service/consumer/tracebus-consumerd");
  const char *argv[] = { "sh", "-c", "export LISTEN_PID=$$; exec \"$@\"", "sh", program, consumer, NULL };
  g_auto(GStrv) environment = tst_store_environ (f->store, g_get_environ ());
  const int *fds;
  gsize n;

  fds = tst_store_get_fds (f->store, &n);
  f->user = tst_child_start_with_fds (argv, (const char *const *) environment, fds, n);
  g_free (tst_child_wait_line (f->user, "ready"));
}

/* Returns: the pid of the consumer that runs now. */
static int
wait_running (Fixture *f)
{
  g_autofree char *line = tst_child_wait_line (f->user, "running");
  int pid = 0;

  g_assert_cmpint (sscanf (line, "running %" G_GUINT64_FORMAT " %d", &f->id, &pid), ==, 2);
  return pid;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->dir = tst_dir_new ();
  f->store = tst_store_new (f->dir, 100);
  start (f);
  tst_child_say (f->user, "get");
  f->pid = wait_running (f);
}

/* Whoever is the last to go, it leaves nothing. */
static void
tear_down (Fixture *f, gconstpointer data)
{
  tst_child_finish (f->user);
  tst_child_free (f->user);
  g_assert_cmpuint (tst_store_count (f->store, ""), ==, 0);
  tst_store_free (f->store);
  tst_dir_free (f->dir);
}

static void
die_and_live_again (Fixture *f)
{
  tst_child_free (f->user);
  start (f);
}

/* Returns: the pid of the process that it has then; nobody has heard of a death. */
static int
adopt (Fixture *f)
{
  guint64 id = f->id;
  g_autofree char *settled = NULL;
  int pid;

  tst_child_say (f->user, "adopt %" G_GUINT64_FORMAT, id);
  pid = wait_running (f);
  g_assert_cmpuint (f->id, ==, id);
  settled = tst_child_wait_line (f->user, "settled");
  g_assert_cmpstr (settled, ==, "settled ");
  return pid;
}

static void
goes_on_with_the_next_service (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      die_and_live_again (f);
      g_assert_cmpint (adopt (f), ==, f->pid);
      g_assert_cmpuint (tst_store_count (f->store, "consumer-"), ==, 1);
    }
}

static void
is_let_go_by_a_service_that_stops_for_another (Fixture *f, gconstpointer data)
{
  tst_child_say (f->user, "suspend");
  tst_child_finish (f->user);
  die_and_live_again (f);
  g_assert_cmpint (adopt (f), ==, f->pid);
}

static void
is_replaced_where_it_died_as_well (Fixture *f, gconstpointer data)
{
  int pidfd = tst_process_watch (f->pid), other;

  tst_child_free (f->user);
  kill (f->pid, SIGKILL);
  tst_process_await (pidfd);
  start (f);
  other = adopt (f);
  g_assert_cmpint (other, !=, f->pid);
  g_assert_cmpuint (tst_store_count (f->store, "consumer-"), ==, 1);
}

/* It is stopped, and must not wake up beside its successor. */
static void
is_ended_where_it_does_not_answer (Fixture *f, gconstpointer data)
{
  int pidfd = tst_process_watch (f->pid);

  die_and_live_again (f);
  kill (f->pid, SIGSTOP);
  tst_child_say (f->user, "patience 100");
  g_assert_cmpint (adopt (f), !=, f->pid);
  tst_process_await (pidfd);
}

/* What it answered, or told, is not for us. */
static void
answers_to_a_dead_service_are_passed_over (Fixture *f, gconstpointer data)
{
  g_autofree char *output = tst_dir_file (f->dir, "traces");

  kill (f->pid, SIGSTOP);
  for (guint i = 0; i < 3; i++)
    {
      tst_child_say (f->user, "open %s", output);
      g_free (tst_child_wait_line (f->user, "asked"));
    }
  tst_child_free (f->user);
  kill (f->pid, SIGCONT);
  start (f);
  g_assert_cmpint (adopt (f), ==, f->pid);
  tst_child_say (f->user, "open %s", output);
  {
    g_autofree char *opened = tst_child_wait_line (f->user, "opened");

    g_assert_cmpstr (opened, ==, "opened ");
  }
}

static void
ends_when_nobody_needs_it_any_more (Fixture *f, gconstpointer data)
{
  int pidfd = tst_process_watch (f->pid);

  die_and_live_again (f);
  g_assert_cmpint (adopt (f), ==, f->pid);
  tst_child_say (f->user, "drop");
  tst_process_await (pidfd);
}

static void
add (const char *name, void (*func) (Fixture *f, gconstpointer data))
{
  g_autofree char *path = g_strconcat ("/process/former-consumers/", name, NULL);

  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("goes-on-with-the-next-service", goes_on_with_the_next_service);
  add ("is-let-go-by-a-service-that-stops-for-another", is_let_go_by_a_service_that_stops_for_another);
  add ("is-replaced-where-it-died-as-well", is_replaced_where_it_died_as_well);
  add ("is-ended-where-it-does-not-answer", is_ended_where_it_does_not_answer);
  add ("answers-to-a-dead-service-are-passed-over", answers_to_a_dead_service_are_passed_over);
  add ("ends-when-nobody-needs-it-any-more", ends_when_nobody_needs_it_any_more);
  return g_test_run ();
}
