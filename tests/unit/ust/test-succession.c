/* SPDX-License-Identifier: GPL-2.0-only */
/* One tracer side after another serves the same app, which is played by hand and must not notice. */
#include "base/fd-budget.h"
#include "base/marks.h"
#include "fake-app.h"
#include "side.h"
#include "ust/notice.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SESSION = 5, CHANNEL = 6 };

typedef struct {
  TstSide *former, *side;
  TstFakeApp app;
  TbusTracee *tracee; /* the former one's, a reference */
  TbusTracee *next;   /* nullable: its successor */
  TbusBufferSet *set;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->former = tst_side_new ();
  f->app = tst_fake_app_new (f->former->paths.socket);
  tst_side_wait (f->former, "registered", 1);
  f->tracee = tbus_tracee_ref (g_ptr_array_index (f->former->tracees, 0));
  f->set = tst_set_new (1);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tst_fake_app_clear (&f->app);
  tst_side_free (f->former);
  if (f->side != NULL)
    tst_side_free (f->side);
  tbus_tracee_unref (f->tracee);
  g_clear_pointer (&f->next, tbus_tracee_unref);
  tbus_buffer_set_unref (f->set);
}

static int
copy (int fd)
{
  return fcntl (fd, F_DUPFD_CLOEXEC, 0);
}

static TbusTracee *
make_tracee (Fixture *f, int command_fd, int notify_fd)
{
  TbusTracee *tracee;

  g_assert_true (tbus_fd_budget_take (2, "A test", NULL));
  tracee = tbus_tracee_new (command_fd, notify_fd);
  tracee->id = f->tracee->id;
  tracee->pid = f->tracee->pid;
  tracee->uid = f->tracee->uid;
  return tracee;
}

/* As the descriptor store does, the test has copies of both sockets. */
static void
succeed (Fixture *f)
{
  int command_fd = copy (f->tracee->command_fd), notify_fd = copy (f->tracee->notify_fd);

  tst_side_suspend (f->former);
  f->side = tst_side_new ();
  f->next = make_tracee (f, command_fd, notify_fd);
  g_assert_true (tbus_tracee_index_bind (f->side->index, f->next, SESSION, f->set, TBUS_NO_CHANNEL));
  g_assert_true (tbus_tracee_index_bind (f->side->index, f->next, CHANNEL, f->set, 0));
}

static void
adopt (Fixture *f)
{
  tbus_tracer_side_adopt (f->side->side, f->next);
}

static TbusUstChannelAnswer
register_channel (Fixture *f)
{
  struct {
    guint32 kind;
    TbusUstChannelNotice notice;
  } __attribute__ ((packed)) message = { TBUS_NOTICE_CHANNEL, { SESSION, CHANNEL, 0, { 0 } } };
  TbusUstChannelAnswer answer;

  tst_fake_write (f->app.notify_fd, &message, sizeof message);
  tst_fake_read (f->app.notify_fd, &answer, sizeof answer);
  return answer;
}

static void
goes_on_on_both_sockets (Fixture *f, gconstpointer data)
{
  TbusJob *job;

  succeed (f);
  adopt (f);
  job = tst_side_job (f->side, f->next);
  tbus_job_add (job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  tst_side_submit (f->side, job);
  tst_fake_expect (&f->app, 0, LTTNG_UST_ABI_REGISTER_DONE, 0, 0);
  tst_side_wait (f->side, "done", 1);
  g_assert_cmpint (tst_job_status (job, 0), ==, 0);
  g_assert_cmpint (register_channel (f).ret_code, ==, 0);
  g_assert_cmpuint (tst_side_count (f->side, "registered"), ==, 0);
  g_assert_cmpuint (tst_side_count (f->former, "gone"), ==, 0);
}

/* It was said while nobody listened. */
static void
answers_what_waited (Fixture *f, gconstpointer data)
{
  struct {
    guint32 kind;
    TbusUstChannelNotice notice;
  } __attribute__ ((packed)) message = { TBUS_NOTICE_CHANNEL, { SESSION, CHANNEL, 0, { 0 } } };
  TbusUstChannelAnswer answer;

  succeed (f);
  tst_fake_write (f->app.notify_fd, &message, sizeof message);
  adopt (f);
  tst_fake_read (f->app.notify_fd, &answer, sizeof answer);
  g_assert_cmpint (answer.ret_code, ==, 0);
}

static void
tells_when_it_goes (Fixture *f, gconstpointer data)
{
  succeed (f);
  adopt (f);
  tst_fake_app_clear (&f->app);
  tst_side_wait (f->side, "gone", 1);
}

static void
tells_of_one_that_went_meanwhile (Fixture *f, gconstpointer data)
{
  succeed (f);
  tst_fake_app_clear (&f->app);
  adopt (f);
  tst_side_wait (f->side, "gone", 1);
}

/* Its number in the state is not that of who made the connection. */
static void
ends_the_connection_of_another (Fixture *f, gconstpointer data)
{
  succeed (f);
  f->next->pid = 1;
  adopt (f);
  tst_fake_wait_closed (f->app.command_fd);
  tst_fake_wait_closed (f->app.notify_fd);
  tst_side_wait (f->side, "gone", 1);
  g_assert_cmpuint (tbus_tracee_index_count (f->side->index), ==, 0);
  g_assert_cmpuint (tst_warning_count ("it registers anew"), ==, 1);
}

/* Whatever was under way comes back, and only that. */
static void
a_job_ends_with_the_side (Fixture *f, gconstpointer data)
{
  TbusJob *job = tst_side_job (f->former, f->tracee);

  tbus_job_add (job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  tst_side_submit (f->former, job);
  tst_fake_read_command (&f->app);
  tst_side_suspend (f->former);
  g_assert_cmpuint (tst_side_count (f->former, "done"), ==, 1);
  g_assert_true (job->gone);
  g_assert_cmpuint (tst_side_count (f->former, "gone"), ==, 0);
}

/* The mark, once the notify thread has taken what was written before. */
static guint32
read_mark (Fixture *f, gboolean odd)
{
  guint32 value;

  do
    value = tbus_mark_get (f->tracee->mark, TBUS_MARK_NOTICES);
  while ((value % 2 != 0) != odd);
  return value;
}

static void
marks_what_is_read_and_not_answered (Fixture *f, gconstpointer data)
{
  guint32 kind = TBUS_NOTICE_CHANNEL;
  TbusUstChannelNotice notice = { SESSION, CHANNEL, 0, { 0 } };
  guint32 before = read_mark (f, FALSE), after;
  TbusUstChannelAnswer answer;

  tst_fake_write (f->app.notify_fd, &kind, sizeof kind);
  g_assert_cmpuint (read_mark (f, TRUE), ==, before + 1);
  tst_fake_write (f->app.notify_fd, &notice, sizeof notice);
  tst_fake_read (f->app.notify_fd, &answer, sizeof answer);
  after = read_mark (f, FALSE);
  g_assert_cmpuint (after, >, before);
}

static void
add (const char *name, void (*func) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strconcat ("/ust/succession/", name, NULL);

  g_test_add (path, Fixture, NULL, set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tst_side_threads_start ();
  g_assert_true (tbus_marks_init ());
  add ("goes-on-on-both-sockets", goes_on_on_both_sockets);
  add ("answers-what-waited", answers_what_waited);
  add ("tells-when-it-goes", tells_when_it_goes);
  add ("tells-of-one-that-went-meanwhile", tells_of_one_that_went_meanwhile);
  add ("ends-the-connection-of-another", ends_the_connection_of_another);
  add ("a-job-ends-with-the-side", a_job_ends_with_the_side);
  add ("marks-what-is-read-and-not-answered", marks_what_is_read_and_not_answered);
  return g_test_run ();
}
