/* SPDX-License-Identifier: GPL-2.0-only */
/* Where an app's buffers come from, who shares them, and what becomes of them. */
#include "base/cpus.h"
#include "base/error.h"
#include "base/fd-budget.h"
#include "base/quota.h"
#include "base/thread.h"
#include "core/break-offs.h"
#include "fixture.h"

#include <stdio.h>

/* What the app's channel stands for. */
static TbusBufferSet *
set_of (Fixture *f, TbusTracee *tracee)
{
  TbusBinding binding;

  g_assert_true (tbus_tracee_index_lookup (f->index, tracee, fake_tracer_get_channel (f->tracer, tracee, "channel0"),
                                           &binding));
  g_assert_cmpuint (binding.channel, ==, 0);
  return binding.set;
}

static void
apps_of_one_user_share_buffers_and_classes (Fixture *f, gconstpointer data) /* B3, B4, B5, B9 */
{
  TbusTracee *first = fixture_app (f, 100), *second = fixture_app (f, 101);
  TbusTracee *other = fake_tracer_register (f->tracer, &(FakeApp){ .pid = 102, .uid = BOB });
  TbusSessionRequest request = { .name = "a", .owner = ALICE, .group = ALICE, .output = "/fake/a", .all_users = TRUE };
  TbusSession *session = fixture_create_full (f, &request);
  TbusBufferSet *a, *b, *c;

  fixture_enable (session, "", "tick:*");
  fixture_start (session);
  g_assert_cmpuint (fake_consumer_count_sets (fixture_consumer (f)), ==, 2);
  g_assert_nonnull (fake_consumer_get_set (fixture_consumer (f), "ust/uid/1000/64-bit"));
  g_assert_nonnull (fake_consumer_get_set (fixture_consumer (f), "ust/uid/1001/64-bit"));
  a = set_of (f, first);
  b = set_of (f, second);
  c = set_of (f, other);
  g_assert_true (a == b);
  g_assert_true (a != c);
  tbus_buffer_set_unref (a);
  tbus_buffer_set_unref (b);
  tbus_buffer_set_unref (c);
}

static void
bitnesses_have_buffers_of_their_own (Fixture *f, gconstpointer data) /* B3, B9, B10 */
{
  TbusSession *session;

  fixture_app (f, 100);
  fake_tracer_register (f->tracer, &(FakeApp){ .pid = 101, .uid = ALICE, .bits = 32 });
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_assert_nonnull (session);
  g_assert_nonnull (fake_consumer_get_set (fixture_consumer (f), "ust/uid/1000/64-bit"));
  g_assert_nonnull (fake_consumer_get_set (fake_pool_get (f->pool, ALICE, 32), "ust/uid/1000/32-bit"));
}

static void
processes_have_buffers_of_their_own (Fixture *f, gconstpointer data) /* B3, B9 */
{
  g_autofree char *log = NULL;
  g_auto(GStrv) rows = NULL;

  fake_tracer_register (f->tracer, &(FakeApp){ .pid = 100, .uid = ALICE, .name = "tick" });
  fake_tracer_register (f->tracer, &(FakeApp){ .pid = 101, .uid = ALICE, .name = "../a\tb" });
  fake_tracer_register (f->tracer, &(FakeApp){ .pid = 102, .uid = ALICE, .name = "" });
  fake_tracer_register (f->tracer, &(FakeApp){ .pid = 103, .uid = ALICE, .name = "caf\xff" });
  fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  log = fake_consumer_take_log_of (fixture_consumer (f), FAKE_ADD_SET);
  rows = g_strsplit (log, ", ", -1);
  g_assert_cmpuint (g_strv_length (rows), ==, 4);
  g_assert_true (g_regex_match_simple ("^add-set [0-9]+ ust/pid/tick-100-[0-9]{8}-[0-9]{6}$", rows[0], 0, 0));
  g_assert_true (g_regex_match_simple ("^add-set [0-9]+ ust/pid/_._a_b-101-[0-9]{8}-[0-9]{6}$", rows[1], 0, 0));
  g_assert_true (g_regex_match_simple ("^add-set [0-9]+ ust/pid/_-102-[0-9]{8}-[0-9]{6}$", rows[2], 0, 0));
  g_assert_true (g_regex_match_simple ("ust/pid/caf\xef\xbf\xbd-103-[0-9]{8}-[0-9]{6}$", rows[3], 0, 0));
}

static void
the_preamble_says_the_abi_of_the_app (Fixture *f, gconstpointer data) /* B4 */
{
  FakeConsumer *consumer = fake_pool_get (f->pool, ALICE, 32);
  TbusSession *session;
  const FakeSet *set;

  fake_tracer_register (f->tracer, &(FakeApp){ .pid = 101, .uid = ALICE, .bits = 32 });
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  fixture_stop (session);
  set = fake_consumer_get_set (consumer, NULL);
  g_assert_true (g_str_has_prefix (set->metadata->str, "/* CTF 1.8 */"));
  g_assert_nonnull (strstr (set->metadata->str, "align = 32; signed = false; } := unsigned long;"));
  g_assert_nonnull (strstr (set->metadata->str, "byte_order = le"));
  g_assert_nonnull (strstr (set->metadata->str, "architecture_bit_width = 32;"));
}

static void
shared_rings_keep_their_writers (Fixture *f, gconstpointer data) /* B5, B7 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  FakeConsumer *consumer = fixture_consumer (f);

  g_assert_true (fake_channel_has_writers (fake_consumer_get_channel (consumer, NULL, "channel0")));
  fake_tracer_hang_up (f->tracer, tracee);
  fixture_settle ();
  g_assert_true (fake_channel_has_writers (fake_consumer_get_channel (consumer, NULL, "channel0")));
  g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 1); /* the registry outlives its apps */
  fixture_destroy (session);
  g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 0);
}

static void
handed_over_rings_have_no_writer_but_the_app (Fixture *f, gconstpointer data) /* B5 */
{
  fixture_app (f, 100);
  fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  g_assert_false (fake_channel_has_writers (fake_consumer_get_channel (fixture_consumer (f), NULL, "channel0")));
}

static void
charges_what_it_holds (Fixture *f, gconstpointer data) /* B6 */
{
  guint before = tbus_fd_budget_used ();
  TbusSession *session;

  fixture_app (f, 100);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before + 2);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before + 2 + 1 + tbus_ring_cost (2));
  fixture_destroy (session);
  fixture_settle ();
}

/* The second of two channels cannot be made: what was made is undone, on both sides, and asked for once only. */
static void
half_made_buffers_are_undone (Fixture *f, gconstpointer data) /* B6 */
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session = fixture_create (f, "a");
  guint before;
  g_auto(Call) call = { FALSE };

  fixture_app (f, 100);
  fixture_settle ();
  fixture_add_channel (session, "one", TBUS_BUFFER_USER);
  fixture_add_channel (session, "two", TBUS_BUFFER_USER);
  before = tbus_fd_budget_used ();
  fake_consumer_fail (consumer, FAKE_ADD_CHANNEL, TBUS_ERROR_EXHAUSTED, 1);
  g_free (fake_consumer_take_log (consumer));
  tbus_session_start_async (session, NULL, call_done, &call);
  call_expect (&call, "applied 0, failed 1, pending 0");
  g_assert_cmpstr (call_get_warning (&call), ==, "add-channel refused: the test wants it");
  fixture_settle ();
  fixture_expect_consumer (consumer, "open-output*, resume*, "
                                     "add-set*, add-channel * one, add-channel * two, close-set *");
  g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 0);
  g_assert_cmpuint (fake_consumer_count_channels (consumer), ==, 0);
  g_assert_cmpuint (tbus_consumer_get_channels (TBUS_CONSUMER (consumer)), ==, 0);
  rcu_barrier ();
  rcu_barrier ();
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before);
  fake_consumer_fail (consumer, FAKE_ADD_CHANNEL, -1, 0);
}

static void
what_failed_is_tried_again_by_the_next_start_alone (Fixture *f, gconstpointer data) /* B6, B26 */
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session;

  fake_consumer_fail (consumer, FAKE_ADD_SET, TBUS_ERROR_EXHAUSTED, 0);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  fake_consumer_fail (consumer, FAKE_ADD_SET, -1, 0);
  fixture_enable (session, "", "tock:*");
  fixture_expect_app (f, tracee, "");
  fixture_stop (session);
  fixture_expect_app (f, tracee, "");
  fixture_start (session);
  fixture_expect_app (f, tracee, "session(channel0(tick:* tock:*))");
}

static void
an_exhausted_budget_is_the_callers_error (Fixture *f, gconstpointer data) /* B6 */
{
  TbusSession *session = fixture_create (f, "a");
  guint before;
  g_auto(Call) call = { FALSE };

  fixture_app (f, 100);
  fixture_settle ();
  fixture_add_channel (session, "one", TBUS_BUFFER_USER);
  before = tbus_fd_budget_used ();
  tbus_fd_budget_set_total (before + 1 + tbus_ring_cost (2) - 1); /* its log, and not quite its ring */
  tbus_session_start_async (session, NULL, call_done, &call);
  call_expect (&call, "applied 0, failed 1, pending 0");
  g_assert_nonnull (strstr (call_get_warning (&call), "A channel needs 7 descriptors"));
  tbus_fd_budget_set_total (G_MAXINT);
  rcu_barrier ();
  rcu_barrier ();
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before);
}

/* What the second set would pass; all of it is given back with the session. */
static void
assert_share_is_kept (Fixture *f, TbusLimit limit, guint64 of_one_set)
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) call = { FALSE }, gone = { FALSE };
  g_autofree char *sentence = NULL;

  tbus_limit_set (limit, 2 * of_one_set - 1);
  sentence = tbus_limit_describe (limit);
  fixture_add_channel (session, "one", TBUS_BUFFER_PROCESS);
  fixture_app (f, 100);
  fixture_app (f, 101);
  fixture_settle ();
  tbus_session_start_async (session, NULL, call_done, &call);
  call_expect (&call, "applied 1, failed 1, pending 0");
  g_assert_nonnull (strstr (call_get_warning (&call), sentence));
  g_assert_cmpuint (tbus_quota_used (limit, ALICE), ==, of_one_set);
  tbus_session_destroy_async (session, TRUE, call_done, &gone);
  call_expect (&gone, "applied 2, failed 0, pending 0");
  g_assert_cmpuint (tbus_quota_used (limit, ALICE), ==, 0);
  tbus_limits_reset ();
}

static void
a_users_share_of_memory_is_kept (Fixture *f, gconstpointer data)
{
  assert_share_is_kept (f, TBUS_LIMIT_BUFFER_MEMORY, (guint64) (16 << 10) * 5 * tbus_cpus_possible ());
}

static void
a_users_share_of_descriptors_is_kept (Fixture *f, gconstpointer data)
{
  assert_share_is_kept (f, TBUS_LIMIT_DESCRIPTORS, 1 + tbus_ring_cost (tbus_cpus_possible ()));
}

static void
a_log_that_cannot_be_had_is_that_apps_error (Fixture *f, gconstpointer data) /* B6 */
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) call = { FALSE };

  fixture_app (f, 100);
  fixture_settle ();
  fixture_add_channel (session, "one", TBUS_BUFFER_USER);
  tbus_fd_budget_set_total (tbus_fd_budget_used ());
  tbus_session_start_async (session, NULL, call_done, &call);
  call_expect (&call, "applied 0, failed 1, pending 0");
  g_assert_nonnull (strstr (call_get_warning (&call), "A metadata log needs 1 descriptors"));
  tbus_fd_budget_set_total (G_MAXINT);
}

/* As the tracer's library does where a process has no descriptors left: it would go on like that for ever. */
static TbusTracee *
break_off_again_and_again (Fixture *f)
{
  TbusTracee *tracee;

  for (guint i = 0; i < TBUS_MAX_BREAK_OFFS; i++)
    {
      tracee = fixture_app (f, 100);
      fake_tracer_die_at (f->tracer, tracee, TBUS_OP_SEND_RING);
      fixture_settle ();
    }
  fixture_expect_warning ("Session \"a\": Process 100 (*) ended its connection 3 times in a row *");
  tracee = fixture_app (f, 100);
  fixture_settle ();
  fixture_expect_asked (f, tracee, "version, done");
  return tracee;
}

static void
a_process_that_breaks_off_again_and_again_is_let_go_without_buffers (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  GPtrArray *problems = tbus_session_get_problems (session);
  TbusTracee *tracee = break_off_again_and_again (f);

  fixture_app (f, 101);
  fixture_settle ();
  g_assert_cmpuint (problems->len, ==, 1);
  g_assert_cmpstr (((TbusProblem *) g_ptr_array_index (problems, 0))->code, ==, "app-failed");
  fixture_stop (session);
  fixture_start (session);
  g_assert_cmpuint (problems->len, ==, 0);
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
}

static void
a_process_that_broke_off_is_recorded_by_the_next_session (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  TbusTracee *tracee = break_off_again_and_again (f);

  fixture_stop (session);
  fixture_start_simple (f, "b", TBUS_BUFFER_PROCESS);
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
}

/* It execs: the one that answers is gone before it has answered. */
static void
a_process_that_becomes_another_again_and_again_is_recorded (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee;

  fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  for (guint i = 0; i <= TBUS_MAX_BREAK_OFFS; i++)
    {
      fake_tracer_die_at (f->tracer, fixture_app (f, 100), TBUS_OP_REGISTER_DONE);
      fixture_settle ();
    }
  tracee = fixture_app (f, 100);
  fixture_settle ();
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
}

static void
no_consumer_for_its_bitness_fails_that_app_alone (Fixture *f, gconstpointer data) /* B10 */
{
  TbusTracee *wide = fixture_app (f, 100);
  TbusTracee *narrow = fake_tracer_register (f->tracer, &(FakeApp){ .pid = 101, .uid = ALICE, .bits = 32 });
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) call = { FALSE };

  fake_pool_refuse (f->pool, 32);
  fixture_enable (session, "", "tick:*");
  tbus_session_start_async (session, NULL, call_done, &call);
  call_expect (&call, "applied 1, failed 1, pending 0");
  g_assert_cmpstr (call_get_warning (&call), ==, "There is no 32-bit consumer");
  fixture_expect_app (f, wide, "session(channel0(tick:*))");
  fixture_expect_app (f, narrow, "");
}

/* The 32-bit consumer cannot open the output: its app fails, and the next Start tries once more without failing. */
static void
an_output_that_one_consumer_cannot_open_costs_its_apps_only (Fixture *f, gconstpointer data) /* B10 */
{
  TbusTracee *narrow = fake_tracer_register (f->tracer, &(FakeApp){ .pid = 101, .uid = ALICE, .bits = 32 });
  FakeConsumer *consumer = fake_pool_get (f->pool, ALICE, 32);
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) first = { FALSE }, second = { FALSE };

  fake_consumer_fail (consumer, FAKE_OPEN_OUTPUT, TBUS_ERROR_OUTPUT_UNAVAILABLE, 0);
  fixture_enable (session, "", "tick:*");
  tbus_session_start_async (session, NULL, call_done, &first);
  call_expect (&first, "applied 0, failed 1, pending 0");
  g_assert_cmpstr (call_get_warning (&first), ==, "open-output refused: the test wants it");
  fixture_stop (session);
  fake_consumer_fail (consumer, FAKE_OPEN_OUTPUT, -1, 0);
  tbus_session_start_async (session, NULL, call_done, &second);
  call_expect (&second, "applied 1, failed 0, pending 0");
  fixture_expect_app (f, narrow, "session(channel0(tick:*))");
}

static void
keys_are_given_once_and_never_0 (Fixture *f, gconstpointer data) /* B1, B2 */
{
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint64 ids[2];

  fixture_app (f, 100);
  fixture_app (f, 101);
  for (guint i = 0; i < 2; i++)
    {
      TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
      g_autoptr(GPtrArray) rows = tbus_session_list_registries (session);

      g_assert_cmpuint (rows->len, ==, 2);
      for (guint j = 0; j < rows->len; j++)
        {
          const TbusRegistryInfo *row = g_ptr_array_index (rows, j);
          const TbusRegistryChannelInfo *channel = &g_array_index (row->channels, TbusRegistryChannelInfo, 0);

          g_assert_cmpuint (row->metadata_key, !=, 0);
          g_assert_cmpuint (channel->key, !=, 0);
          g_assert_cmpuint (channel->id, ==, 0); /* what apps call it */
          g_assert_true (g_hash_table_add (seen, GSIZE_TO_POINTER (row->metadata_key)));
          g_assert_true (g_hash_table_add (seen, GSIZE_TO_POINTER (channel->key)));
        }
      ids[i] = tbus_channel_get_id (tbus_session_find_channel (session, "channel0"));
      fixture_destroy (session);
    }
  g_assert_cmpuint (ids[0], !=, ids[1]);
}

static void
the_metadata_channel_stays_with_the_consumer (Fixture *f, gconstpointer data) /* B18, B22 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_create (f, "a");
  TbusChannelConfig config;

  tbus_channel_config_init (&config, TBUS_BUFFER_USER, TRUE);
  config.switch_timer_us = 200000;
  fixture_add_channel_full (session, "metadata", &config);
  fixture_enable (session, "", "tick:*");
  fixture_start (session);
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
  g_assert_cmpuint (fake_consumer_count_channels (fixture_consumer (f)), ==, 1);
  g_assert_cmpuint (fake_consumer_get_set (fixture_consumer (f), NULL)->metadata_timer_us, ==, 200000);
}

static void
without_one_its_defaults_apply (Fixture *f, gconstpointer data) /* B22 */
{
  fixture_app (f, 100);
  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_assert_cmpuint (fake_consumer_get_set (fixture_consumer (f), NULL)->metadata_timer_us, ==, 0);
}

/* Its first request may come before the answer to add-set: the key is known by then. */
static void
a_consumer_may_ask_for_metadata_before_the_set_is_made (Fixture *f, gconstpointer data) /* B17, B22 */
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) call = { FALSE };
  g_autofree char *log = NULL;
  guint64 set;

  fixture_app (f, 100);
  fixture_settle ();
  fixture_enable (session, "", "tick:*");
  g_free (fake_consumer_take_log (consumer));
  tbus_session_start_async (session, NULL, call_done, &call);
  fake_consumer_answer (consumer, 2); /* open-output, read-clock */
  fake_consumer_hold (consumer, TRUE);
  log = fake_consumer_take_log_of (consumer, FAKE_ADD_SET);
  g_assert_cmpint (sscanf (log, "add-set %" G_GUINT64_FORMAT, &set), ==, 1);
  g_signal_emit_by_name (consumer, "metadata-wanted", set);
  fixture_expect_consumer (consumer, "push * 0+*");
  fake_consumer_hold (consumer, FALSE);
  call_expect (&call, "applied 1, failed 0, pending 0");
}

static void
a_failure_resets_the_metadata_key (Fixture *f, gconstpointer data) /* B22 */
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session;
  g_autofree char *log = NULL;
  g_autoptr(GPtrArray) rows = NULL;
  guint64 set;

  fixture_app (f, 100);
  fake_consumer_fail (consumer, FAKE_ADD_CHANNEL, TBUS_ERROR_EXHAUSTED, 0);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  log = fake_consumer_take_log_of (consumer, FAKE_ADD_SET);
  g_assert_cmpint (sscanf (log, "add-set %" G_GUINT64_FORMAT, &set), ==, 1);
  g_signal_emit_by_name (consumer, "metadata-wanted", set); /* a late tick finds nothing and costs nothing */
  fixture_expect_consumer (consumer, "");
  rows = tbus_session_list_registries (session);
  g_assert_cmpuint (rows->len, ==, 0);
}

static void
a_request_carries_the_attributes_of_its_channel (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  TbusChannelConfig config;
  const TbusChannelRequest *request;

  fixture_app (f, 100);
  tbus_channel_config_init (&config, TBUS_BUFFER_USER, FALSE);
  config.subbuf_size = 8192;
  config.num_subbuf = 8;
  config.overwrite = TRUE;
  config.switch_timer_us = 1;
  config.read_timer_us = 2;
  config.monitor_timer_us = 3;
  config.tracefile_size = 16384;
  config.tracefile_count = 5;
  fixture_add_channel (session, "first", TBUS_BUFFER_USER);
  fixture_add_channel_full (session, "second", &config);
  fixture_start (session);
  request = &fake_consumer_get_channel (fixture_consumer (f), NULL, "second")->request;
  g_assert_cmpuint (request->chan_id, ==, 1);
  g_assert_cmpuint (request->subbuf_size, ==, 8192);
  g_assert_cmpuint (request->num_subbuf, ==, 8);
  g_assert_true (request->overwrite);
  g_assert_cmpuint (request->switch_timer_us, ==, 1);
  g_assert_cmpuint (request->read_timer_us, ==, 2);
  g_assert_cmpuint (request->monitor_timer_us, ==, 3);
  g_assert_cmpuint (request->tracefile_size, ==, 16384);
  g_assert_cmpuint (request->tracefile_count, ==, 5);
  g_assert_cmpint (request->blocking_timeout_us, ==, 0);
}

#define ADD(name, func) FIXTURE_ADD ("/core/buffers/" name, func)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  ADD ("apps-of-one-user-share-buffers-and-classes", apps_of_one_user_share_buffers_and_classes);
  ADD ("bitnesses-have-buffers-of-their-own", bitnesses_have_buffers_of_their_own);
  ADD ("processes-have-buffers-of-their-own", processes_have_buffers_of_their_own);
  ADD ("the-preamble-says-the-abi-of-the-app", the_preamble_says_the_abi_of_the_app);
  ADD ("shared-rings-keep-their-writers", shared_rings_keep_their_writers);
  ADD ("handed-over-rings-have-no-writer-but-the-app", handed_over_rings_have_no_writer_but_the_app);
  ADD ("charges-what-it-holds", charges_what_it_holds);
  ADD ("half-made-buffers-are-undone", half_made_buffers_are_undone);
  ADD ("what-failed-is-tried-again-by-the-next-start-alone", what_failed_is_tried_again_by_the_next_start_alone);
  ADD ("an-exhausted-budget-is-the-callers-error", an_exhausted_budget_is_the_callers_error);
  ADD ("a-users-share-of-memory-is-kept", a_users_share_of_memory_is_kept);
  ADD ("a-users-share-of-descriptors-is-kept", a_users_share_of_descriptors_is_kept);
  ADD ("a-log-that-cannot-be-had-is-that-apps-error", a_log_that_cannot_be_had_is_that_apps_error);
  ADD ("a-process-that-breaks-off-again-and-again-is-let-go-without-buffers",
       a_process_that_breaks_off_again_and_again_is_let_go_without_buffers);
  ADD ("a-process-that-broke-off-is-recorded-by-the-next-session",
       a_process_that_broke_off_is_recorded_by_the_next_session);
  ADD ("a-process-that-becomes-another-again-and-again-is-recorded",
       a_process_that_becomes_another_again_and_again_is_recorded);
  ADD ("no-consumer-for-its-bitness-fails-that-app-alone", no_consumer_for_its_bitness_fails_that_app_alone);
  ADD ("an-output-that-one-consumer-cannot-open-costs-its-apps-only",
       an_output_that_one_consumer_cannot_open_costs_its_apps_only);
  ADD ("keys-are-given-once-and-never-0", keys_are_given_once_and_never_0);
  ADD ("the-metadata-channel-stays-with-the-consumer", the_metadata_channel_stays_with_the_consumer);
  ADD ("without-one-its-defaults-apply", without_one_its_defaults_apply);
  ADD ("a-consumer-may-ask-for-metadata-before-the-set-is-made",
       a_consumer_may_ask_for_metadata_before_the_set_is_made);
  ADD ("a-failure-resets-the-metadata-key", a_failure_resets_the_metadata_key);
  ADD ("a-request-carries-the-attributes-of-its-channel", a_request_carries_the_attributes_of_its_channel);
  return g_test_run ();
}
