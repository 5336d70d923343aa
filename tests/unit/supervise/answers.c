/* SPDX-License-Identifier: GPL-2.0-only */
/* What a consumer says: answers of every kind, and what is not believed (architecture, rule 7). */
#include "unit/supervise/fixture.h"

#include "base/fd-budget.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>

static TbusConsumerClass *
class_of (Fixture *f)
{
  return TBUS_CONSUMER_GET_CLASS (f->consumer);
}

static void
open_output (Fixture *f, guint64 session, Answer *answer)
{
  const TbusOutputRequest request = { .session = session, .path = "/out" };

  class_of (f)->open_output (f->consumer, &request, on_path, answer);
}

static void
add_set (Fixture *f, guint64 set, int log_fd, Answer *answer)
{
  const TbusSetRequest request = { .set = set, .session = 1, .directory = "ust/uid/0/64-bit", .log_fd = log_fd };

  class_of (f)->add_set (f->consumer, &request, on_done, answer);
}

/* An output, a set and a channel: the least that can be spoken of. */
static void
hold_things (Fixture *f)
{
  g_auto(Answer) output = { 0 };
  g_auto(Answer) set = { 0 };
  g_auto(Answer) channel = { 0 };
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  open_output (f, 1, &output);
  add_set (f, 10, fd, &set);
  close (fd); /* borrowed for the call only */
  add_channel (f, 100, 10, "good", &channel);
  wait_until (output.done && set.done && channel.done);
  g_assert_cmpstr (output.text, ==, "/out");
  g_assert_no_error (set.error);
  g_assert_no_error (channel.error);
}

/* What the fake says of its clock; a name is text by then. */
static void
on_clock (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  const TbusClockReport *report = reply;
  Answer *answer = data;

  g_assert_no_error (error);
  g_assert_cmpuint (report->uuid[0], ==, 7);
  g_assert_cmpstr (report->name, ==, "sun\357\277\275");
  g_assert_cmpstr (report->description, ==, "A dial");
  g_assert_cmpuint (report->frequency, ==, 12);
  g_assert_cmpint (report->offset, ==, -5);
  answer->done = TRUE;
}

static void
tells_its_clock_and_replaces_metadata (Fixture *f, gconstpointer data)
{
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  const TbusReplaceRequest replace = { .set = 10, .log_fd = fd };
  g_auto(Answer) clock = { 0 };
  g_auto(Answer) replaced = { 0 };

  hold_things (f);
  class_of (f)->read_clock (f->consumer, on_clock, &clock);
  class_of (f)->replace_metadata (f->consumer, &replace, on_number, &replaced);
  close (fd);
  wait_until (clock.done && replaced.done);
  g_assert_no_error (replaced.error);
  g_assert_cmpuint (replaced.number, ==, 4096);
}

static void
every_kind_of_request_has_its_answer (Fixture *f, gconstpointer data)
{
  const TbusFlushRequest flush = { .scope = TBUS_FLUSH_SESSION, .id = 1, .final = TRUE };
  const TbusPushRequest push = { .set = 10, .offset = 4, .length = 38 };
  g_auto(Answer) pushed = { 0 };
  g_auto(Answer) resumed = { 0 };
  g_auto(Answer) flushed = { 0 };
  g_auto(Answer) channel = { 0 };
  g_auto(Answer) set = { 0 };
  g_auto(Answer) output = { 0 };

  hold_things (f);
  class_of (f)->push (f->consumer, &push, on_number, &pushed);
  class_of (f)->resume (f->consumer, 1, on_done, &resumed);
  class_of (f)->flush (f->consumer, &flush, on_counters, &flushed);
  class_of (f)->close_channel (f->consumer, 100, on_counters, &channel);
  class_of (f)->close_set (f->consumer, 10, on_counters, &set);
  class_of (f)->close_output (f->consumer, 1, on_done, &output);
  wait_until (output.done);
  g_assert_cmpuint (pushed.number, ==, 42);
  g_assert_true (resumed.done && resumed.error == NULL);
  g_assert_no_error (output.error);
  /* The fake's answers tell of channel 424242 too, which nobody gave it. */
  g_assert_cmpuint (flushed.number, ==, 1);
  g_assert_cmpuint (flushed.bytes, ==, 1100);
  g_assert_cmpuint (channel.number, ==, 1);
  g_assert_cmpuint (set.number, ==, 0);
}

static void
refusals_are_errors_of_the_right_kind (Fixture *f, gconstpointer data)
{
  const struct { int errnum; TbusError code; } cases[] = {
    { EACCES, TBUS_ERROR_OUTPUT_UNAVAILABLE }, { ENOENT, TBUS_ERROR_OUTPUT_UNAVAILABLE },
    { ENOSPC, TBUS_ERROR_OUTPUT_UNAVAILABLE }, { ENOMEM, TBUS_ERROR_EXHAUSTED },
    { EMFILE, TBUS_ERROR_EXHAUSTED }, { ETOOMANYREFS, TBUS_ERROR_EXHAUSTED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/refuse/%d", cases[i].errnum);
      g_auto(Answer) answer = { 0 };

      check_and_wait (f, path, &answer);
      g_assert_error (answer.error, TBUS_ERROR, cases[i].code);
      g_assert_nonnull (strstr (answer.error->message, "refused"));
      g_assert_true (g_utf8_validate (answer.error->message, -1, NULL));
    }
  g_assert_cmpuint (tbus_consumer_get_restarts (f->consumer), ==, 0);
}

static void
path_that_the_bus_cannot_carry_is_an_error (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };

  check_and_wait (f, "/latin1", &answer);
  g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE);
}

typedef struct {
  guint metadata, hangups, counters, problems;
  guint64 key;
  char *text;
} Heard;

static void
on_metadata (TbusConsumer *consumer, guint64 set, Heard *heard)
{
  heard->metadata++;
  heard->key = set;
}

static void
on_hangup (TbusConsumer *consumer, guint64 channel, Heard *heard)
{
  heard->hangups++;
  heard->key = channel;
}

static void
on_counters_event (TbusConsumer *consumer, const TbusCountersList *list, Heard *heard)
{
  heard->counters += list->n;
  heard->key = list->counters[0].channel;
}

static void
on_problem (TbusConsumer *consumer, const TbusProblemReport *report, Heard *heard)
{
  heard->problems++;
  heard->key = report->session;
  g_assert_true (report->active);
  g_free (heard->text);
  heard->text = g_strdup_printf ("%s: %s", report->code, report->message);
}

static void
listen_to (Fixture *f, Heard *heard)
{
  g_signal_connect (f->consumer, "metadata-wanted", G_CALLBACK (on_metadata), heard);
  g_signal_connect (f->consumer, "hangup", G_CALLBACK (on_hangup), heard);
  g_signal_connect (f->consumer, "counters", G_CALLBACK (on_counters_event), heard);
  g_signal_connect (f->consumer, "problem", G_CALLBACK (on_problem), heard);
}

static void
have_event (Fixture *f, const char *what)
{
  g_auto(Answer) answer = { 0 };
  g_autofree char *path = g_strdup_printf ("/event/%s", what);

  check_and_wait (f, path, &answer);
  g_assert_no_error (answer.error);
}

static void
events_become_signals (Fixture *f, gconstpointer data)
{
  Heard heard = { 0 };

  hold_things (f);
  listen_to (f, &heard);
  have_event (f, "metadata/10");
  g_assert_cmpuint (heard.metadata, ==, 1);
  g_assert_cmpuint (heard.key, ==, 10);
  have_event (f, "hangup/100");
  g_assert_cmpuint (heard.hangups, ==, 1);
  g_assert_cmpuint (heard.key, ==, 100);
  have_event (f, "problem/1");
  g_assert_cmpuint (heard.problems, ==, 1);
  g_assert_cmpuint (heard.key, ==, 1);
  g_assert_cmpstr (heard.text, ==, "no-space: full \357\277\275 stop");
  have_event (f, "counters");
  g_assert_cmpuint (heard.counters, ==, 1);
  g_assert_cmpuint (heard.key, ==, 100);
  g_free (heard.text);
}

static void
of_what_it_does_not_hold_it_may_not_speak (Fixture *f, gconstpointer data)
{
  Heard heard = { 0 };

  listen_to (f, &heard);
  have_event (f, "metadata/10");
  have_event (f, "hangup/100");
  have_event (f, "problem/1");
  have_event (f, "counters");
  g_assert_cmpuint (heard.metadata + heard.hangups + heard.problems + heard.counters, ==, 0);
  g_assert_cmpuint (tbus_consumer_get_restarts (f->consumer), ==, 0);
}

static void
successor_holds_nothing_of_its_predecessor (Fixture *f, gconstpointer data)
{
  g_auto(Answer) killer = { 0 };
  Heard heard = { 0 };

  hold_things (f);
  listen_to (f, &heard);
  check_and_wait (f, "/kill", &killer);
  have_event (f, "metadata/10");
  g_assert_cmpuint (heard.metadata, ==, 0);
}

/* What the fake does, and what is said of it. */
typedef struct {
  const char *path, *sentence;
} Breach;

static const Breach breaches[] = {
  { "/unknown", "answered request 999, which nobody made" },
  { "/garbage", "sent something that is no message" },
  { "/malformed", "gave a malformed answer" },
  { "/relative", "gave a malformed answer" },
  { "/fds", "gave a malformed answer" },
  { "/event/junk", "sent a malformed event of type 99" },
  { "/event/stuck/2", "sent a malformed event of type 69" },
  { "/unlink", "was killed by signal 9" },
};

static void
who_breaks_the_protocol_is_replaced (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (breaches); i++)
    {
      Fixture f = { 0 };
      Answer held = { 0 };
      Answer answer = { 0 };
      g_autofree char *text = NULL;

      fixture_set_up (&f, NULL);
      check (&f, "/hold", &held);
      check (&f, breaches[i].path, &answer);
      wait_until (held.done);
      g_assert_error (held.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
      g_assert_nonnull (strstr (held.error->message, breaches[i].sentence));
      g_assert_cmpuint (tbus_consumer_get_restarts (f.consumer), ==, 1);
      text = take_log ();
      g_assert_nonnull (strstr (text, breaches[i].sentence));
      wait_until (answer.done);
      answer_clear (&held);
      answer_clear (&answer);
      fixture_tear_down (&f, NULL);
    }
}

static void
on_stuck (TbusConsumer *consumer, gboolean stuck, gpointer data)
{
  g_string_append (data, stuck ? "stuck " : "goes on ");
}

/* Who asks whether an output is good need not wait until it is known; what is answered then is for nobody. */
static void
checks_of_what_does_not_answer_are_given_up (Fixture *f, gconstpointer data)
{
  g_autoptr(GString) told = g_string_new (NULL);
  g_auto(Answer) first = { 0 };
  g_auto(Answer) second = { 0 };
  g_auto(Answer) third = { 0 };

  g_signal_connect (f->consumer, "output-stuck", G_CALLBACK (on_stuck), told);
  check (f, "/hold", &first);
  check (f, "/event/stuck/1", &second);
  wait_until (first.done && second.done);
  g_assert_error (first.error, TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  g_assert_error (second.error, TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  check_and_wait (f, "/event/stuck/0", &third);
  g_assert_no_error (third.error);
  g_assert_cmpstr (told->str, ==, "stuck goes on ");
  g_assert_cmpuint (tbus_consumer_get_restarts (f->consumer), ==, 0);
}

/* B6: a log is a descriptor too. */
static void
set_without_descriptors_is_exhausted (Fixture *f, gconstpointer data)
{
  guint total = tbus_fd_budget_total ();
  g_auto(Answer) answer = { 0 };

  tbus_fd_budget_set_total (0);
  add_set (f, 10, STDIN_FILENO, &answer);
  g_assert_false (answer.done);
  wait_until (answer.done);
  tbus_fd_budget_set_total (total);
  g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
}

#define add(name, test) g_test_add ("/supervise/answers/" name, Fixture, NULL, fixture_set_up, test, fixture_tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  add ("every-kind-of-request-has-its-answer", every_kind_of_request_has_its_answer);
  add ("checks-of-what-does-not-answer-are-given-up", checks_of_what_does_not_answer_are_given_up);
  add ("tells-its-clock-and-replaces-metadata", tells_its_clock_and_replaces_metadata);
  add ("refusals-are-errors-of-the-right-kind", refusals_are_errors_of_the_right_kind);
  add ("path-that-the-bus-cannot-carry-is-an-error", path_that_the_bus_cannot_carry_is_an_error);
  add ("events-become-signals", events_become_signals);
  add ("of-what-it-does-not-hold-it-may-not-speak", of_what_it_does_not_hold_it_may_not_speak);
  add ("successor-holds-nothing-of-its-predecessor", successor_holds_nothing_of_its_predecessor);
  g_test_add_func ("/supervise/answers/who-breaks-the-protocol-is-replaced", who_breaks_the_protocol_is_replaced);
  add ("set-without-descriptors-is-exhausted", set_without_descriptors_is_exhausted);
  return g_test_run ();
}
