/* SPDX-License-Identifier: GPL-2.0-only */
#include "fixture.h"

#include "base/error.h"
#include "base/fd-budget.h"
#include "base/log-rate.h"
#include "base/thread.h"

#include <urcu.h>

static GQueue warnings = G_QUEUE_INIT; /* of char *: patterns of those that are expected */

static const char *
message_of (const GLogField *fields, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      return fields[i].value;
  return "";
}

/* Structured lines do not meet g_test_expect_message(). */
static GLogWriterOutput
on_log (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  const char *pattern = g_queue_peek_head (&warnings);

  if ((level & G_LOG_LEVEL_WARNING) == 0 || pattern == NULL
      || !g_pattern_match_simple (pattern, message_of (fields, n)))
    return g_log_writer_default (level, fields, n, data);
  g_free (g_queue_pop_head (&warnings));
  return G_LOG_WRITER_HANDLED;
}

void
fixture_expect_warning (const char *pattern)
{
  g_queue_push_tail (&warnings, g_strdup (pattern));
}

void
fixture_set_up (Fixture *self, gconstpointer data)
{
  static gboolean listening;

  if (!listening)
    g_log_set_writer_func (on_log, NULL, NULL);
  listening = TRUE;
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL); /* operators are warned of problems */
  self->fds = tbus_fd_budget_used ();
  self->index = tbus_tracee_index_new ();
  self->tracer = fake_tracer_new (self->index);
  self->pool = fake_pool_new ();
  self->core = tbus_core_new (self->index);
  self->sessions = tbus_core_get_sessions (self->core);
  self->apps = tbus_core_get_apps (self->core);
  fake_tracer_set_core (self->tracer, self->core);
  tbus_core_plug (self->core, fake_tracer_get_port (self->tracer), fake_pool_get_port (self->pool));
}

static void
on_shut_down (GObject *source, GAsyncResult *result, gpointer data)
{
  tbus_core_shutdown_finish (TBUS_CORE (source), result);
  *(gboolean *) data = TRUE;
}

static void
expect_nothing_left (Fixture *self)
{
  GPtrArray *consumers = tbus_core_get_consumers (self->core);

  g_assert_cmpuint (tbus_session_set_count (self->sessions), ==, 0);
  g_assert_cmpuint (tbus_app_set_count (self->apps), ==, 0);
  g_assert_cmpuint (tbus_tracee_index_count (self->index), ==, 0);
  for (guint i = 0; i < consumers->len; i++)
    {
      FakeConsumer *consumer = g_ptr_array_index (consumers, i);

      g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 0);
      g_assert_cmpuint (fake_consumer_count_channels (consumer), ==, 0);
      g_assert_cmpuint (fake_consumer_count_outputs (consumer), ==, 0);
      g_assert_cmpuint (tbus_consumer_get_channels (TBUS_CONSUMER (consumer)), ==, 0);
      g_assert_cmpuint (tbus_consumer_get_streams (TBUS_CONSUMER (consumer)), ==, 0);
    }
}

void
fixture_tear_down (Fixture *self, gconstpointer data)
{
  gboolean shut_down = FALSE;

  fixture_settle ();
  fake_tracer_hang_up_all (self->tracer);
  tbus_core_shutdown_async (self->core, on_shut_down, &shut_down);
  fixture_run_until (&shut_down);
  fixture_settle ();
  expect_nothing_left (self);
  g_assert_true (g_queue_is_empty (&warnings));
  tbus_log_rate_flush (); /* the next test may say as much */
  g_assert_finalize_object (self->core);
  fake_pool_free (self->pool);
  fake_tracer_free (self->tracer);
  tbus_tracee_index_free (self->index);
  rcu_barrier ();
  rcu_barrier (); /* what was freed by callbacks of the first */
  g_assert_cmpuint (tbus_fd_budget_used (), ==, self->fds);
}

void
fixture_settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
fixture_run_until (const gboolean *flag)
{
  while (!*flag)
    g_main_context_iteration (NULL, TRUE);
}

/* Methods. */

void
call_done (GObject *source, GAsyncResult *result, gpointer call)
{
  Call *self = call;

  g_assert_false (self->done); /* exactly once */
  self->done = TRUE;
  self->operation = tbus_session_operation_finish (TBUS_SESSION (source), result, &self->error);
}

void
call_flushed (GObject *source, GAsyncResult *result, gpointer call)
{
  Call *self = call;

  g_assert_false (self->done);
  self->done = TRUE;
  tbus_session_flush_finish (TBUS_SESSION (source), result, &self->error);
}

void
call_pushed (GObject *source, GAsyncResult *result, gpointer call)
{
  Call *self = call;

  g_assert_false (self->done);
  self->done = TRUE;
  tbus_session_push_metadata_finish (TBUS_SESSION (source), result, &self->bytes, &self->error);
}

void
call_clear (Call *self)
{
  g_clear_object (&self->operation);
  g_clear_error (&self->error);
  self->done = FALSE;
}

void
call_expect (Call *self, const char *outcome)
{
  const TbusOutcome *got;
  g_autofree char *text = NULL;

  fixture_run_until (&self->done);
  g_assert_no_error (self->error);
  got = tbus_operation_get_outcome (self->operation);
  text = g_strdup_printf ("applied %u, failed %u, pending %u", got->apps_applied, got->apps_failed,
                          got->apps_pending->len);
  g_assert_cmpstr (text, ==, outcome);
}

const char *
call_expect_error (Call *self, TbusError code)
{
  fixture_run_until (&self->done);
  g_assert_error (self->error, TBUS_ERROR, (int) code);
  return self->error->message;
}

const char *
call_get_warning (Call *self)
{
  const TbusOutcome *outcome = tbus_operation_get_outcome (self->operation);

  g_assert_cmpuint (outcome->warnings->len, ==, 1);
  return g_ptr_array_index (outcome->warnings, 0);
}

typedef struct {
  gboolean done;
  TbusSession *session;
} Creation;

static void
on_created (GObject *source, GAsyncResult *result, gpointer data)
{
  Creation *creation = data;
  g_autoptr(GError) error = NULL;

  creation->done = TRUE;
  creation->session = tbus_session_set_create_finish (TBUS_SESSION_SET (source), result, &error);
  g_assert_no_error (error);
}

TbusSession *
fixture_create_full (Fixture *self, const TbusSessionRequest *request)
{
  Creation creation = { FALSE, NULL };

  tbus_session_set_create_async (self->sessions, request, NULL, on_created, &creation);
  fixture_run_until (&creation.done);
  g_object_unref (creation.session); /* the set has one */
  return creation.session;
}

TbusSession *
fixture_create (Fixture *self, const char *name)
{
  g_autofree char *output = g_strdup_printf ("/fake/%s", name);
  TbusSessionRequest request = { .name = name, .owner = ALICE, .group = ALICE, .output = output };

  return fixture_create_full (self, &request);
}

TbusChannel *
fixture_add_channel_full (TbusSession *session, const char *name, const TbusChannelConfig *config)
{
  g_autoptr(GError) error = NULL;
  TbusChannel *channel = tbus_session_add_channel (session, name, config, &error);

  g_assert_no_error (error);
  return channel;
}

TbusChannel *
fixture_add_channel (TbusSession *session, const char *name, TbusBufferOwnership ownership)
{
  TbusChannelConfig config;

  tbus_channel_config_init (&config, ownership, FALSE);
  return fixture_add_channel_full (session, name, &config);
}

TbusEventRule *
fixture_rule (const char *pattern)
{
  g_autoptr(GError) error = NULL;
  TbusEventRule *rule = tbus_event_rule_new (pattern, TBUS_LOGLEVEL_ALL, -1, &error);

  g_assert_no_error (error);
  return rule;
}

static void
finish_well (Call *call)
{
  fixture_run_until (&call->done);
  g_assert_no_error (call->error);
}

void
fixture_enable (TbusSession *session, const char *channel, const char *pattern)
{
  g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_event_rule_unref);
  g_auto(Call) call = { FALSE };

  g_ptr_array_add (rules, fixture_rule (pattern));
  tbus_session_enable_events_async (session, channel, rules, NULL, call_done, &call);
  finish_well (&call);
}

void
fixture_disable (TbusSession *session, const char *channel, const char *pattern)
{
  g_auto(Call) call = { FALSE };

  tbus_session_disable_events_async (session, tbus_session_find_channel (session, channel), pattern, NULL, call_done,
                                     &call);
  finish_well (&call);
}

void
fixture_start (TbusSession *session)
{
  g_auto(Call) call = { FALSE };

  tbus_session_start_async (session, NULL, call_done, &call);
  finish_well (&call);
}

void
fixture_stop (TbusSession *session)
{
  g_auto(Call) call = { FALSE };

  tbus_session_stop_async (session, TRUE, call_done, &call);
  finish_well (&call);
}

void
fixture_destroy (TbusSession *session)
{
  g_auto(Call) call = { FALSE };

  tbus_session_destroy_async (session, TRUE, call_done, &call);
  finish_well (&call);
}

TbusSession *
fixture_start_simple (Fixture *self, const char *name, TbusBufferOwnership ownership)
{
  TbusSession *session = fixture_create (self, name);

  fixture_add_channel (session, TBUS_DEFAULT_CHANNEL, ownership);
  fixture_enable (session, "", "tick:*");
  fixture_start (session);
  return session;
}

FakeConsumer *
fixture_consumer (Fixture *self)
{
  return fake_pool_get (self->pool, ALICE, 64);
}

TbusTracee *
fixture_app (Fixture *self, pid_t pid)
{
  return fake_tracer_register (self->tracer, &(FakeApp){ .pid = pid, .uid = ALICE });
}

void
fixture_expect_app (Fixture *self, TbusTracee *tracee, const char *expected)
{
  g_autofree char *got = fake_tracer_describe (self->tracer, tracee);

  g_assert_cmpstr (got, ==, expected);
}

void
fixture_expect_asked (Fixture *self, TbusTracee *tracee, const char *expected)
{
  g_autofree char *got = fake_tracer_take_log (self->tracer, tracee);

  g_assert_cmpstr (got, ==, expected);
}

void
fixture_expect_consumer (FakeConsumer *consumer, const char *expected)
{
  g_autofree char *got = fake_consumer_take_log (consumer);

  if (!g_pattern_match_simple (expected, got))
    g_assert_cmpstr (got, ==, expected);
}
