/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of a consumer's process: start, hello, death, successor, end. */
#include "support/leak.h"
#include "unit/supervise/fixture.h"

#include <signal.h>
#include <unistd.h>

static void
count_one (TbusConsumer *consumer, gpointer data)
{
  ++*(guint *) data;
}

/* Rule 5: requests made before there is a process wait for it, in order. */
static void
asks_what_was_asked_before_hello (Fixture *f, gconstpointer data)
{
  g_auto(Answer) first = { 0 };
  g_auto(Answer) second = { 0 };

  g_assert_cmpint (tbus_consumer_get_state (f->consumer), ==, TBUS_CONSUMER_STARTING);
  check (f, "/first", &first);
  check (f, "/second", &second);
  g_assert_false (first.done);
  wait_until (first.done || second.done);
  g_assert_true (first.done);
  wait_until (second.done);
  g_assert_cmpstr (first.text, ==, "/first");
  g_assert_cmpstr (second.text, ==, "/second");
  g_assert_cmpint (tbus_consumer_get_state (f->consumer), ==, TBUS_CONSUMER_RUNNING);
}

static void
death_answers_all_in_flight_and_is_told_once (Fixture *f, gconstpointer data)
{
  Answer held[3] = { 0 };
  g_auto(Answer) killer = { 0 };
  guint died = 0, restarts_told = 0;
  pid_t before;

  g_signal_connect (f->consumer, "died", G_CALLBACK (count_one), &died);
  g_signal_connect_swapped (f->consumer, "notify::restarts", G_CALLBACK (g_atomic_int_inc), &restarts_told);
  wait_state (f, TBUS_CONSUMER_RUNNING);
  before = tbus_consumer_get_pid (f->consumer);
  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    check (f, "/hold", &held[i]);
  check_and_wait (f, "/kill", &killer);
  g_assert_cmpint (tbus_consumer_get_state (f->consumer), ==, TBUS_CONSUMER_RESTARTING);
  g_assert_error (killer.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_nonnull (strstr (killer.error->message, "was killed by signal 9"));
  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    {
      g_assert_error (held[i].error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
      answer_clear (&held[i]);
    }
  wait_state (f, TBUS_CONSUMER_RUNNING);
  g_assert_cmpint (tbus_consumer_get_pid (f->consumer), !=, before);
  g_assert_cmpuint (tbus_consumer_get_restarts (f->consumer), ==, 1);
  g_assert_cmpuint (restarts_told, ==, 1);
  g_assert_cmpuint (died, ==, 1);
}

static void
ask_again (TbusConsumer *consumer, gpointer data)
{
  const TbusOutputRequest request = { .session = 1, .path = "/again" };

  TBUS_CONSUMER_GET_CLASS (consumer)->check_output (consumer, &request, on_path, data);
}

/* What core asks when it hears of the death goes to the successor. */
static void
successor_gets_what_is_asked_at_the_death (Fixture *f, gconstpointer data)
{
  g_auto(Answer) killer = { 0 };
  g_auto(Answer) again = { 0 };

  g_signal_connect (f->consumer, "died", G_CALLBACK (ask_again), &again);
  check (f, "/exit/7", &killer);
  wait_until (again.done);
  g_assert_nonnull (strstr (killer.error->message, "exited with status 7"));
  g_assert_cmpstr (again.text, ==, "/again");
  g_signal_handlers_disconnect_by_data (f->consumer, &again);
}

static void
log_names_the_death_and_what_comes_next (Fixture *f, gconstpointer data)
{
  g_auto(Answer) killer = { 0 };
  g_autofree char *text = NULL;

  check_and_wait (f, "/kill", &killer);
  text = take_log ();
  g_assert_nonnull (strstr (text, "was killed by signal 9; starting another in 0 ms"));
}

static void
last_words_are_heard (Fixture *f, gconstpointer data)
{
  g_auto(Answer) held = { 0 };
  g_auto(Answer) last = { 0 };

  check (f, "/hold", &held);
  check (f, "/last-words", &last);
  wait_until (held.done && last.done);
  g_assert_no_error (last.error);
  g_assert_cmpstr (last.text, ==, "/last-words");
  g_assert_error (held.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
}

/* Its successor would be no better: one try, one sentence, and the next use tries again. */
static void
fails_with_a_sentence (Fixture *f, const char *sentence)
{
  g_auto(Answer) waiting = { 0 };
  g_auto(Answer) late = { 0 };

  check_and_wait (f, "/x", &waiting);
  g_assert_error (waiting.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_nonnull (strstr (waiting.error->message, sentence));
  g_assert_cmpint (tbus_consumer_get_state (f->consumer), ==, TBUS_CONSUMER_FAILED);
  g_assert_cmpint (tbus_consumer_get_pid (f->consumer), ==, 0);
  check (f, "/y", &late);
  g_assert_false (late.done);
  wait_until (late.done);
  g_assert_nonnull (strstr (late.error->message, sentence));
  tbus_supervised_consumer_retry (TBUS_SUPERVISED_CONSUMER (f->consumer));
  g_assert_cmpint (tbus_consumer_get_state (f->consumer), ==, TBUS_CONSUMER_STARTING);
  wait_state (f, TBUS_CONSUMER_FAILED);
}

static void
another_version_fails (Fixture *f, gconstpointer data)
{
  fails_with_a_sentence (f, "speaks version 99 of the link, but this service speaks version 1");
}

static void
another_bitness_fails (Fixture *f, gconstpointer data)
{
  fails_with_a_sentence (f, "is a program for 32-bit apps");
}

static void
refused_hello_fails (Fixture *f, gconstpointer data)
{
  fails_with_a_sentence (f, "would not be talked to: What is version 1?");
}

static void
missing_program_fails (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusSpawner) spawner = tbus_spawner_new ("/nonexistent/consumer", NULL);

  f->consumer = TBUS_CONSUMER (tbus_supervised_consumer_new (spawner, getuid (), 64));
  fails_with_a_sentence (f, "/nonexistent/consumer");
}

static void
silence_instead_of_hello_ends_in_a_kill (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  tbus_spawner_get_times (f->spawner)->hello_ms = 10;
  f->consumer = TBUS_CONSUMER (tbus_supervised_consumer_new (f->spawner, getuid (), 64));
  wait_until (tbus_consumer_get_restarts (f->consumer) == 2);
  text = take_log ();
  g_assert_nonnull (strstr (text, "did not say hello within 10 ms and was killed"));
}

static void
event_before_hello_ends_in_a_kill (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  wait_until (tbus_consumer_get_restarts (f->consumer) == 1);
  text = take_log ();
  g_assert_nonnull (strstr (text, "sent a malformed event"));
}

static void
gives_up_after_eight_quick_deaths (Fixture *f, gconstpointer data)
{
  g_auto(Answer) waiting = { 0 };
  g_auto(Answer) again = { 0 };
  gint64 begin = g_get_monotonic_time ();

  tbus_spawner_get_times (f->spawner)->backoff_ms = 1;
  f->consumer = TBUS_CONSUMER (tbus_supervised_consumer_new (f->spawner, getuid (), 64));
  check_and_wait (f, "/x", &waiting);
  g_assert_error (waiting.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_nonnull (strstr (waiting.error->message, "Gave up after 8 quick deaths"));
  g_assert_nonnull (strstr (waiting.error->message, "exited with status 3"));
  g_assert_cmpint (tbus_consumer_get_state (f->consumer), ==, TBUS_CONSUMER_FAILED);
  g_assert_cmpuint (tbus_consumer_get_restarts (f->consumer), ==, 7);
  /* A use tries again, but users that come back at once make no loop of it: 1 + 2 + ... + 32 ms, and 64 for this. */
  tbus_supervised_consumer_retry (TBUS_SUPERVISED_CONSUMER (f->consumer));
  check_and_wait (f, "/y", &again);
  g_assert_error (again.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 127 * G_TIME_SPAN_MILLISECOND);
}

/* Without users a process is not wanted: it sees the end of its link and goes. */
static void
goes_with_its_last_user (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };
  pid_t pid;

  check_and_wait (f, "/x", &answer);
  pid = tbus_consumer_get_pid (f->consumer);
  g_assert_finalize_object (g_steal_pointer (&f->consumer));
  wait_until (kill (pid, 0) < 0);
}

static void
stays_until_all_is_answered (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };
  gpointer watched = f->consumer;

  g_object_add_weak_pointer (watched, &watched);
  check (f, "/x", &answer);
  g_object_unref (g_steal_pointer (&f->consumer));
  g_assert_nonnull (watched);
  wait_until (answer.done);
  g_assert_no_error (answer.error);
  wait_until (watched == NULL);
}

static void
closing_answers_all_and_refuses_more (Fixture *f, gconstpointer data)
{
  g_auto(Answer) ready = { 0 };
  g_auto(Answer) held = { 0 };
  g_auto(Answer) late = { 0 };
  g_autofree char *text = NULL;
  guint died = 0;

  g_signal_connect (f->consumer, "died", G_CALLBACK (count_one), &died);
  check_and_wait (f, "/x", &ready);
  check (f, "/hold", &held);
  tbus_supervised_consumer_close (TBUS_SUPERVISED_CONSUMER (f->consumer));
  g_assert_error (held.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  check_and_wait (f, "/y", &late);
  g_assert_error (late.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  wait_state (f, TBUS_CONSUMER_FAILED);
  text = take_log ();
  g_assert_cmpstr (text, ==, "");
  g_assert_cmpuint (died, ==, 0);
}

static void
what_does_not_end_is_killed (Fixture *f, gconstpointer data)
{
  tbus_spawner_get_times (f->spawner)->exit_ms = 10;
  wait_state (f, TBUS_CONSUMER_RUNNING);
}

static void
is_closed_while_it_is_born (Fixture *f, gconstpointer data)
{
  tbus_supervised_consumer_close (TBUS_SUPERVISED_CONSUMER (f->consumer));
}

static void
environment_is_clean (Fixture *f, gconstpointer data)
{
  g_auto(Answer) path = { 0 };
  g_auto(Answer) secret = { 0 };

  g_setenv ("TRACEBUS_SECRET", "/secret", TRUE);
  check_and_wait (f, "/environment/LTTNG_HOME", &path);
  check_and_wait (f, "/environment/TRACEBUS_SECRET", &secret);
  g_assert_cmpstr (path.text, ==, "/lttng-home");
  g_assert_cmpstr (secret.text, ==, "/unset");
}

static void
hanging_with_an_answer_due_ends_in_a_kill (Fixture *f, gconstpointer data)
{
  g_auto(Answer) ready = { 0 };
  g_auto(Answer) answer = { 0 };

  tbus_spawner_get_times (f->spawner)->silence_ms = 30;
  f->consumer = TBUS_CONSUMER (tbus_supervised_consumer_new (f->spawner, getuid (), 64));
  check_and_wait (f, "/x", &ready);
  check_and_wait (f, "/stop", &answer);
  g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_nonnull (strstr (answer.error->message, "said nothing for 30 ms"));
}

/* What was asked may take long: a process that answers the question whether it lives is let work. */
static void
slow_work_is_no_silence (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };

  tbus_spawner_get_times (f->spawner)->silence_ms = 300;
  f->consumer = TBUS_CONSUMER (tbus_supervised_consumer_new (f->spawner, getuid (), 64));
  check_and_wait (f, "/late", &answer); /* answered after the third question */
  g_assert_no_error (answer.error);
  g_assert_cmpuint (tbus_consumer_get_restarts (f->consumer), ==, 0);
}

/* As long as it has something, or owes an answer, it is not idle. */
static void
says_when_it_has_nothing_to_do (Fixture *f, gconstpointer data)
{
  const TbusOutputRequest request = { .session = 1, .path = "/x" };
  g_auto(Answer) opened = { 0 };
  g_auto(Answer) asked = { 0 };
  g_auto(Answer) closed = { 0 };
  guint idle = 0;

  tbus_spawner_get_times (f->spawner)->idle_ms = 1;
  f->consumer = TBUS_CONSUMER (tbus_supervised_consumer_new (f->spawner, getuid (), 64));
  g_signal_connect (f->consumer, "idle", G_CALLBACK (count_one), &idle);
  TBUS_CONSUMER_GET_CLASS (f->consumer)->open_output (f->consumer, &request, on_path, &opened);
  wait_until (opened.done);
  for (guint i = 0; i < 20; i++)
    {
      check_and_wait (f, "/y", &asked);
      answer_clear (&asked);
      asked.done = FALSE;
    }
  g_assert_cmpuint (idle, ==, 0);
  TBUS_CONSUMER_GET_CLASS (f->consumer)->close_output (f->consumer, 1, on_done, &closed);
  wait_until (idle == 2);
  g_assert_true (closed.done);
  check_and_wait (f, "/y", &asked);
  idle = 0;
  wait_until (idle == 1);
}

/* Nobody may ever ask it for anything. */
static void
is_idle_from_its_hello_on (Fixture *f, gconstpointer data)
{
  guint idle = 0;

  tbus_spawner_get_times (f->spawner)->idle_ms = 1;
  f->consumer = TBUS_CONSUMER (tbus_supervised_consumer_new (f->spawner, getuid (), 64));
  g_signal_connect (f->consumer, "idle", G_CALLBACK (count_one), &idle);
  wait_until (idle == 1);
  g_assert_cmpint (tbus_consumer_get_state (f->consumer), ==, TBUS_CONSUMER_RUNNING);
}

static void
is_idle_where_there_is_none (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusSpawner) spawner = tbus_spawner_new ("/nonexistent/consumer", NULL);
  guint idle = 0;

  tbus_spawner_get_times (spawner)->idle_ms = 1;
  f->consumer = TBUS_CONSUMER (tbus_supervised_consumer_new (spawner, getuid (), 64));
  g_signal_connect (f->consumer, "idle", G_CALLBACK (count_one), &idle);
  wait_until (idle == 1);
  g_assert_cmpint (tbus_consumer_get_state (f->consumer), ==, TBUS_CONSUMER_FAILED);
}

static void
let_go_of (TbusConsumer *consumer, gpointer data)
{
  g_object_unref (consumer);
}

/* It has nothing to write, and does not end all the same. */
static void
idle_one_that_does_not_end_is_killed (Fixture *f, gconstpointer data)
{
  TbusSpawnerTimes *times = tbus_spawner_get_times (f->spawner);
  gpointer watched;
  g_autofree char *text = NULL;

  times->idle_ms = times->exit_ms = 10;
  f->consumer = TBUS_CONSUMER (tbus_supervised_consumer_new (f->spawner, getuid (), 64));
  g_signal_connect (f->consumer, "idle", G_CALLBACK (let_go_of), NULL);
  watched = g_steal_pointer (&f->consumer);
  g_object_add_weak_pointer (watched, &watched);
  wait_until (watched == NULL);
  wait_until (tst_children_count (getpid ()) == 0);
  text = take_log ();
  g_assert_nonnull (strstr (text, "did not end within 10 ms; killing it"));
  g_assert_null (strstr (text, "starting another"));
}

/* How long the loop would sleep, in ms; G_MAXUINT: until something happens. */
static guint
time_to_sleep (void)
{
  GMainContext *context = g_main_context_default ();
  GPollFD fds[16];
  gint timeout, priority;

  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  g_assert_cmpint (g_main_context_query (context, priority, &timeout, fds, G_N_ELEMENTS (fds)), <=, G_N_ELEMENTS (fds));
  g_main_context_release (context);
  return (guint) timeout;
}

static void
is_looked_after_as_long_as_it_owes_an_answer (Fixture *f, gconstpointer data)
{
  enum { LOOK_MS = 2000 };
  g_auto(Answer) ready = { 0 };
  g_auto(Answer) held = { 0 };

  tbus_spawner_get_times (f->spawner)->silence_ms = 3 * LOOK_MS;
  f->consumer = TBUS_CONSUMER (tbus_supervised_consumer_new (f->spawner, getuid (), 64));
  check_and_wait (f, "/x", &ready);
  g_assert_cmpuint (time_to_sleep (), >, LOOK_MS + 1);
  check (f, "/hold", &held);
  g_assert_cmpuint (time_to_sleep (), <=, LOOK_MS + 1);
  tbus_supervised_consumer_close (TBUS_SUPERVISED_CONSUMER (f->consumer));
  wait_until (held.done);
}

#define add(name, manner, set_up, test)                                                                              \
  g_test_add ("/supervise/life/" name, Fixture, manner, set_up, test, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_setenv ("LTTNG_HOME", "/lttng-home", TRUE);
  fixture_init (&argc, &argv);
  add ("asks-what-was-asked-before-hello", NULL, fixture_set_up, asks_what_was_asked_before_hello);
  add ("death-answers-all-in-flight-and-is-told-once", NULL, fixture_set_up,
       death_answers_all_in_flight_and_is_told_once);
  add ("successor-gets-what-is-asked-at-the-death", NULL, fixture_set_up, successor_gets_what_is_asked_at_the_death);
  add ("log-names-the-death-and-what-comes-next", NULL, fixture_set_up, log_names_the_death_and_what_comes_next);
  add ("last-words-are-heard", NULL, fixture_set_up, last_words_are_heard);
  add ("hanging-with-an-answer-due-ends-in-a-kill", NULL, fixture_set_up_bare,
       hanging_with_an_answer_due_ends_in_a_kill);
  add ("is-looked-after-as-long-as-it-owes-an-answer", NULL, fixture_set_up_bare,
       is_looked_after_as_long_as_it_owes_an_answer);
  add ("slow-work-is-no-silence", NULL, fixture_set_up_bare, slow_work_is_no_silence);
  add ("another-version-fails", "old", fixture_set_up, another_version_fails);
  add ("another-bitness-fails", "narrow", fixture_set_up, another_bitness_fails);
  add ("refused-hello-fails", "older", fixture_set_up, refused_hello_fails);
  add ("missing-program-fails", NULL, fixture_set_up_bare, missing_program_fails);
  add ("silence-instead-of-hello-ends-in-a-kill", "mute", fixture_set_up_bare, silence_instead_of_hello_ends_in_a_kill);
  add ("event-before-hello-ends-in-a-kill", "rude", fixture_set_up, event_before_hello_ends_in_a_kill);
  add ("gives-up-after-eight-quick-deaths", "exits", fixture_set_up_bare, gives_up_after_eight_quick_deaths);
  add ("goes-with-its-last-user", NULL, fixture_set_up, goes_with_its_last_user);
  add ("stays-until-all-is-answered", NULL, fixture_set_up, stays_until_all_is_answered);
  add ("says-when-it-has-nothing-to-do", NULL, fixture_set_up_bare, says_when_it_has_nothing_to_do);
  add ("is-idle-from-its-hello-on", NULL, fixture_set_up_bare, is_idle_from_its_hello_on);
  add ("is-idle-where-there-is-none", NULL, fixture_set_up_bare, is_idle_where_there_is_none);
  add ("idle-one-that-does-not-end-is-killed", "stubborn", fixture_set_up_bare, idle_one_that_does_not_end_is_killed);
  add ("closing-answers-all-and-refuses-more", NULL, fixture_set_up, closing_answers_all_and_refuses_more);
  add ("what-does-not-end-is-killed", "stubborn", fixture_set_up, what_does_not_end_is_killed);
  add ("is-closed-while-it-is-born", NULL, fixture_set_up, is_closed_while_it_is_born);
  add ("environment-is-clean", NULL, fixture_set_up, environment_is_clean);
  return g_test_run ();
}
