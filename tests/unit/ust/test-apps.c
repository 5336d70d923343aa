/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracer side with unmodified programs: they register, answer, stall, go on and go away. */
#include "ring-maker.h"
#include "side.h"
#include "support/child.h"

#include <lttng/ust-abi.h>
#include <signal.h>
#include <sys/wait.h>

typedef struct {
  TstSide *side;
  TstChild *app;
} Fixture;

static TstChild *
start_app (Fixture *f, const char *name, const char *argument)
{
  g_autofree char *path = g_strconcat ("tests/support/apps/", name, NULL);
  g_autofree char *program = tst_build_path (path);
  g_auto(GStrv) environment = tst_environ (f->side->dir, NULL);
  const char *argv[] = { program, argument, NULL };

  return tst_child_start (argv, (const char *const *) environment);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->side = tst_side_new ();
  f->app = start_app (f, data, NULL);
  tst_side_wait (f->side, "registered", 1);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->app, tst_child_free);
  tst_side_free (f->side);
}

static TbusTracee *
first_tracee (Fixture *f)
{
  return g_ptr_array_index (f->side->tracees, 0);
}

/* The program's own providers come after the constructor that this lets go. */
static void
let_it_start (Fixture *f)
{
  TbusJob *job = tst_side_job (f->side, first_tracee (f));

  tbus_job_add (job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  g_assert_cmpint (tst_job_status (tst_side_run (f->side, job), 0), ==, 0);
  g_free (tst_child_wait_line (f->app, "ready"));
}

static void
tells_who_registered (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = first_tracee (f);

  g_assert_cmpuint (tbus_tracee_index_count (f->side->index), ==, 1);
  g_assert_cmpint (tracee->pid, ==, tst_child_pid (f->app));
  g_assert_cmpint (tracee->parent_pid, ==, getpid ());
  g_assert_cmpuint (tracee->uid, ==, getuid ());
  g_assert_cmpstr (tracee->name, ==, "app-idle");
  g_assert_cmpuint (tracee->abi_major, ==, 9);
  g_assert_cmpuint (tracee->abi.bits_per_long, ==, 8 * sizeof (long));
}

static void
starts_once_registration_is_done (Fixture *f, gconstpointer data)
{
  TbusJob *job = tst_side_job (f->side, first_tracee (f));

  tbus_job_add (job, TBUS_OP_TRACER_VERSION, TBUS_SLOT_ROOT);
  tst_side_run (f->side, job);
  g_assert_cmpint (tst_job_status (job, 0), ==, 0);
  g_assert_cmpuint (job->version[0], ==, 2);
  g_assert_cmpuint (job->version[1], ==, 13);
  let_it_start (f);
}

static const TbusTracepoint *
find_tracepoint (const TbusJob *job, const char *name)
{
  for (guint i = 0; i < job->tracepoints->len; i++)
    {
      const TbusTracepoint *tracepoint = g_ptr_array_index (job->tracepoints, i);

      if (g_str_equal (tracepoint->name, name))
        return tracepoint;
    }
  g_error ("%s is not listed", name);
}

static void
lists_its_tracepoints (Fixture *f, gconstpointer data)
{
  TbusJob *plain = tst_side_job (f->side, first_tracee (f)), *fields = tst_side_job (f->side, first_tracee (f));
  const TbusTracepoint *tick;

  let_it_start (f);
  tbus_job_add (plain, TBUS_OP_LIST, TBUS_SLOT_ROOT);
  tst_side_run (f->side, plain);
  g_assert_cmpint (tst_job_status (plain, 0), ==, 0);
  tick = find_tracepoint (plain, "tbtest:tick");
  g_assert_cmpint (tick->loglevel, ==, 13);
  g_assert_null (tick->fields);

  tbus_job_add (fields, TBUS_OP_LIST, TBUS_SLOT_ROOT)->fields = TRUE;
  tst_side_run (f->side, fields);
  g_assert_cmpint (tst_job_status (fields, 0), ==, 0);
  g_assert_cmpuint (fields->tracepoints->len, ==, plain->tracepoints->len);
  tick = find_tracepoint (fields, "tbtest:tick");
  g_assert_cmpuint (tick->fields->len, ==, 2);
  g_assert_cmpstr (((TbusTracepointField *) g_ptr_array_index (tick->fields, 0))->name, ==, "seq");
  g_assert_cmpint (((TbusTracepointField *) g_ptr_array_index (tick->fields, 1))->type, ==, LTTNG_UST_ABI_FIELD_STRING);
}

typedef struct {
  TbusBufferSet *set;
  guint32 session, channel, event;
} Tracing;

/* Everything that reconcile asks of a new app for one channel with one rule, up to the start. */
static TbusJob *
plan_tracing (Fixture *f, Tracing *tracing, const char *pattern)
{
  TbusJob *job = tst_side_job (f->side, first_tracee (f));
  TbusCommand *command;

  tracing->set = tst_set_new (1);
  tracing->session = tbus_job_add_slot (job, TBUS_SLOT_VOID);
  tracing->channel = tbus_job_add_slot (job, TBUS_SLOT_VOID);
  tracing->event = tbus_job_add_slot (job, TBUS_SLOT_VOID);
  tbus_job_add_creating (job, TBUS_OP_CREATE_SESSION, TBUS_SLOT_ROOT, tracing->session)->set
    = tbus_buffer_set_ref (tracing->set);
  command = tbus_job_add_creating (job, TBUS_OP_SEND_RING, tracing->session, tracing->channel);
  command->set = tbus_buffer_set_ref (tracing->set);
  command->ring = tst_ring_make (tracing->set, 0);
  command->channel = 0;
  tbus_job_add_creating (job, TBUS_OP_CREATE_EVENT, tracing->channel, tracing->event)->rule
    = tbus_event_rule_new (pattern, TBUS_LOGLEVEL_ALL, -1, NULL);
  tbus_job_add (job, TBUS_OP_ENABLE, tracing->event);
  tbus_job_add (job, TBUS_OP_ENABLE, tracing->session);
  tbus_job_add (job, TBUS_OP_WAIT_QUIESCENT, TBUS_SLOT_ROOT);
  return job;
}

static void
assert_all_done (const TbusJob *job)
{
  g_assert_false (job->gone);
  for (guint i = 0; i < job->commands->len; i++)
    g_assert_cmpint (tst_job_status (job, i), ==, 0);
}

static void
release_tracing (Fixture *f, const Tracing *tracing, const TbusJob *made)
{
  TbusJob *job = tst_side_job (f->side, first_tracee (f));

  tbus_job_add (job, TBUS_OP_RELEASE, tbus_job_add_slot (job, tst_job_slot (made, tracing->event)));
  tbus_job_add (job, TBUS_OP_RELEASE, tbus_job_add_slot (job, tst_job_slot (made, tracing->channel)));
  tbus_job_add (job, TBUS_OP_RELEASE, tbus_job_add_slot (job, tst_job_slot (made, tracing->session)));
  tbus_job_add (job, TBUS_OP_WAIT_QUIESCENT, TBUS_SLOT_ROOT);
  assert_all_done (tst_side_run (f->side, job));
  g_assert_cmpint (g_atomic_int_get (&tracing->set->bound), ==, 0);
}

/* B14, and rule 2 of the architecture: while ENABLE is unanswered, the app registers its classes. */
static void
registers_its_classes_while_it_is_started (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;
  Tracing tracing;
  TbusJob *job;
  TbusCtfHeader header;
  guint n_events;

  let_it_start (f);
  job = tst_side_run (f->side, plan_tracing (f, &tracing, "tbtest:*"));
  assert_all_done (job);
  g_assert_cmpint (g_atomic_int_get (&tracing.set->bound), ==, 2);
  tbus_class_registry_get_channel (tracing.set->classes, 0, &header, &n_events);
  g_assert_cmpint (header, ==, TBUS_CTF_HEADER_COMPACT);
  g_assert_cmpuint (n_events, ==, 2);
  text = tst_set_text (tracing.set);
  g_assert_nonnull (strstr (text, "name = \"tbtest:tick\""));
  g_assert_nonnull (strstr (text, "_payload[ __payload_length ]"));
  release_tracing (f, &tracing, job);
  tbus_buffer_set_unref (tracing.set);
}

/* Every type that 2.13 can register: decoded, and refused by nobody. The program ends by itself. */
static void
decodes_every_type_that_a_program_can_register (Fixture *f, gconstpointer data)
{
  Tracing tracing;
  TbusJob *job = plan_tracing (f, &tracing, "tbtest_types:*");
  TbusCtfHeader header;
  guint n_events;

  tbus_job_add (job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  tst_side_run (f->side, job);
  for (guint i = 0; i < job->commands->len - 1; i++) /* the last one it may not live to answer */
    g_assert_cmpint (tst_job_status (job, i), ==, 0);
  tst_side_wait (f->side, "gone", 1);
  g_assert_cmpint (tst_child_wait (f->app), ==, 0);
  tbus_class_registry_get_channel (tracing.set->classes, 0, &header, &n_events);
  g_assert_cmpuint (n_events, ==, 15 + 16); /* app-types.c: SAMPLED_EVENTS + LEVEL_EVENTS */
  tbus_buffer_set_unref (tracing.set);
}

/* A set of which the app knows handles outlives them; its going unbinds them. */
static void
lets_go_of_its_buffers_when_it_dies (Fixture *f, gconstpointer data)
{
  Tracing tracing;

  assert_all_done (tst_side_run (f->side, plan_tracing (f, &tracing, "*")));
  tst_child_signal (f->app, SIGKILL);
  tst_side_wait (f->side, "gone", 1);
  g_assert_cmpint (g_atomic_int_get (&tracing.set->bound), ==, 0);
  g_assert_cmpuint (tbus_tracee_index_count (f->side->index), ==, 0);
  g_assert_cmpuint (tst_side_count (f->side, "gone"), ==, 1);
  tbus_buffer_set_unref (tracing.set);
}

/* Returns when every thread of it has stopped. */
static void
stop_app (TstChild *app)
{
  siginfo_t info;

  tst_child_signal (app, SIGSTOP);
  g_assert_cmpint (waitid (P_PID, tst_child_pid (app), &info, WSTOPPED), ==, 0);
}

static void
goes_on_with_its_job_after_sigstop (Fixture *f, gconstpointer data)
{
  TbusJob *job = tst_side_job (f->side, first_tracee (f));

  let_it_start (f);
  stop_app (f->app);
  tbus_job_add (job, TBUS_OP_TRACER_VERSION, TBUS_SLOT_ROOT);
  tst_side_submit (f->side, job);
  tst_side_wait (f->side, "stalled", 1);
  g_assert_cmpuint (tst_side_count (f->side, "done"), ==, 1);
  tst_child_signal (f->app, SIGCONT);
  tst_side_wait (f->side, "done", 2);
  g_assert_cmpint (tst_job_status (job, 0), ==, 0);
  g_assert_cmpuint (tst_side_count (f->side, "awake"), ==, 1);
  g_assert_cmpuint (tst_side_position (f->side, "awake"), >, tst_side_position (f->side, "stalled"));
  g_assert_cmpuint (tst_side_count (f->side, "gone"), ==, 0);
}

/* One app slows down nobody but itself (architecture, rule 1). */
static void
is_not_held_up_by_a_stopped_one (Fixture *f, gconstpointer data)
{
  TbusJob *stuck = tst_side_job (f->side, first_tracee (f)), *job;
  g_autoptr(TstChild) other = NULL;

  stop_app (f->app);
  tbus_job_add (stuck, TBUS_OP_TRACER_VERSION, TBUS_SLOT_ROOT);
  tst_side_submit (f->side, stuck);
  other = start_app (f, "app-idle", NULL);
  tst_side_wait (f->side, "registered", 2);
  job = tst_side_job (f->side, g_ptr_array_index (f->side->tracees, 1));
  tbus_job_add (job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  tst_side_submit (f->side, job);
  tst_side_wait (f->side, "done", 1);
  g_assert_true (g_ptr_array_index (f->side->jobs, 0) == job);
  g_free (tst_child_wait_line (other, "ready"));
  tst_child_signal (f->app, SIGCONT);
  tst_side_wait (f->side, "done", 2);
}

/* B23, B24: its going is no error, and its job comes back before the news of it. */
static void
gives_its_job_back_before_it_is_gone (Fixture *f, gconstpointer data)
{
  TbusJob *job = tst_side_job (f->side, first_tracee (f));

  stop_app (f->app);
  tbus_job_add (job, TBUS_OP_TRACER_VERSION, TBUS_SLOT_ROOT);
  tbus_job_add (job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
  tst_side_submit (f->side, job);
  tst_side_wait (f->side, "stalled", 1);
  tst_child_signal (f->app, SIGKILL);
  tst_side_wait (f->side, "gone", 1);
  g_assert_true (job->gone);
  g_assert_cmpint (tst_job_status (job, 0), ==, -EPIPE);
  g_assert_cmpint (tst_job_status (job, 1), ==, -EPIPE);
  g_assert_cmpuint (tst_side_position (f->side, "done"), <, tst_side_position (f->side, "gone"));
}

static void
survives_being_dropped (Fixture *f, gconstpointer data)
{
  let_it_start (f);
  f->side->port.ops->drop (f->side->port.self, first_tracee (f));
  tst_side_wait (f->side, "gone", 1);
  g_assert_true (tst_child_running (f->app));
}

#define APP_TEST(path, app, func) g_test_add ("/ust/apps/" path, Fixture, app, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tst_side_threads_start ();
  APP_TEST ("tells-who-registered", "app-idle", tells_who_registered);
  APP_TEST ("starts-once-registration-is-done", "app-idle", starts_once_registration_is_done);
  APP_TEST ("lists-its-tracepoints", "app-idle", lists_its_tracepoints);
  APP_TEST ("registers-its-classes-while-it-is-started-B14", "app-idle", registers_its_classes_while_it_is_started);
  APP_TEST ("decodes-every-type-that-a-program-can-register", "app-types",
            decodes_every_type_that_a_program_can_register);
  APP_TEST ("lets-go-of-its-buffers-when-it-dies", "app-idle", lets_go_of_its_buffers_when_it_dies);
  APP_TEST ("goes-on-with-its-job-after-sigstop", "app-idle", goes_on_with_its_job_after_sigstop);
  APP_TEST ("is-not-held-up-by-a-stopped-one", "app-idle", is_not_held_up_by_a_stopped_one);
  APP_TEST ("gives-its-job-back-before-it-is-gone-B24", "app-idle", gives_its_job_back_before_it_is_gone);
  APP_TEST ("survives-being-dropped", "app-idle", survives_being_dropped);
  return g_test_run ();
}
