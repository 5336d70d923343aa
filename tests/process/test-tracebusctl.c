/* SPDX-License-Identifier: GPL-2.0-only */
/* tracebusctl, the service, a consumer and a program: from create to destroy. */
#include "fixture.h"

#include "client/estimate.h"
#include "support/child.h"
#include "support/leak.h"

#include <signal.h>
#include <string.h>

typedef struct {
  Fixture ctl;
  TstChild *service;
} Whole;

static void
set_up (Whole *self, gconstpointer data)
{
  g_autofree char *program = tst_build_path ("service/tracebusd");
  g_autofree char *consumer = tst_build_path ("service/consumer/tracebus-consumerd");
  g_autofree char *rundir = NULL;
  const char *argv[] = { program, "--session", "--rundir", NULL, "--consumer", consumer, NULL };

  fixture_set_up_bus (&self->ctl);
  rundir = tst_dir_file (self->ctl.dir, ".lttng");
  argv[3] = rundir;
  self->service = tst_child_start (argv, (const char *const *) self->ctl.environment);
  tst_bus_wait_name (self->ctl.bus, "org.tracebus1");
}

static void
tear_down (Whole *self, gconstpointer data)
{
  tst_child_signal (self->service, SIGTERM);
  g_assert_cmpint (tst_child_wait (self->service), ==, 0);
  tst_child_free (self->service);
  fixture_tear_down (&self->ctl, NULL);
}

/* Runs a verb that must work. Returns: what it printed, until the next one. */
static const char *
run (Whole *self, const char *line)
{
  fixture_run (&self->ctl, line);
  g_assert_cmpstr (self->ctl.errors, ==, "");
  g_assert_cmpint (self->ctl.status, ==, 0);
  return self->ctl.output;
}

static void
take_orders (Whole *self)
{
  g_autofree char *sample = tst_build_path ("client/sample/tracebus-sample");
  const char *argv[] = { sample, "10", "0", NULL };
  g_autoptr(TstChild) child = tst_child_start (argv, (const char *const *) self->ctl.environment);

  tst_child_finish (child);
}

static guint
count (const char *text, const char *what)
{
  guint found = 0;

  for (text = strstr (text, what); text != NULL; text = strstr (text + 1, what))
    found++;
  return found;
}

static void
record (Whole *self, const char *attributes)
{
  g_autofree char *channel = g_strdup_printf ("enable-channel shop %s", attributes);

  g_assert_nonnull (strstr (run (self, "create demo --output trace"), "Session demo created"));
  run (self, channel);
  run (self, "enable-event 'sample:o*,sample:closed' -c shop");
  run (self, "start");
  take_orders (self);
  g_assert_nonnull (strstr (run (self, "list demo"), "sample:closed"));
  run (self, "stop");
  run (self, "view");
  g_assert_cmpuint (count (self->ctl.output, "sample:order:"), ==, 10);
  g_assert_cmpuint (count (self->ctl.output, "\n"), ==, 12);
  g_assert_nonnull (strstr (run (self, "destroy"), "Session demo destroyed"));
  g_assert_cmpstr (run (self, "list --no-legend"), ==, "");
}

static void
records_with_buffers_of_the_user (Whole *self, gconstpointer data)
{
  record (self, "--subbuf-size 64k --num-subbuf 2");
}

static void
records_with_buffers_of_each_process (Whole *self, gconstpointer data)
{
  record (self, "--buffers-pid --overwrite");
}

static void
records_only_what_is_severe_enough (Whole *self, gconstpointer data)
{
  run (self, "create demo --output trace");
  run (self, "enable-event -a --loglevel notice");
  run (self, "start");
  take_orders (self);
  run (self, "stop");
  run (self, "view");
  g_assert_cmpuint (count (self->ctl.output, "sample:"), ==, 1);
  g_assert_nonnull (strstr (self->ctl.output, "sample:closed:"));
  run (self, "destroy --all");
}

/* Of @pid, but for what is open for a moment, as a file is that the state is written to. */
static guint
count_lasting (Whole *self, pid_t pid)
{
  guint least = G_MAXUINT;

  for (guint i = 0; i < 20; i++)
    {
      least = MIN (least, tst_fd_count (pid));
      run (self, "status");
    }
  return least;
}

/* Records @app with @n channels. Returns: how many more descriptors the service and @app have open. */
static void
count_descriptors (Whole *self, TstChild *app, guint n, guint more[2])
{
  const pid_t pids[] = { tst_child_pid (self->service), tst_child_pid (app) };

  run (self, "create demo --output trace");
  for (guint i = 0; i < 2; i++)
    more[i] = count_lasting (self, pids[i]);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *channel = g_strdup_printf ("enable-channel c%u --subbuf-size 64k", i);
      g_autofree char *event = g_strdup_printf ("enable-event tbtest:tick -c c%u", i);

      run (self, channel);
      run (self, event);
    }
  run (self, "start");
  for (guint i = 0; i < 2; i++)
    more[i] = count_lasting (self, pids[i]) - more[i];
  run (self, "destroy");
}

static void
says_before_how_many_descriptors_a_channel_takes (Whole *self, gconstpointer data)
{
  const CtlBuffers buffers = { .subbuf_size = 65536, .num_subbuf = 4 };
  const CtlEstimate estimate = ctl_estimate (&buffers, ctl_count_cpus ());
  g_autofree char *program = tst_build_path ("tests/support/apps/app-idle");
  const char *argv[] = { program, NULL };
  g_autoptr(TstChild) app = tst_child_start (argv, (const char *const *) self->ctl.environment);
  g_autofree char *ready = tst_child_wait_line (app, "");
  guint one[2], three[2];

  count_descriptors (self, app, 1, one);
  count_descriptors (self, app, 3, three);
  g_assert_cmpuint (three[0] - one[0], ==, 2 * estimate.of_service);
  g_assert_cmpuint (three[1] - one[1], ==, 2 * estimate.of_program);
}

static void
repeats_the_service_word_for_word (Whole *self, gconstpointer data)
{
  run (self, "create demo --output trace");
  fixture_run (&self->ctl, "create demo");
  g_assert_cmpint (self->ctl.status, ==, 1);
  g_assert_cmpstr (self->ctl.output, ==, "");
  g_assert_nonnull (strstr (self->ctl.errors, "demo"));
  g_assert_null (strstr (self->ctl.errors, "GDBus.Error"));
  fixture_run (&self->ctl, "enable-event x --loglevel nonsense");
  g_assert_nonnull (strstr (self->ctl.errors, "nonsense"));
  fixture_run (&self->ctl, "view");
  g_assert_nonnull (strstr (self->ctl.errors, "has recorded nothing yet"));
  fixture_run (&self->ctl, "stop");
  g_assert_nonnull (strstr (self->ctl.errors, "not recording"));
  g_assert_nonnull (strstr (run (self, "status"), "health           alive\n"));
}

#define ADD(path, function) g_test_add (path, Whole, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/process/tracebusctl/records-with-buffers-of-the-user", records_with_buffers_of_the_user);
  ADD ("/process/tracebusctl/records-with-buffers-of-each-process", records_with_buffers_of_each_process);
  ADD ("/process/tracebusctl/records-only-what-is-severe-enough", records_only_what_is_severe_enough);
  ADD ("/process/tracebusctl/says-before-how-many-descriptors-a-channel-takes",
       says_before_how_many_descriptors_a_channel_takes);
  ADD ("/process/tracebusctl/repeats-the-service-word-for-word", repeats_the_service_word_for_word);
  return g_test_run ();
}
