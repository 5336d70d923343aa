/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings, lists, and apps that die, lie or keep silent in the middle of a job. */
#define _GNU_SOURCE
#include "base/fd-budget.h"
#include "base/quota.h"
#include "one-app.h"
#include "support/leak.h"

#include <errno.h>
#include <fcntl.h>
#include <lttng/ust-error.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef TstOneApp Fixture;

static void
tear_down (Fixture *f, gconstpointer data)
{
  tst_one_app_tear_down (f, data);
  tbus_thread_end_grace_periods (); /* or the next test has descriptors that go while it counts */
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
}

/* What the app gets: a header, and pipes for all the rest. */
static TbusRing *
make_ring (guint n_streams)
{
  g_autofree int *memory = g_new (int, n_streams), *fds = g_new (int, 1 + 2 * n_streams);
  TbusRingParts parts = { "header", 6, 4096, n_streams, memory, fds };

  g_assert_true (tbus_fd_budget_take (tbus_ring_cost (n_streams), "A ring", NULL));
  fds[0] = memfd_create ("channel", MFD_CLOEXEC);
  for (guint i = 0; i < n_streams; i++)
    {
      int pipe_fds[2];

      g_assert_cmpint (pipe2 (pipe_fds, O_CLOEXEC), ==, 0);
      memory[i] = memfd_create ("stream", MFD_CLOEXEC);
      fds[1 + 2 * i] = pipe_fds[1];
      fds[2 + 2 * i] = pipe_fds[0];
    }
  return tbus_ring_new (&parts);
}

/* One byte, and @n descriptors with it. */
static void
read_fds (const Fixture *f, guint n)
{
  char byte, control[CMSG_SPACE (4 * sizeof (int))];
  struct iovec vector = { &byte, 1 };
  struct msghdr message = {
    .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control,
  };
  struct cmsghdr *header;

  g_assert_cmpint (recvmsg (f->app.command_fd, &message, MSG_CMSG_CLOEXEC), ==, 1);
  header = CMSG_FIRSTHDR (&message);
  g_assert_nonnull (header);
  g_assert_cmpuint (header->cmsg_len, ==, CMSG_LEN (n * sizeof (int)));
  for (guint i = 0; i < n; i++)
    {
      int fd;

      memcpy (&fd, CMSG_DATA (header) + i * sizeof fd, sizeof fd);
      g_assert_cmpint (close (fd), ==, 0);
    }
}

static guint32
add_ring (Fixture *f, guint n_streams)
{
  guint32 session = tbus_job_add_slot (f->job, 2), channel = tbus_job_add_slot (f->job, TBUS_SLOT_VOID);
  TbusCommand *command = tbus_job_add_creating (f->job, TBUS_OP_SEND_RING, session, channel);

  command->set = tbus_buffer_set_ref (f->set);
  command->ring = make_ring (n_streams);
  command->channel = 0;
  tbus_job_add (f->job, TBUS_OP_DISABLE, channel);
  tst_side_submit (f->side, f->job);
  return channel;
}

static void
expect_channel (Fixture *f)
{
  TbusUstMessage message = tst_fake_read_command (&f->app);
  char header[6];

  g_assert_cmphex (message.cmd, ==, LTTNG_UST_ABI_CHANNEL);
  g_assert_cmpuint (message.handle, ==, 2);
  g_assert_cmpuint (message.u.channel.len, ==, sizeof header);
  g_assert_cmpint (message.u.channel.type, ==, LTTNG_UST_ABI_CHAN_PER_CPU);
  tst_fake_read (f->app.command_fd, header, sizeof header);
  g_assert_cmpmem (header, sizeof header, "header", 6);
  read_fds (f, 1);
  tst_fake_reply (&f->app, &message, 0, 40);
}

static TbusUstMessage
read_stream (Fixture *f, guint number)
{
  TbusUstMessage message = tst_fake_read_command (&f->app);

  g_assert_cmphex (message.cmd, ==, LTTNG_UST_ABI_STREAM);
  g_assert_cmpuint (message.handle, ==, 40);
  g_assert_cmpuint (message.u.stream.stream_nr, ==, number);
  g_assert_cmpuint (message.u.stream.len, ==, 4096);
  read_fds (f, 2);
  return message;
}

/* B14: bound before its first stream is sent. */
static void
sends_a_channel_with_its_streams (Fixture *f, gconstpointer data)
{
  enum { STREAMS = 100 }; /* more than what may be unanswered */
  guint32 channel = add_ring (f, STREAMS);
  TbusBinding binding;

  expect_channel (f);
  for (guint i = 0; i < STREAMS; i++)
    {
      TbusUstMessage message = read_stream (f, i);

      if (i == 0)
        {
          g_assert_true (tbus_tracee_index_lookup (f->side->index, f->tracee, 40, &binding));
          g_assert_true (binding.set == f->set);
          g_assert_cmpuint (binding.channel, ==, 0);
          tbus_buffer_set_unref (binding.set);
        }
      tst_fake_reply (&f->app, &message, 0, 0);
    }
  tst_fake_expect (&f->app, 40, LTTNG_UST_ABI_DISABLE, 0, 0);
  tst_side_wait (f->side, "done", 1);
  g_assert_cmpint (tst_job_status (f->job, 0), ==, 0);
  g_assert_cmpuint (tst_job_slot (f->job, channel), ==, 40);
}

/* B6: nothing stays half made. */
static void
takes_a_channel_back_whose_stream_failed (Fixture *f, gconstpointer data)
{
  guint32 channel = add_ring (f, 3);
  TbusUstMessage streams[3];
  TbusBinding binding;

  expect_channel (f);
  for (guint i = 0; i < G_N_ELEMENTS (streams); i++)
    streams[i] = read_stream (f, i);
  tst_fake_reply (&f->app, &streams[0], 0, 0);
  tst_fake_reply (&f->app, &streams[1], -LTTNG_UST_ERR, 0);
  tst_fake_reply (&f->app, &streams[2], -LTTNG_UST_ERR_PERM, 0);
  tst_fake_expect (&f->app, 40, LTTNG_UST_ABI_RELEASE, 0, 0);
  tst_side_wait (f->side, "done", 1);
  g_assert_cmpint (tst_job_status (f->job, 0), ==, -LTTNG_UST_ERR);
  g_assert_cmpint (tst_job_status (f->job, 1), ==, -ECANCELED);
  g_assert_cmphex (tst_job_slot (f->job, channel), ==, TBUS_SLOT_VOID);
  g_assert_false (tbus_tracee_index_lookup (f->side->index, f->tracee, 40, &binding));
}

/* Answers a list command like an app with @n tracepoints, until its handle is released. */
static void
play_list (Fixture *f, guint n)
{
  TbusUstMessage message = tst_fake_read_command (&f->app);
  guint next = 0;

  g_assert_cmphex (message.cmd, ==, LTTNG_UST_ABI_TRACEPOINT_LIST);
  tst_fake_reply (&f->app, &message, 0, 50);
  for (;;)
    {
      TbusUstReply reply;

      message = tst_fake_read_command (&f->app);
      g_assert_cmpuint (message.handle, ==, 50);
      if (message.cmd == LTTNG_UST_ABI_RELEASE)
        break;
      reply = (TbusUstReply){ .handle = 50, .cmd = message.cmd, .u.tracepoint.loglevel = 6 };
      if (next == n)
        reply.ret_code = -LTTNG_UST_ERR_NOENT;
      else
        g_snprintf (reply.u.tracepoint.name, sizeof reply.u.tracepoint.name, "p:%u", next++);
      if (next == 1)
        memset (reply.u.tracepoint.name, 'n', sizeof reply.u.tracepoint.name);
      tst_fake_write (f->app.command_fd, &reply, sizeof reply);
    }
  tst_fake_reply (&f->app, &message, 0, 0);
}

static void
run_list (Fixture *f, guint n)
{
  tbus_job_add (f->job, TBUS_OP_LIST, TBUS_SLOT_ROOT);
  tst_side_submit (f->side, f->job);
  play_list (f, n);
  tst_side_wait (f->side, "done", 1);
}

static void
lists_to_the_end (Fixture *f, gconstpointer data)
{
  const TbusTracepoint *tracepoint;

  run_list (f, 200);
  g_assert_cmpint (tst_job_status (f->job, 0), ==, 0);
  g_assert_cmpuint (f->job->tracepoints->len, ==, 200);
  tracepoint = g_ptr_array_index (f->job->tracepoints, 0);
  g_assert_cmpuint (strlen (tracepoint->name), ==, 255);
  tracepoint = g_ptr_array_index (f->job->tracepoints, 199);
  g_assert_cmpstr (tracepoint->name, ==, "p:199");
}

static void
lists_nothing (Fixture *f, gconstpointer data)
{
  run_list (f, 0);
  g_assert_cmpint (tst_job_status (f->job, 0), ==, 0);
  g_assert_cmpuint (f->job->tracepoints->len, ==, 0);
}

static void
ends_a_list_that_has_no_end (Fixture *f, gconstpointer data)
{
  run_list (f, G_MAXUINT);
  g_assert_cmpint (tst_job_status (f->job, 0), ==, -ENOSPC);
  g_assert_cmpuint (f->job->tracepoints->len, ==, TBUS_MAX_TRACEPOINTS);
}

/* Each of its tracepoints has as many fields as it may, and the names are as long as can be. */
static void
play_fat_fields (Fixture *f)
{
  struct {
    TbusUstReply reply;
    struct lttng_ust_abi_field_iter field;
  } __attribute__ ((packed)) entry = { { .handle = 50 } };
  TbusUstMessage message = tst_fake_read_command (&f->app);

  g_assert_cmphex (message.cmd, ==, LTTNG_UST_ABI_TRACEPOINT_FIELD_LIST);
  tst_fake_reply (&f->app, &message, 0, 50);
  memset (entry.field.field_name, 'f', sizeof entry.field.field_name);
  for (guint n = 0;; n++)
    {
      message = tst_fake_read_command (&f->app);
      if (message.cmd == LTTNG_UST_ABI_RELEASE)
        break;
      entry.reply.cmd = message.cmd;
      g_snprintf (entry.field.event_name, sizeof entry.field.event_name, "p:%u", n / TBUS_MAX_FIELDS);
      tst_fake_write (f->app.command_fd, &entry, sizeof entry);
    }
  tst_fake_reply (&f->app, &message, 0, 0);
}

static void
ends_a_list_that_takes_too_much_memory (Fixture *f, gconstpointer data)
{
  guint n_fields = 0;

  tbus_job_add (f->job, TBUS_OP_LIST, TBUS_SLOT_ROOT)->fields = TRUE;
  tst_side_submit (f->side, f->job);
  play_fat_fields (f);
  tst_side_wait (f->side, "done", 1);
  g_assert_cmpint (tst_job_status (f->job, 0), ==, -ENOSPC);
  for (guint i = 0; i < f->job->tracepoints->len; i++)
    n_fields += ((TbusTracepoint *) g_ptr_array_index (f->job->tracepoints, i))->fields->len;
  g_assert_cmpuint (n_fields, >, TBUS_MAX_LISTING / 512);
  g_assert_cmpuint (n_fields, <=, TBUS_MAX_LISTING / 256);
}

static void
assert_dropped (Fixture *f)
{
  tst_side_wait (f->side, "gone", 1);
  g_assert_cmpuint (tbus_tracee_index_count (f->side->index), ==, 0);
  tst_fake_wait_closed (f->app.command_fd);
  tst_fake_wait_closed (f->app.notify_fd);
}

typedef struct {
  gint32 handle, cmd, code; /* what differs from a right answer */
  guint32 value;
} Lie;

static void
drops_an_app_that_lies (Fixture *f, gconstpointer data)
{
  const Lie *lie = data;
  guint warnings = tst_warning_count ("broke the tracer's protocol");
  guint32 session = tbus_job_add_slot (f->job, TBUS_SLOT_VOID);
  TbusUstMessage message;

  tbus_job_add_creating (f->job, TBUS_OP_CREATE_SESSION, TBUS_SLOT_ROOT, session)->set = tbus_buffer_set_ref (f->set);
  tst_side_submit (f->side, f->job);
  message = tst_fake_read_command (&f->app);
  message.handle += lie->handle;
  message.cmd += lie->cmd;
  tst_fake_reply (&f->app, &message, lie->code, lie->value);
  assert_dropped (f);
  g_assert_cmpuint (tst_warning_count ("broke the tracer's protocol"), ==, warnings + 1);
  g_assert_true (f->job->gone);
  g_assert_cmpint (tst_job_status (f->job, 0), ==, -EPIPE);
  g_assert_cmpuint (tst_side_position (f->side, "done"), <, tst_side_position (f->side, "gone"));
}

static void
drops_an_app_that_speaks_unasked (Fixture *f, gconstpointer data)
{
  const TbusUstReply reply = { 0 };

  tst_fake_write (f->app.command_fd, &reply, sizeof reply);
  assert_dropped (f);
  tbus_job_free (f->job);
}

static void
gives_a_job_back_when_its_app_exits (Fixture *f, gconstpointer data)
{
  tbus_job_add (f->job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  tbus_job_add (f->job, TBUS_OP_WAIT_QUIESCENT, TBUS_SLOT_ROOT);
  tst_side_submit (f->side, f->job);
  tst_fake_expect (&f->app, 0, LTTNG_UST_ABI_REGISTER_DONE, 0, 0);
  tst_fake_expect (&f->app, 0, LTTNG_UST_ABI_WAIT_QUIESCENT, -LTTNG_UST_ERR_EXITING, 0);
  assert_dropped (f);
  g_assert_true (f->job->gone);
  g_assert_cmpint (tst_job_status (f->job, 0), ==, 0);
}

/* B27: the two sockets may hang up in either order. */
static void
sees_either_socket_hang_up (Fixture *f, gconstpointer data)
{
  int *fd = data != NULL ? &f->app.command_fd : &f->app.notify_fd;

  tbus_job_add (f->job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  tst_side_submit (f->side, f->job);
  tst_fake_read_command (&f->app);
  close (*fd);
  *fd = -1;
  tst_side_wait (f->side, "gone", 1);
  g_assert_cmpuint (tst_side_position (f->side, "done"), <, tst_side_position (f->side, "gone"));
  g_assert_cmpint (tst_job_status (f->job, 0), ==, -EPIPE);
  g_assert_cmpuint (tst_side_count (f->side, "gone"), ==, 1);
}

/* Main did not know yet that the app had gone: the job comes back first, all the same. */
static void
keeps_the_order_for_a_job_that_comes_too_late (Fixture *f, gconstpointer data)
{
  tst_fake_app_clear (&f->app);
  while (tbus_tracee_index_count (f->side->index) > 0)
    g_thread_yield ();
  tbus_job_add (f->job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  tst_side_submit (f->side, f->job);
  tst_side_wait (f->side, "gone", 1);
  g_assert_true (f->job->gone);
  g_assert_cmpuint (tst_side_position (f->side, "done"), <, tst_side_position (f->side, "gone"));
}

static void
ends_an_app_that_main_drops (Fixture *f, gconstpointer data)
{
  tbus_job_add (f->job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  tst_side_submit (f->side, f->job);
  f->side->port.ops->drop (f->side->port.self, f->tracee);
  f->side->port.ops->drop (f->side->port.self, f->tracee);
  assert_dropped (f);
  g_assert_true (f->job->gone);
}

/* B27: shutdown empties every table first; what comes after it comes back. */
static void
ends_every_app_when_it_stops (Fixture *f, gconstpointer data)
{
  tbus_job_add (f->job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  tst_side_submit (f->side, f->job);
  tst_side_stop (f->side);
  g_assert_cmpuint (tbus_tracee_index_count (f->side->index), ==, 0);
  g_assert_cmpuint (tst_side_position (f->side, "done"), <, tst_side_position (f->side, "gone"));
  g_assert_false (g_file_test (f->side->paths.socket, G_FILE_TEST_EXISTS));
  tst_fake_wait_closed (f->app.command_fd);
  f->job = tst_side_job (f->side, f->tracee);
  tbus_job_add (f->job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  g_assert_true (tst_side_run (f->side, f->job)->gone);
}

/* B6, and rule 1: the next app neither waits nor gets in. */
static void
refuses_apps_without_descriptors (Fixture *f, gconstpointer data)
{
  guint total = tbus_fd_budget_total ();
  TstFakeApp other;

  tbus_fd_budget_set_total (tbus_fd_budget_used () + 1);
  other = tst_fake_app_new (f->side->paths.socket);
  tst_side_wait (f->side, "refused", 1);
  tst_fake_wait_closed (other.command_fd);
  tst_fake_wait_closed (other.notify_fd);
  tst_fake_app_clear (&other);
  tbus_fd_budget_set_total (total);
  other = tst_fake_app_new (f->side->paths.socket);
  tst_side_wait (f->side, "registered", 2);
  tst_fake_app_clear (&other);
  tbus_job_free (f->job);
}

static void
turns_connections_away_when_no_number_is_left (Fixture *f, gconstpointer data)
{
  struct rlimit before, low;
  int client = dup (f->app.command_fd); /* the number that the client takes: nobody else opens or closes any now */

  g_assert_cmpint (client, >=, 0);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  low = (struct rlimit){ client + 1, before.rlim_max };
  close (client);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &low), ==, 0);
  client = tst_fake_connect (f->side->paths.socket);
  tst_fake_wait_closed (client);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  tst_side_wait (f->side, "refused The service has no descriptor left", 1);
  close (client);
  tbus_job_free (f->job);
}

/* An app of another user, as the socket's credentials tell; the service's threads stay who they are. */
static TstFakeApp
app_of_user (Fixture *f, uid_t uid)
{
  TstFakeApp app;

  g_assert_cmpint (syscall (SYS_setresuid, -1, uid, -1), ==, 0);
  app = tst_fake_app_new (f->side->paths.socket);
  g_assert_cmpint (syscall (SYS_setresuid, -1, 0, -1), ==, 0);
  return app;
}

static void
keeps_room_for_the_apps_of_others (Fixture *f, gconstpointer data)
{
  enum { MOST = 10, NOBODY = 65534 };
  g_autofree char *home = g_path_get_dirname (f->side->paths.directory);
  TstFakeApp apps[MOST + 1], own;

  tbus_job_free (f->job);
  if (getuid () != 0)
    {
      g_test_skip ("only root can be another user");
      return;
    }
  g_assert_cmpint (chmod (f->side->paths.directory, 0755), ==, 0);
  g_assert_cmpint (chmod (home, 0755), ==, 0);
  tbus_limit_set (TBUS_LIMIT_APPS, MOST);
  for (guint i = 0; i < MOST; i++)
    {
      apps[i] = app_of_user (f, NOBODY);
      tst_side_wait (f->side, "registered", 2 + i);
    }
  apps[MOST] = app_of_user (f, NOBODY);
  tst_side_wait (f->side, "refused", 1);
  tst_fake_wait_closed (apps[MOST].command_fd);
  own = tst_fake_app_new (f->side->paths.socket);
  tst_side_wait (f->side, "registered", 2 + MOST);
  tst_fake_app_clear (&apps[0]);
  tst_side_wait (f->side, "gone", 1);
  apps[0] = app_of_user (f, NOBODY);
  tst_side_wait (f->side, "registered", 3 + MOST);
  tbus_limit_set (TBUS_LIMIT_APPS, 2 * MOST);
  tbus_limit_set (TBUS_LIMIT_DESCRIPTORS, tbus_quota_used (TBUS_LIMIT_DESCRIPTORS, NOBODY));
  tst_fake_app_clear (&apps[MOST]);
  apps[MOST] = app_of_user (f, NOBODY);
  tst_side_wait (f->side, "refused", 2);
  tst_fake_wait_closed (apps[MOST].command_fd);
  for (guint i = 0; i < G_N_ELEMENTS (apps); i++)
    tst_fake_app_clear (&apps[i]);
  tst_fake_app_clear (&own);
  tbus_limits_reset ();
}

#define LINK_TEST(path, func, data)                                                                                   \
  g_test_add ("/ust/link-apps/" path, Fixture, data, tst_one_app_set_up, func, tear_down)

int
main (int argc, char **argv)
{
  static const Lie other_handle = { 1, 0, 0, 9 }, other_command = { 0, 1, 0, 9 }, other_code = { 0, 0, 7, 9 },
                   no_handle = { 0, 0, 0, 0 }, huge_handle = { 0, 0, 0, 0x80000000u };

  g_test_init (&argc, &argv, NULL);
  tst_side_threads_start ();
  LINK_TEST ("sends-a-channel-with-its-streams-B14", sends_a_channel_with_its_streams, NULL);
  LINK_TEST ("takes-a-channel-back-whose-stream-failed-B6", takes_a_channel_back_whose_stream_failed, NULL);
  LINK_TEST ("lists-to-the-end", lists_to_the_end, NULL);
  LINK_TEST ("lists-nothing", lists_nothing, NULL);
  LINK_TEST ("ends-a-list-that-has-no-end", ends_a_list_that_has_no_end, NULL);
  LINK_TEST ("ends-a-list-that-takes-too-much-memory", ends_a_list_that_takes_too_much_memory, NULL);
  LINK_TEST ("drops-an-app-that-echoes-another-handle", drops_an_app_that_lies, &other_handle);
  LINK_TEST ("drops-an-app-that-echoes-another-command", drops_an_app_that_lies, &other_command);
  LINK_TEST ("drops-an-app-that-answers-a-positive-code", drops_an_app_that_lies, &other_code);
  LINK_TEST ("drops-an-app-that-gives-no-handle", drops_an_app_that_lies, &no_handle);
  LINK_TEST ("drops-an-app-that-gives-a-huge-handle", drops_an_app_that_lies, &huge_handle);
  LINK_TEST ("drops-an-app-that-speaks-unasked", drops_an_app_that_speaks_unasked, NULL);
  LINK_TEST ("gives-a-job-back-when-its-app-exits", gives_a_job_back_when_its_app_exits, NULL);
  LINK_TEST ("sees-the-notify-socket-hang-up-B27", sees_either_socket_hang_up, NULL);
  LINK_TEST ("sees-the-command-socket-hang-up-B27", sees_either_socket_hang_up, "command");
  LINK_TEST ("keeps-the-order-for-a-job-that-comes-too-late", keeps_the_order_for_a_job_that_comes_too_late, NULL);
  LINK_TEST ("ends-an-app-that-main-drops", ends_an_app_that_main_drops, NULL);
  LINK_TEST ("ends-every-app-when-it-stops-B27", ends_every_app_when_it_stops, NULL);
  LINK_TEST ("refuses-apps-without-descriptors-B6", refuses_apps_without_descriptors, NULL);
  LINK_TEST ("keeps-room-for-the-apps-of-others", keeps_room_for_the_apps_of_others, NULL);
  LINK_TEST ("turns-connections-away-when-no-number-is-left", turns_connections_away_when_no_number_is_left, NULL);
  return g_test_run ();
}
