/* SPDX-License-Identifier: GPL-2.0-only */
/* The service's side of supervision with the real consumer process: whose it is, what it leaves, who comes after it. */
#define _GNU_SOURCE
#include "base/cpus.h"
#include "base/error.h"
#include "base/fd-budget.h"
#include "base/thread.h"
#include "core/metadata-log.h"
#include "supervise/pool.h"
#include "support/dir.h"
#include "support/leak.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <lttng/ust-ctl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The library asks every program for it. */
DEFINE_LTTNG_UST_SIGBUS_STATE ();

enum { NOBODY = 65534, SESSION = 1, SET = 10, CHANNEL = 100 };

typedef struct {
  TstDir *dir;
  TbusPool *pool;
  TbusConsumer *consumer;
  TbusMetadataLog *log;
  char *fds_before;
  GString *states; /* that the consumer went through */
} Fixture;

#define wait_until(condition)                                                                                        \
  while (!(condition))                                                                                               \
  g_main_context_iteration (NULL, TRUE)

/* Returns: (transfer full): our descriptors, once GLib's own thread has closed the pidfd of what it reaped. */
static char *
list_fds (void)
{
  for (;;)
    {
      g_auto(GStrv) list = tst_fd_list (getpid ());
      g_autofree char *text = g_strjoinv ("\n", list);

      if (strstr (text, "pidfd") == NULL)
        return g_steal_pointer (&text);
      g_usleep (1000);
    }
}

static void
on_state (TbusConsumer *consumer, GParamSpec *pspec, gpointer data)
{
  g_string_append_printf (data, "%s ", tbus_consumer_state_to_string (tbus_consumer_get_state (consumer)));
}

static TbusConsumer *
get_consumer (Fixture *f, uid_t uid)
{
  TbusConsumerPool port = tbus_pool_port (f->pool);
  TbusConsumer *consumer = port.ops->get (port.self, uid, 8 * sizeof (long), NULL);

  g_assert_nonnull (consumer);
  return consumer;
}

/* @data: TRUE for a consumer of another user. */
static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *program = tst_build_path ("service/consumer/tracebus-consumerd");
  g_autoptr(GSubprocess) warm_up = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, NULL, "true", NULL);

  g_assert_true (g_subprocess_wait (warm_up, NULL, NULL));
  g_clear_object (&warm_up);
  f->dir = tst_dir_new ();
  f->fds_before = list_fds ();
  f->pool = tbus_pool_new (program, NULL);
  f->log = tbus_metadata_log_new (1 << 20, NULL);
  f->states = g_string_new (NULL);
  if (GPOINTER_TO_INT (data) && getuid () != 0)
    return;
  f->consumer = get_consumer (f, GPOINTER_TO_INT (data) ? NOBODY : getuid ());
  g_signal_connect (f->consumer, "notify::state", G_CALLBACK (on_state), f->states);
}

static void
on_shut_down (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *f = data;

  tbus_pool_shutdown_finish (f->pool, result);
  g_clear_pointer (&f->pool, tbus_pool_free);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autofree char *fds = NULL;

  tbus_pool_shutdown_async (f->pool, on_shut_down, f);
  wait_until (f->pool == NULL);
  if (f->consumer != NULL)
    g_assert_finalize_object (f->consumer);
  tbus_metadata_log_free (f->log);
  fds = list_fds ();
  g_assert_cmpstr (fds, ==, f->fds_before);
  g_assert_cmpuint (tst_children_count (getpid ()), ==, 0);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
  g_string_free (f->states, TRUE);
  g_free (f->fds_before);
  tst_dir_free (f->dir);
}

typedef struct {
  gboolean done;
  char *path;
  TbusRing *ring;
  GError *error;
} Answer;

static void
answer_clear (Answer *self)
{
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->ring, tbus_ring_unref);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
on_done (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  Answer *answer = data;

  answer->done = TRUE;
  answer->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
on_path (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  on_done (consumer, reply, error, data);
  ((Answer *) data)->path = g_strdup (reply != NULL ? ((const TbusOutputPlace *) reply)->path : NULL);
}

static void
on_ring (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  on_done (consumer, reply, error, data);
  if (reply != NULL)
    ((Answer *) data)->ring = tbus_ring_ref ((TbusRing *) reply);
}

static void
open_output (Fixture *f, const char *path, Answer *answer)
{
  const TbusOutputRequest request = { .session = SESSION, .path = path };

  TBUS_CONSUMER_GET_CLASS (f->consumer)->open_output (f->consumer, &request, on_path, answer);
  wait_until (answer->done);
}

/* Asks for all that a channel needs; the answer is the channel's. */
static void
make_channel (Fixture *f, Answer *answer)
{
  g_autofree char *path = tst_dir_file (f->dir, "trace");
  g_auto(Answer) output = { 0 };
  g_auto(Answer) set = { 0 };
  const TbusSetRequest set_request = {
    .set = SET,
    .session = SESSION,
    .directory = "ust/uid/0/64-bit",
    .log_fd = tbus_metadata_log_open_reader (f->log, NULL),
  };
  const TbusChannelRequest request = {
    .channel = CHANNEL, .set = SET, .name = "channel0", .subbuf_size = 4096, .num_subbuf = 4,
  };

  open_output (f, path, &output);
  g_assert_no_error (output.error);
  TBUS_CONSUMER_GET_CLASS (f->consumer)->add_set (f->consumer, &set_request, on_done, &set);
  close (set_request.log_fd);
  TBUS_CONSUMER_GET_CLASS (f->consumer)->add_channel (f->consumer, &request, on_ring, answer);
  wait_until (set.done && answer->done);
  g_assert_no_error (set.error);
  g_assert_no_error (answer->error);
}

static void
counts_streams_as_the_tracer_does (void)
{
  g_assert_cmpuint (tbus_cpus_possible (), ==, lttng_ust_ctl_get_nr_stream_per_channel ());
}

static void
starts_and_stops_without_a_trace (Fixture *f, gconstpointer data)
{
  wait_until (tbus_consumer_get_state (f->consumer) == TBUS_CONSUMER_RUNNING);
  g_assert_cmpint (tbus_consumer_get_pid (f->consumer), >, 0);
}

static void
gives_a_ring_that_passes_the_look (Fixture *f, gconstpointer data)
{
  g_auto(Answer) channel = { 0 };
  g_auto(Answer) closed = { 0 };

  make_channel (f, &channel);
  g_assert_cmpuint (channel.ring->n_streams, ==, lttng_ust_ctl_get_nr_stream_per_channel ());
  g_assert_cmpuint (channel.ring->memory_size, >=, 4 * 4096);
  TBUS_CONSUMER_GET_CLASS (f->consumer)->close_set (f->consumer, SET, on_done, &closed);
  wait_until (closed.done);
  g_assert_no_error (closed.error);
}

static void
successor_of_a_killed_one_serves (Fixture *f, gconstpointer data)
{
  g_auto(Answer) channel = { 0 };
  g_auto(Answer) again = { 0 };
  pid_t before;

  make_channel (f, &channel);
  before = tbus_consumer_get_pid (f->consumer);
  g_assert_cmpint (kill (before, SIGKILL), ==, 0);
  wait_until (tbus_consumer_get_restarts (f->consumer) == 1);
  wait_until (tbus_consumer_get_state (f->consumer) == TBUS_CONSUMER_RUNNING);
  g_assert_cmpstr (f->states->str, ==, "running restarting running ");
  g_assert_cmpint (tbus_consumer_get_pid (f->consumer), !=, before);
  /* The dead one's memory is still there to be salvaged. */
  g_assert_cmpint (lseek (channel.ring->streams[0].memory_fd, 0, SEEK_END), ==, (off_t) channel.ring->memory_size);
  make_channel (f, &again);
}

static void
assert_status (const char *status, const char *line)
{
  g_autofree char *text = g_strdup_printf ("\n%s\n", line);

  if (strstr (status, text) == NULL)
    g_error ("no line \"%s\" in\n%s", line, status);
}

/* B8 */
static void
runs_as_its_owner_with_no_rights_of_ours (Fixture *f, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autofree char *status = NULL;

  if (f->consumer == NULL)
    {
      g_test_skip ("needs root");
      return;
    }
  wait_until (tbus_consumer_get_state (f->consumer) == TBUS_CONSUMER_RUNNING);
  path = g_strdup_printf ("/proc/%d/status", tbus_consumer_get_pid (f->consumer));
  g_assert_true (g_file_get_contents (path, &status, NULL, NULL));
  assert_status (status, "Uid:\t65534\t65534\t65534\t65534");
  assert_status (status, "Gid:\t65534\t65534\t65534\t65534");
  assert_status (status, "Groups:\t65534 ");
  assert_status (status, "CapInh:\t0000000000000000");
  assert_status (status, "CapPrm:\t0000000000000000");
  assert_status (status, "CapEff:\t0000000000000000");
  assert_status (status, "CapAmb:\t0000000000000000");
  assert_status (status, "NoNewPrivs:\t1");
}

/* B8 */
static void
makes_directories_as_its_owner_and_where_it_may (Fixture *f, gconstpointer data)
{
  g_autofree char *theirs = tst_dir_file (f->dir, "theirs");
  g_autofree char *ours = tst_dir_file (f->dir, "ours");
  g_autofree char *good = g_build_filename (theirs, "a", "b", NULL);
  g_autofree char *bad = g_build_filename (ours, "a", NULL);
  g_auto(Answer) made = { 0 };
  g_auto(Answer) refused = { 0 };
  struct stat status;

  if (f->consumer == NULL)
    {
      g_test_skip ("needs root");
      return;
    }
  g_assert_cmpint (chmod (tst_dir_path (f->dir), 0711), ==, 0);
  g_assert_cmpint (g_mkdir (theirs, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (ours, 0755), ==, 0);
  g_assert_cmpint (chown (theirs, NOBODY, NOBODY), ==, 0);
  open_output (f, good, &made);
  g_assert_no_error (made.error);
  g_assert_cmpstr (made.path, ==, good);
  g_assert_cmpint (stat (good, &status), ==, 0);
  g_assert_cmpuint (status.st_uid, ==, NOBODY);
  open_output (f, bad, &refused);
  g_assert_error (refused.error, TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  g_assert_false (g_file_test (bad, G_FILE_TEST_EXISTS));
}

#define add(name, other_user, test)                                                                                  \
  g_test_add ("/process/supervision/" name, Fixture, GINT_TO_POINTER (other_user), set_up, test, tear_down)

/* Deaths are what some tests are about; they must not be fatal. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  if ((level & G_LOG_LEVEL_MASK) == G_LOG_LEVEL_WARNING)
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_default (level, fields, n_fields, data);
}

int
main (int argc, char **argv)
{
  tbus_thread_init ();
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (write_log, NULL, NULL);
  g_test_add_func ("/process/supervision/counts-streams-as-the-tracer-does", counts_streams_as_the_tracer_does);
  add ("starts-and-stops-without-a-trace", FALSE, starts_and_stops_without_a_trace);
  add ("gives-a-ring-that-passes-the-look", FALSE, gives_a_ring_that_passes_the_look);
  add ("successor-of-a-killed-one-serves", FALSE, successor_of_a_killed_one_serves);
  add ("runs-as-its-owner-with-no-rights-of-ours", TRUE, runs_as_its_owner_with_no_rights_of_ours);
  add ("makes-directories-as-its-owner-and-where-it-may", TRUE, makes_directories_as_its_owner_and_where_it_may);
  return g_test_run ();
}
