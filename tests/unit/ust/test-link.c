/* SPDX-License-Identifier: GPL-2.0-only */
/* Jobs against an app played by hand: order, what is sent ahead, what depends on what, and apps that misbehave. */
#define _GNU_SOURCE
#include "base/fd-budget.h"
#include "base/limits.h"
#include "one-app.h"

#include <errno.h>
#include <fcntl.h>
#include <lttng/ust-error.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

typedef TstOneApp Fixture;

static void
add_root (Fixture *f, TbusOp op)
{
  tbus_job_add (f->job, op, TBUS_SLOT_ROOT);
}

static guint32
add_session (Fixture *f)
{
  guint32 slot = tbus_job_add_slot (f->job, TBUS_SLOT_VOID);

  tbus_job_add_creating (f->job, TBUS_OP_CREATE_SESSION, TBUS_SLOT_ROOT, slot)->set = tbus_buffer_set_ref (f->set);
  return slot;
}

static void
submit (Fixture *f)
{
  tst_side_submit (f->side, f->job);
}

static void
wait_done (Fixture *f)
{
  tst_side_wait (f->side, "done", 1);
}

static void
assert_statuses (const Fixture *f, guint n, const int *expected)
{
  g_assert_cmpuint (f->job->commands->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (tst_job_status (f->job, i), ==, expected[i]);
}

static void
on_link_reached (gpointer data)
{
  g_atomic_int_set ((gint *) data, TRUE);
  g_main_context_wakeup (NULL);
}

/* Returns when link has done what was posted to it before. */
static void
wait_for_link (void)
{
  gint reached = FALSE;

  tbus_post (TBUS_THREAD_LINK, on_link_reached, &reached, NULL);
  while (!g_atomic_int_get (&reached))
    g_main_context_iteration (NULL, TRUE);
}

static void
sends_ahead_what_needs_no_answer (Fixture *f, gconstpointer data)
{
  const guint32 cmds[] = { LTTNG_UST_ABI_TRACER_VERSION, LTTNG_UST_ABI_WAIT_QUIESCENT, LTTNG_UST_ABI_REGISTER_DONE };
  TbusUstMessage messages[G_N_ELEMENTS (cmds)];
  TbusUstReply version = { .cmd = LTTNG_UST_ABI_TRACER_VERSION, .u.version = { 2, 13, 5 } };

  add_root (f, TBUS_OP_TRACER_VERSION);
  add_root (f, TBUS_OP_WAIT_QUIESCENT);
  add_root (f, TBUS_OP_REGISTER_DONE);
  submit (f);
  for (guint i = 0; i < G_N_ELEMENTS (cmds); i++)
    {
      messages[i] = tst_fake_read_command (&f->app);
      g_assert_cmphex (messages[i].cmd, ==, cmds[i]);
      g_assert_cmpuint (messages[i].handle, ==, 0);
    }
  tst_fake_write (f->app.command_fd, &version, sizeof version);
  tst_fake_reply (&f->app, &messages[1], -LTTNG_UST_ERR_NOSYS, 0);
  tst_fake_reply (&f->app, &messages[2], 0, 0);
  wait_done (f);
  assert_statuses (f, 3, (int[]){ 0, -LTTNG_UST_ERR_NOSYS, 0 });
  g_assert_cmpuint (f->job->version[1], ==, 13);
  g_assert_false (f->job->gone);
}

static void
takes_answers_byte_by_byte (Fixture *f, gconstpointer data)
{
  TbusUstMessage message;
  TbusUstReply reply;

  add_root (f, TBUS_OP_WAIT_QUIESCENT);
  submit (f);
  message = tst_fake_read_command (&f->app);
  reply = (TbusUstReply){ .cmd = message.cmd };
  for (gsize i = 0; i < sizeof reply; i++)
    {
      g_assert_cmpuint (tst_side_count (f->side, "done"), ==, 0);
      tst_fake_write (f->app.command_fd, (const char *) &reply + i, 1);
      wait_for_link ();
    }
  wait_done (f);
  assert_statuses (f, 1, (int[]){ 0 });
}

/* What comes a byte at a time would otherwise keep whoever waits for it as long as the app likes. */
static void
takes_a_byte_of_an_answer_for_no_progress (Fixture *f, gconstpointer data)
{
  TbusUstMessage message;
  TbusUstReply reply;
  gsize sent = 0;

  add_root (f, TBUS_OP_WAIT_QUIESCENT);
  submit (f);
  message = tst_fake_read_command (&f->app);
  reply = (TbusUstReply){ .cmd = message.cmd };
  while (tst_side_count (f->side, "stalled") == 0)
    {
      g_assert_cmpuint (sent + 1, <, sizeof reply);
      tst_fake_write (f->app.command_fd, (const char *) &reply + sent++, 1);
      g_usleep (20 * G_TIME_SPAN_MILLISECOND); /* the app's leisure */
      wait_for_link ();
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  tst_fake_write (f->app.command_fd, (const char *) &reply + sent, sizeof reply - sent);
  wait_done (f);
  g_assert_cmpuint (tst_side_count (f->side, "awake"), ==, 1);
}

/* Never more than the window without an answer, however long the job. */
static void
bounds_what_is_unanswered (Fixture *f, gconstpointer data)
{
  enum { COMMANDS = 1000, WINDOW = 64 };
  int queued;

  for (guint i = 0; i < COMMANDS; i++)
    add_root (f, TBUS_OP_WAIT_QUIESCENT);
  submit (f);
  wait_for_link ();
  g_assert_cmpint (ioctl (f->app.command_fd, FIONREAD, &queued), ==, 0);
  g_assert_cmpint (queued, ==, WINDOW * sizeof (TbusUstMessage));
  for (guint i = 0; i < COMMANDS; i++)
    tst_fake_expect (&f->app, 0, LTTNG_UST_ABI_WAIT_QUIESCENT, 0, 0);
  wait_done (f);
  for (guint i = 0; i < COMMANDS; i++)
    g_assert_cmpint (tst_job_status (f->job, i), ==, 0);
}

static void
waits_for_handles_and_binds_them (Fixture *f, gconstpointer data)
{
  guint32 session = add_session (f);
  TbusBinding binding;

  tbus_job_add (f->job, TBUS_OP_ENABLE, session);
  tbus_job_add (f->job, TBUS_OP_RELEASE, session);
  submit (f);
  tst_fake_expect (&f->app, 0, LTTNG_UST_ABI_SESSION, 0, 17);
  {
    TbusUstMessage enable = tst_fake_read_command (&f->app), release;

    g_assert_cmphex (enable.cmd, ==, LTTNG_UST_ABI_ENABLE);
    g_assert_cmpuint (enable.handle, ==, 17);
    release = tst_fake_read_command (&f->app); /* sent ahead: the binding has ended by now (B14) */
    g_assert_cmphex (release.cmd, ==, LTTNG_UST_ABI_RELEASE);
    g_assert_false (tbus_tracee_index_lookup (f->side->index, f->tracee, 17, &binding));
    tst_fake_reply (&f->app, &enable, 0, 0);
    tst_fake_reply (&f->app, &release, 0, 0);
  }
  wait_done (f);
  assert_statuses (f, 3, (int[]){ 0, 0, 0 });
  g_assert_cmpuint (tst_job_slot (f->job, session), ==, 17);
}

static void
skips_what_depends_on_a_failure (Fixture *f, gconstpointer data)
{
  guint32 session = add_session (f);

  tbus_job_add (f->job, TBUS_OP_ENABLE, session);
  tbus_job_add (f->job, TBUS_OP_STATEDUMP, session);
  add_root (f, TBUS_OP_REGISTER_DONE);
  submit (f);
  tst_fake_expect (&f->app, 0, LTTNG_UST_ABI_SESSION, -LTTNG_UST_ERR, 0);
  tst_fake_expect (&f->app, 0, LTTNG_UST_ABI_REGISTER_DONE, 0, 0);
  wait_done (f);
  assert_statuses (f, 4, (int[]){ -LTTNG_UST_ERR, -ECANCELED, -ECANCELED, 0 });
  g_assert_cmphex (tst_job_slot (f->job, session), ==, TBUS_SLOT_VOID);
}

static void
names_contexts_of_applications_and_counters (Fixture *f, gconstpointer data)
{
  guint32 channel = tbus_job_add_slot (f->job, 5);
  TbusContext *app = tbus_context_parse ("$app.prov:ctx", NULL);
  TbusContext *perf = tbus_context_parse ("perf:thread:page-fault", NULL);
  TbusUstMessage message;
  char names[9];

  tbus_job_add (f->job, TBUS_OP_ADD_CONTEXT, channel)->context = app;
  tbus_job_add (f->job, TBUS_OP_ADD_CONTEXT, channel)->context = perf;
  submit (f);
  message = tst_fake_read_command (&f->app);
  g_assert_cmpuint (message.u.context.ctx, ==, LTTNG_UST_ABI_CONTEXT_APP_CONTEXT);
  g_assert_cmpuint (message.u.context.u.app_ctx.provider_name_len, ==, 5);
  g_assert_cmpuint (message.u.context.u.app_ctx.ctx_name_len, ==, 4);
  tst_fake_read (f->app.command_fd, names, sizeof names);
  g_assert_cmpmem (names, sizeof names, "prov\0ctx", 9);
  tst_fake_reply (&f->app, &message, 0, 0);
  message = tst_fake_read_command (&f->app);
  g_assert_cmpuint (message.u.context.ctx, ==, LTTNG_UST_ABI_CONTEXT_PERF_THREAD_COUNTER);
  g_assert_cmpuint (message.u.context.u.perf_counter.type, ==, 1);
  g_assert_cmpuint (message.u.context.u.perf_counter.config, ==, 2);
  g_assert_cmpstr (message.u.context.u.perf_counter.name, ==, "perf_thread_page_fault");
  tst_fake_reply (&f->app, &message, 0, 0);
  wait_done (f);
  assert_statuses (f, 2, (int[]){ 0, 0 });
}

static TbusEventRule *
make_rule (void)
{
  TbusEventRule *rule = tbus_event_rule_new ("p:*", TBUS_LOGLEVEL_AT_LEAST, 6, NULL);

  rule->bytecode = g_bytes_new ("codereloc", 9);
  rule->reloc_offset = 4;
  rule->exclusions = g_strsplit ("p:a p:b", " ", 0);
  return rule;
}

static void
gives_an_event_its_filter_and_exclusions (Fixture *f, gconstpointer data)
{
  guint32 channel = tbus_job_add_slot (f->job, 5), event = tbus_job_add_slot (f->job, TBUS_SLOT_VOID);
  TbusUstMessage message;
  char code[9], names[2][256];

  tbus_job_add_creating (f->job, TBUS_OP_CREATE_EVENT, channel, event)->rule = make_rule ();
  tbus_job_add (f->job, TBUS_OP_ENABLE, event);
  submit (f);
  message = tst_fake_read_command (&f->app);
  g_assert_cmphex (message.cmd, ==, LTTNG_UST_ABI_EVENT);
  g_assert_cmpstr (message.u.event.name, ==, "p:*");
  g_assert_cmpint (message.u.event.loglevel_type, ==, LTTNG_UST_ABI_LOGLEVEL_RANGE);
  g_assert_cmpint (message.u.event.loglevel, ==, 6);
  tst_fake_reply (&f->app, &message, 0, 30);
  message = tst_fake_read_command (&f->app);
  g_assert_cmphex (message.cmd, ==, LTTNG_UST_ABI_FILTER);
  g_assert_cmpuint (message.handle, ==, 30);
  g_assert_cmpuint (message.u.filter.len, ==, 9);
  g_assert_cmpuint (message.u.filter.reloc_offset, ==, 4);
  tst_fake_read (f->app.command_fd, code, sizeof code);
  g_assert_cmpmem (code, 9, "codereloc", 9);
  tst_fake_reply (&f->app, &message, 0, 0);
  message = tst_fake_read_command (&f->app);
  g_assert_cmphex (message.cmd, ==, LTTNG_UST_ABI_EXCLUSION);
  g_assert_cmpuint (message.u.exclusion.count, ==, 2);
  tst_fake_read (f->app.command_fd, names, sizeof names);
  g_assert_cmpstr (names[1], ==, "p:b");
  tst_fake_reply (&f->app, &message, 0, 0);
  tst_fake_expect (&f->app, 30, LTTNG_UST_ABI_ENABLE, 0, 0);
  wait_done (f);
  assert_statuses (f, 2, (int[]){ 0, 0 });
  g_assert_cmpuint (tst_job_slot (f->job, event), ==, 30);
}

/* An event without its filter would record too much: it is not kept. */
static void
releases_an_event_whose_filter_failed (Fixture *f, gconstpointer data)
{
  guint32 channel = tbus_job_add_slot (f->job, 5), event = tbus_job_add_slot (f->job, TBUS_SLOT_VOID);
  TbusUstMessage message;
  char code[9];

  tbus_job_add_creating (f->job, TBUS_OP_CREATE_EVENT, channel, event)->rule = make_rule ();
  tbus_job_add (f->job, TBUS_OP_ENABLE, event);
  submit (f);
  tst_fake_expect (&f->app, 5, LTTNG_UST_ABI_EVENT, 0, 30);
  message = tst_fake_read_command (&f->app);
  tst_fake_read (f->app.command_fd, code, sizeof code);
  /* The exclusions were sent ahead, with the filter. */
  tst_fake_reply (&f->app, &message, -LTTNG_UST_ERR_INVAL, 0);
  message = tst_fake_read_command (&f->app);
  {
    char names[2][256];

    tst_fake_read (f->app.command_fd, names, sizeof names);
  }
  tst_fake_reply (&f->app, &message, 0, 0);
  tst_fake_expect (&f->app, 30, LTTNG_UST_ABI_RELEASE, 0, 0);
  wait_done (f);
  assert_statuses (f, 2, (int[]){ -LTTNG_UST_ERR_INVAL, -ECANCELED });
}

#define LINK_TEST(path, func)                                                                                         \
  g_test_add ("/ust/link/" path, Fixture, NULL, tst_one_app_set_up, func, tst_one_app_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tst_side_threads_start ();
  LINK_TEST ("sends-ahead-what-needs-no-answer", sends_ahead_what_needs_no_answer);
  LINK_TEST ("takes-answers-byte-by-byte", takes_answers_byte_by_byte);
  LINK_TEST ("takes-a-byte-of-an-answer-for-no-progress", takes_a_byte_of_an_answer_for_no_progress);
  LINK_TEST ("bounds-what-is-unanswered", bounds_what_is_unanswered);
  LINK_TEST ("waits-for-handles-and-binds-them-B14", waits_for_handles_and_binds_them);
  LINK_TEST ("skips-what-depends-on-a-failure", skips_what_depends_on_a_failure);
  LINK_TEST ("names-contexts-of-applications-and-counters", names_contexts_of_applications_and_counters);
  LINK_TEST ("gives-an-event-its-filter-and-exclusions", gives_an_event_its_filter_and_exclusions);
  LINK_TEST ("releases-an-event-whose-filter-failed", releases_an_event_whose_filter_failed);
  return g_test_run ();
}
