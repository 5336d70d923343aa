/* SPDX-License-Identifier: GPL-2.0-only */
/* Reconcile is a pure function: tables of what is wanted, what there is, and the commands between them. */
#include "base/error.h"
#include "base/fd-budget.h"
#include "core/context.h"
#include "core/ids.h"
#include "core/reconcile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { N_CHANNELS = 2, N_RULES = 4, N_CONTEXTS = 2, ROUNDS = 2000 };

typedef struct {
  TbusCtfClock clock;
  TbusTracee *tracee;
  TbusBufferSet *set;
  TbusAppSession *actual;
  TbusWanted *wanted;
  TbusEventRule *rules[N_RULES];
  GPtrArray *contexts; /* of TbusContext */
  guint32 next_handle;
  TbusOp refused; /* this one fails */
  int status;     /* with that */
} Fixture;

static const char *const op_names[] = {
  "version", "create-session", "send-ring", "add-context", "create-event", "enable",
  "disable", "wait", "statedump", "release", "done", "list",
};

static TbusContext *
context (const char *type)
{
  return tbus_context_parse (type, NULL);
}

static int
null_fd (void)
{
  return open ("/dev/null", O_RDWR | O_CLOEXEC);
}

static void
add_set_channel (Fixture *f, const char *name)
{
  int memory = null_fd (), fds[] = { null_fd (), null_fd (), null_fd () };
  TbusSetChannel channel = { .name = g_strdup (name), .key = tbus_id_next (TBUS_ID_KEY) };

  g_assert_true (tbus_fd_budget_take (tbus_ring_cost (1), "A ring", NULL));
  channel.ring = tbus_ring_new (&(TbusRingParts){ "header", 6, 4096, 1, &memory, fds });
  g_array_append_val (f->set->channels, channel);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const TbusCtfEnv env[] = { { NULL, NULL, 0 } };
  TbusBufferKey key = { 1, TBUS_BUFFER_USER, 1000, 64 };
  TbusCtfTrace trace = { .abi = { 64, 8, 16, 32, 64, 64, TRUE }, .clock = &f->clock, .env = env };
  static const char *const patterns[N_RULES] = { "a:*", "b:*", "c:*", "d:*" };

  tbus_ctf_clock_init (&f->clock);
  g_assert_true (tbus_fd_budget_take (2, "An app", NULL));
  f->tracee = tbus_tracee_new (null_fd (), null_fd ());
  f->tracee->pid = 77;
  f->set = tbus_buffer_set_new (&key, &trace, 1 << 16, NULL);
  add_set_channel (f, "one");
  add_set_channel (f, "two");
  f->actual = tbus_app_session_new (1);
  tbus_app_session_set_set (f->actual, f->set);
  f->wanted = tbus_wanted_new ();
  f->contexts = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_context_unref);
  for (guint i = 0; i < N_RULES; i++)
    f->rules[i] = tbus_event_rule_new (patterns[i], TBUS_LOGLEVEL_ALL, -1, NULL);
  for (guint i = 0; i < N_CHANNELS; i++)
    tbus_wanted_add_channel (f->wanted)->enabled = TRUE;
  f->next_handle = 1;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < N_RULES; i++)
    tbus_event_rule_unref (f->rules[i]);
  g_ptr_array_unref (f->contexts);
  tbus_wanted_free (f->wanted);
  tbus_app_session_free (f->actual);
  tbus_buffer_set_unref (f->set);
  tbus_tracee_unref (f->tracee);
  rcu_barrier ();
  tbus_ctf_clock_clear (&f->clock);
}

static TbusWantedChannel *
wanted_channel (Fixture *f, guint number)
{
  return &g_array_index (f->wanted->channels, TbusWantedChannel, number);
}

static void
want_rule (Fixture *f, guint channel, guint rule, gboolean enabled)
{
  TbusWantedRule wanted = { f->rules[rule], enabled };

  g_array_append_val (wanted_channel (f, channel)->rules, wanted);
}

static gboolean
creates (TbusOp op)
{
  return op == TBUS_OP_CREATE_SESSION || op == TBUS_OP_SEND_RING || op == TBUS_OP_CREATE_EVENT;
}

/* Carries out what an app would; only @f->refused fails. */
static void
execute (Fixture *f, TbusJob *job)
{
  for (guint i = 0; i < job->commands->len; i++)
    {
      TbusCommand *command = &g_array_index (job->commands, TbusCommand, i);

      if (g_array_index (job->slots, guint32, command->target) == TBUS_SLOT_VOID)
        command->status = -ECANCELED;
      else if (f->status != 0 && command->op == f->refused)
        command->status = f->status;
      else if (creates (command->op))
        g_array_index (job->slots, guint32, command->result) = f->next_handle++;
    }
}

/* "create-session / s1": a target is "/" for the root, "h5" where its handle is known, "s1" where it is to be. */
static char *
describe (TbusJob *job)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < job->commands->len; i++)
    {
      TbusCommand *command = &g_array_index (job->commands, TbusCommand, i);
      guint32 handle = g_array_index (job->slots, guint32, command->target);

      g_string_append_printf (out, "%s%s ", i > 0 ? ", " : "", op_names[command->op]);
      if (command->target == TBUS_SLOT_ROOT)
        g_string_append_c (out, '/');
      else
        g_string_append_printf (out, "%c%u", handle == TBUS_SLOT_VOID ? 's' : 'h',
                                handle == TBUS_SLOT_VOID ? command->target : handle);
      if (creates (command->op))
        g_string_append_printf (out, " s%u", command->result);
      if (command->op == TBUS_OP_SEND_RING)
        g_string_append_printf (out, " %u", command->channel);
      if (command->op == TBUS_OP_CREATE_EVENT)
        g_string_append_printf (out, " %s", command->rule->pattern);
      if (command->op == TBUS_OP_ADD_CONTEXT)
        g_string_append_printf (out, " %s", command->context->type);
    }
  return g_string_free (out, FALSE);
}

/* Plans, checks the commands, carries them out and reads back what they did. NULL @expected: not checked. */
static guint
round_trip (Fixture *f, const TbusWanted *wanted, const char *expected)
{
  g_autoptr(TbusJob) job = tbus_job_new (f->tracee);
  TbusPlan plan = tbus_reconcile (wanted, f->actual, job);
  g_autofree char *got = describe (job);

  if (expected != NULL)
    g_assert_cmpstr (got, ==, expected);
  g_assert_cmpuint (plan.first, ==, 0);
  g_assert_cmpuint (plan.n, ==, job->commands->len);
  execute (f, job);
  tbus_reconcile_apply (&plan, job, f->actual);
  return plan.n;
}

static void
a_new_app_gets_everything_in_the_order_that_the_tracer_wants (Fixture *f, gconstpointer data) /* B24 */
{
  g_ptr_array_add (f->contexts, context ("vpid"));
  wanted_channel (f, 0)->contexts = f->contexts;
  want_rule (f, 0, 0, TRUE);
  want_rule (f, 0, 1, TRUE);
  want_rule (f, 1, 2, TRUE);
  f->wanted->active = TRUE;
  round_trip (f, f->wanted, "create-session / s1, send-ring s1 s2 0, send-ring s1 s3 1, "
                            "add-context s2 vpid, create-event s2 s4 a:*, create-event s2 s5 b:*, enable s4, "
                            "enable s5, create-event s3 s6 c:*, enable s6, enable s1");
  g_assert_true (f->actual->there);
  g_assert_true (f->actual->active);
  round_trip (f, f->wanted, "");
}

static void
an_inactive_session_is_not_started (Fixture *f, gconstpointer data) /* B24 */
{
  round_trip (f, f->wanted, "create-session / s1, send-ring s1 s2 0, send-ring s1 s3 1");
  g_assert_false (f->actual->active);
  f->wanted->active = TRUE;
  round_trip (f, f->wanted, "enable h1");
  f->wanted->active = FALSE;
  round_trip (f, f->wanted, "disable h1, wait /");
  round_trip (f, f->wanted, "");
}

static void
a_disabled_channel_is_made_and_then_disabled (Fixture *f, gconstpointer data) /* B25 */
{
  wanted_channel (f, 1)->enabled = FALSE;
  round_trip (f, f->wanted, "create-session / s1, send-ring s1 s2 0, send-ring s1 s3 1, disable s3");
  round_trip (f, f->wanted, "");
  wanted_channel (f, 1)->enabled = TRUE;
  round_trip (f, f->wanted, "enable h3");
  wanted_channel (f, 0)->enabled = FALSE;
  round_trip (f, f->wanted, "disable h2");
}

static void
a_disabled_rule_is_made_when_it_is_enabled (Fixture *f, gconstpointer data)
{
  want_rule (f, 0, 0, FALSE);
  round_trip (f, f->wanted, "create-session / s1, send-ring s1 s2 0, send-ring s1 s3 1");
  g_array_index (wanted_channel (f, 0)->rules, TbusWantedRule, 0).enabled = TRUE;
  round_trip (f, f->wanted, "create-event h2 s4 a:*, enable s4");
  g_array_index (wanted_channel (f, 0)->rules, TbusWantedRule, 0).enabled = FALSE;
  round_trip (f, f->wanted, "disable h4");
  g_array_index (wanted_channel (f, 0)->rules, TbusWantedRule, 0).enabled = TRUE;
  round_trip (f, f->wanted, "enable h4");
  round_trip (f, f->wanted, "");
}

static void
a_new_rule_is_all_that_is_asked_for (Fixture *f, gconstpointer data)
{
  f->wanted->active = TRUE;
  want_rule (f, 1, 0, TRUE);
  round_trip (f, f->wanted, NULL);
  want_rule (f, 1, 1, TRUE);
  round_trip (f, f->wanted, "create-event h3 s4 b:*, enable s4");
  round_trip (f, f->wanted, "");
}

static void
what_was_there_is_released_from_the_leaves_on (Fixture *f, gconstpointer data)
{
  f->wanted->active = TRUE;
  want_rule (f, 0, 0, TRUE);
  want_rule (f, 0, 1, TRUE);
  round_trip (f, f->wanted, NULL);
  round_trip (f, NULL, "disable h1, wait /, release h4, release h5, release h2, release h3, release h1");
  g_assert_false (f->actual->there);
  g_assert_false (f->actual->active);
  g_assert_null (f->actual->set);
  round_trip (f, NULL, "");
}

static void
several_sessions_share_a_job (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusJob) job = tbus_job_new (f->tracee);
  g_autoptr(TbusAppSession) second = tbus_app_session_new (2);
  TbusPlan plans[2];

  tbus_app_session_set_set (second, f->set);
  want_rule (f, 0, 0, TRUE);
  plans[0] = tbus_reconcile (f->wanted, f->actual, job);
  plans[1] = tbus_reconcile (f->wanted, second, job);
  g_assert_cmpuint (plans[1].first, ==, plans[0].n);
  execute (f, job);
  tbus_reconcile_apply (&plans[0], job, f->actual);
  tbus_reconcile_apply (&plans[1], job, second);
  g_assert_cmpuint (f->actual->handle, ==, 1);
  g_assert_cmpuint (second->handle, ==, 5);
  g_assert_cmpuint (g_array_index (second->channels, TbusAppChannel, 0).events->len, ==, 1);
}

static void
refuse (Fixture *f, TbusOp op, int status)
{
  f->refused = op;
  f->status = status;
}

static void
a_refused_rule_costs_only_itself (Fixture *f, gconstpointer data)
{
  want_rule (f, 0, 0, TRUE);
  f->wanted->active = TRUE;
  refuse (f, TBUS_OP_CREATE_EVENT, -EINVAL);
  round_trip (f, f->wanted, NULL);
  g_assert_no_error (f->actual->error);
  g_assert_cmpuint (f->actual->warnings->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (f->actual->warnings, 0), ==,
                   "Process 77 refused the event rule \"a:*\" (tracer's code -22)");
  g_assert_true (f->actual->active);
  refuse (f, TBUS_OP_CREATE_EVENT, 0);
  round_trip (f, f->wanted, ""); /* not asked again before the next Start */
  round_trip (f, NULL, "disable h1, wait /, release h2, release h3, release h1");
}

static void
a_refused_rule_is_tried_again_by_the_next_start (Fixture *f, gconstpointer data)
{
  want_rule (f, 0, 0, TRUE);
  refuse (f, TBUS_OP_CREATE_EVENT, -EINVAL);
  round_trip (f, f->wanted, NULL);
  refuse (f, TBUS_OP_CREATE_EVENT, 0);
  tbus_app_session_retry (f->actual);
  round_trip (f, f->wanted, "create-event h2 s4 a:*, enable s4");
  round_trip (f, f->wanted, "");
}

static void
a_refused_session_is_the_apps_error (Fixture *f, gconstpointer data)
{
  want_rule (f, 0, 0, TRUE);
  refuse (f, TBUS_OP_CREATE_SESSION, -ENOMEM);
  round_trip (f, f->wanted, NULL);
  g_assert_error (f->actual->error, TBUS_ERROR, TBUS_ERROR_APP_GONE);
  g_assert_cmpstr (f->actual->error->message, ==, "Process 77 refused to create a session (tracer's code -12)");
  g_assert_cmpuint (f->actual->warnings->len, ==, 0); /* what depended on it says nothing of its own */
  g_assert_false (f->actual->there);
}

static void
a_refused_channel_costs_its_rules_only (Fixture *f, gconstpointer data)
{
  want_rule (f, 0, 0, TRUE);
  f->wanted->active = TRUE;
  refuse (f, TBUS_OP_SEND_RING, -EINVAL);
  round_trip (f, f->wanted, NULL);
  g_assert_nonnull (f->actual->error);
  g_assert_true (f->actual->active);
  refuse (f, TBUS_OP_SEND_RING, 0);
  round_trip (f, f->wanted, "");
  round_trip (f, NULL, "disable h1, wait /, release h1");
}

/* After the session was active an app takes no channel any more: trying again is for those that were never started. */
static void
a_refused_channel_is_tried_again_by_the_next_start (Fixture *f, gconstpointer data)
{
  refuse (f, TBUS_OP_SEND_RING, -EINVAL);
  round_trip (f, f->wanted, NULL);
  refuse (f, TBUS_OP_SEND_RING, 0);
  tbus_app_session_retry (f->actual);
  round_trip (f, f->wanted, "send-ring h1 s2 0, send-ring h1 s3 1");
}

static void
an_app_that_goes_meanwhile_is_no_error (Fixture *f, gconstpointer data) /* B23, B24 */
{
  want_rule (f, 0, 0, TRUE);
  for (TbusOp op = TBUS_OP_CREATE_SESSION; op <= TBUS_OP_RELEASE; op++)
    {
      refuse (f, op, -EPIPE);
      round_trip (f, f->wanted, NULL);
      g_assert_no_error (f->actual->error);
      g_assert_cmpuint (f->actual->warnings->len, ==, 0);
    }
}

/* Nothing can be done about it, and what is not there in our books is not asked for again. */
static void
a_refused_release_is_one_all_the_same (Fixture *f, gconstpointer data)
{
  round_trip (f, f->wanted, NULL);
  refuse (f, TBUS_OP_RELEASE, -EINVAL);
  round_trip (f, NULL, "release h2, release h3, release h1");
  g_assert_false (f->actual->there);
  g_assert_null (f->actual->set);
  round_trip (f, NULL, "");
}

/* An app gives out its handles itself, and need not be honest: every object has the same. */
static void
handles_that_are_not_distinct_do_no_harm (Fixture *f, gconstpointer data)
{
  g_ptr_array_add (f->contexts, context ("vpid"));
  for (guint32 handle = 0; handle < 2; handle++)
    {
      g_autoptr(TbusJob) job = tbus_job_new (f->tracee);
      TbusPlan plan;

      wanted_channel (f, 0)->contexts = wanted_channel (f, 1)->contexts = f->contexts;
      want_rule (f, 0, handle, TRUE);
      want_rule (f, 1, handle, TRUE);
      f->wanted->active = handle == 0;
      plan = tbus_reconcile (f->wanted, f->actual, job);
      for (guint i = 1; i < job->slots->len; i++)
        if (g_array_index (job->slots, guint32, i) == TBUS_SLOT_VOID)
          g_array_index (job->slots, guint32, i) = handle;
      tbus_reconcile_apply (&plan, job, f->actual);
    }
  round_trip (f, NULL, NULL);
  g_assert_false (f->actual->there);
}

/* Whatever is wanted next, one round gets there, and a second finds nothing left to do. */
static void
one_round_gets_there_whatever_is_wanted (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < N_CONTEXTS; i++)
    g_ptr_array_add (f->contexts, context (i == 0 ? "vpid" : "vtid"));
  for (guint i = 0; i < N_CHANNELS; i++)
    wanted_channel (f, i)->contexts = f->contexts;
  for (guint i = 0; i < N_RULES; i++)
    want_rule (f, i % N_CHANNELS, i, FALSE);
  for (guint round = 0; round < ROUNDS; round++)
    {
      f->wanted->active = g_test_rand_bit ();
      for (guint i = 0; i < N_CHANNELS; i++)
        {
          wanted_channel (f, i)->enabled = g_test_rand_bit ();
          for (guint j = 0; j < wanted_channel (f, i)->rules->len; j++)
            g_array_index (wanted_channel (f, i)->rules, TbusWantedRule, j).enabled = g_test_rand_bit ();
        }
      round_trip (f, f->wanted, NULL);
      round_trip (f, f->wanted, "");
      g_assert_cmpint (f->actual->active, ==, f->wanted->active);
      for (guint i = 0; i < N_CHANNELS; i++)
        g_assert_cmpint (g_array_index (f->actual->channels, TbusAppChannel, i).enabled, ==,
                         wanted_channel (f, i)->enabled);
      if (g_test_rand_int_range (0, 20) != 0)
        continue;
      round_trip (f, NULL, NULL);
      round_trip (f, NULL, "");
      tbus_app_session_set_set (f->actual, f->set);
    }
}

#define ADD(name, func) g_test_add ("/core/reconcile/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("a-new-app-gets-everything-in-the-order-that-the-tracer-wants",
       a_new_app_gets_everything_in_the_order_that_the_tracer_wants);
  ADD ("an-inactive-session-is-not-started", an_inactive_session_is_not_started);
  ADD ("a-disabled-channel-is-made-and-then-disabled", a_disabled_channel_is_made_and_then_disabled);
  ADD ("a-disabled-rule-is-made-when-it-is-enabled", a_disabled_rule_is_made_when_it_is_enabled);
  ADD ("a-new-rule-is-all-that-is-asked-for", a_new_rule_is_all_that_is_asked_for);
  ADD ("what-was-there-is-released-from-the-leaves-on", what_was_there_is_released_from_the_leaves_on);
  ADD ("several-sessions-share-a-job", several_sessions_share_a_job);
  ADD ("a-refused-rule-costs-only-itself", a_refused_rule_costs_only_itself);
  ADD ("a-refused-rule-is-tried-again-by-the-next-start", a_refused_rule_is_tried_again_by_the_next_start);
  ADD ("a-refused-session-is-the-apps-error", a_refused_session_is_the_apps_error);
  ADD ("a-refused-channel-costs-its-rules-only", a_refused_channel_costs_its_rules_only);
  ADD ("a-refused-channel-is-tried-again-by-the-next-start", a_refused_channel_is_tried_again_by_the_next_start);
  ADD ("an-app-that-goes-meanwhile-is-no-error", an_app_that_goes_meanwhile_is_no_error);
  ADD ("a-refused-release-is-one-all-the-same", a_refused_release_is_one_all_the_same);
  ADD ("handles-that-are-not-distinct-do-no-harm", handles_that_are_not_distinct_do_no_harm);
  ADD ("one-round-gets-there-whatever-is-wanted", one_round_gets_there_whatever_is_wanted);
  return g_test_run ();
}
