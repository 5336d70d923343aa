/* SPDX-License-Identifier: GPL-2.0-only */
/* Metadata reaches the consumer whole, in order, and whatever happens in between (B15 to B19, B21). */
#include "base/error.h"
#include "base/thread.h"
#include "core/buffer-set.h"
#include "core/metadata-push.h"
#include "fake-consumer.h"

#include <string.h>
#include <unistd.h>

typedef struct {
  FakeConsumer *consumer;
  TbusBufferSet *set;
  TbusCtfClock clock;
  guint64 preamble;
} Fixture;

typedef struct {
  guint calls;
  guint64 bytes;
  GError *error;
  TbusMetadataPush *again; /* nullable: asked for more from within */
  TbusMetadataPush **free; /* nullable: freed from within */
} Answer;

static void
answer_clear (Answer *self)
{
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static void
on_open (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  g_assert_no_error (error);
}

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const TbusCtfEnv env[] = { { NULL, NULL, 0 } };
  TbusBufferKey key = { 1, TBUS_BUFFER_USER, 1000, 64 };
  TbusCtfTrace trace = { .abi = { 64, 8, 16, 32, 64, 64, TRUE }, .clock = &f->clock, .env = env };
  TbusSetRequest request = { .session = 1, .directory = "d" };
  TbusOutputRequest output = { .session = 1, .path = "/fake" };
  TbusConsumerClass *ops;

  tbus_ctf_clock_init (&f->clock);
  f->consumer = g_object_new (FAKE_TYPE_CONSUMER, NULL);
  f->set = tbus_buffer_set_new (&key, &trace, 1 << 20, NULL);
  g_assert_nonnull (f->set);
  f->set->push = tbus_metadata_push_new (f->set, TBUS_CONSUMER (f->consumer));
  f->preamble = tbus_metadata_log_length (f->set->log);
  ops = TBUS_CONSUMER_GET_CLASS (f->consumer);
  request.set = f->set->id;
  request.log_fd = tbus_metadata_log_open_reader (f->set->log, NULL);
  ops->open_output (TBUS_CONSUMER (f->consumer), &output, on_open, NULL);
  ops->add_set (TBUS_CONSUMER (f->consumer), &request, on_open, NULL);
  close (request.log_fd);
  settle ();
  g_free (fake_consumer_take_log (f->consumer));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->set->push, tbus_metadata_push_free);
  settle ();
  tbus_buffer_set_unref (f->set);
  rcu_barrier ();
  g_assert_finalize_object (f->consumer);
  tbus_ctf_clock_clear (&f->clock);
}

static void
append (Fixture *f, const char *text)
{
  g_assert_true (tbus_metadata_log_append (f->set->log, text, strlen (text), NULL));
}

static void
on_pushed (guint64 bytes, const GError *error, gpointer data)
{
  Answer *self = data;

  self->calls++;
  self->bytes = bytes;
  g_clear_error (&self->error);
  self->error = error != NULL ? g_error_copy (error) : NULL;
  if (self->again != NULL)
    tbus_metadata_push_run (g_steal_pointer (&self->again), FALSE, on_pushed, self);
  if (self->free != NULL)
    g_clear_pointer (self->free, tbus_metadata_push_free);
}

static void
run (Fixture *f, gboolean always, Answer *answer)
{
  tbus_metadata_push_run (f->set->push, always, answer != NULL ? on_pushed : NULL, answer);
}

/* The offsets and lengths of the pushes since the last time. */
typedef struct {
  guint64 offset, length;
} Prompt;

static void
expect_asked (Fixture *f, guint n, const Prompt *prompts)
{
  g_autofree char *got = fake_consumer_take_log (f->consumer);
  g_autoptr(GString) expected = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (expected, "%spush %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT,
                            i > 0 ? ", " : "", f->set->id, prompts[i].offset, prompts[i].length);
  g_assert_cmpstr (got, ==, expected->str);
}

static void
sends_the_tail_that_is_not_sent (Fixture *f, gconstpointer data) /* B15 */
{
  g_auto(Answer) answer = { 0 };

  run (f, FALSE, &answer);
  settle ();
  g_assert_cmpuint (answer.calls, ==, 1);
  g_assert_cmpuint (answer.bytes, ==, f->preamble);
  append (f, "one;\n");
  run (f, FALSE, &answer);
  settle ();
  g_assert_cmpuint (answer.bytes, ==, 5);
  expect_asked (f, 2, (Prompt[]){ { 0, f->preamble }, { f->preamble, 5 } });
  g_assert_true (g_str_has_suffix (fake_consumer_get_set (f->consumer, NULL)->metadata->str, "one;\n"));
  g_assert_cmpuint (tbus_metadata_push_get_sent (f->set->push), ==, f->preamble + 5);
}

static void
nothing_unsent_is_nothing_to_do (Fixture *f, gconstpointer data) /* B15 */
{
  g_auto(Answer) answer = { 0 };

  run (f, FALSE, NULL);
  settle ();
  g_free (fake_consumer_take_log (f->consumer));
  run (f, FALSE, &answer);
  g_assert_cmpuint (answer.calls, ==, 1);
  g_assert_cmpuint (answer.bytes, ==, 0);
  expect_asked (f, 0, NULL);
}

static void
a_consumer_that_asks_is_answered_with_zero_bytes_too (Fixture *f, gconstpointer data) /* B17 */
{
  run (f, FALSE, NULL);
  settle ();
  g_free (fake_consumer_take_log (f->consumer));
  run (f, TRUE, NULL);
  expect_asked (f, 1, &(Prompt){ f->preamble, 0 });
}

static void
one_is_under_way_at_a_time (Fixture *f, gconstpointer data) /* B16 */
{
  g_auto(Answer) first = { 0 }, second = { 0 }, third = { 0 };

  fake_consumer_hold (f->consumer, TRUE);
  run (f, FALSE, &first);
  append (f, "one;\n");
  run (f, FALSE, &second);
  append (f, "two;\n");
  run (f, FALSE, &third);
  g_assert_cmpuint (fake_consumer_get_waiting (f->consumer), ==, 1);
  fake_consumer_answer (f->consumer, 1);
  g_assert_cmpuint (first.calls, ==, 1);
  g_assert_cmpuint (second.calls, ==, 0);
  g_assert_cmpuint (fake_consumer_get_waiting (f->consumer), ==, 1);
  fake_consumer_answer (f->consumer, 1);
  g_assert_cmpuint (second.calls, ==, 1);
  g_assert_cmpuint (third.calls, ==, 1);
  g_assert_cmpuint (fake_consumer_get_waiting (f->consumer), ==, 0);
  expect_asked (f, 2, (Prompt[]){ { 0, f->preamble }, { f->preamble, 10 } });
  g_assert_true (g_str_has_suffix (fake_consumer_get_set (f->consumer, NULL)->metadata->str, "one;\ntwo;\n"));
}

static void
what_comes_with_a_prompt_counts_as_sent_by_it (Fixture *f, gconstpointer data)
{
  g_auto(Answer) first = { 0 }, second = { 0 };

  fake_consumer_hold (f->consumer, TRUE);
  run (f, FALSE, &first);
  run (f, FALSE, &second); /* nothing new since: waits for the same prompt */
  fake_consumer_answer (f->consumer, 1);
  g_assert_cmpuint (first.calls, ==, 1);
  g_assert_cmpuint (second.calls, ==, 1);
  expect_asked (f, 1, &(Prompt){ 0, f->preamble });
}

static void
a_failure_leaves_the_text_unsent (Fixture *f, gconstpointer data) /* B19 */
{
  g_auto(Answer) first = { 0 }, waiting = { 0 }, next = { 0 };

  fake_consumer_fail (f->consumer, FAKE_PUSH, TBUS_ERROR_OUTPUT_UNAVAILABLE, 0);
  run (f, FALSE, &first);
  append (f, "one;\n");
  run (f, FALSE, &waiting);
  settle ();
  g_assert_error (first.error, TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  g_assert_error (waiting.error, TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  g_assert_cmpuint (tbus_metadata_push_get_sent (f->set->push), ==, 0);
  fake_consumer_fail (f->consumer, FAKE_PUSH, -1, 0);
  g_free (fake_consumer_take_log (f->consumer));
  run (f, FALSE, &next);
  settle ();
  g_assert_no_error (next.error);
  g_assert_cmpuint (next.bytes, ==, f->preamble + 5);
  expect_asked (f, 1, &(Prompt){ 0, f->preamble + 5 });
}

static void
a_caller_may_try_again_from_its_answer (Fixture *f, gconstpointer data) /* B19 */
{
  g_auto(Answer) answer = { .again = f->set->push };

  fake_consumer_fail (f->consumer, FAKE_PUSH, TBUS_ERROR_OUTPUT_UNAVAILABLE, 0);
  fake_consumer_hold (f->consumer, TRUE);
  run (f, FALSE, &answer);
  fake_consumer_answer (f->consumer, 1);
  g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  fake_consumer_fail (f->consumer, FAKE_PUSH, -1, 0);
  fake_consumer_hold (f->consumer, FALSE);
  settle ();
  g_assert_cmpuint (answer.calls, ==, 2);
  g_assert_no_error (answer.error);
  g_assert_cmpuint (answer.bytes, ==, f->preamble);
}

/* A consumer that writes in pieces is asked until all is there. */
static void
a_short_write_is_followed_by_the_rest (Fixture *f, gconstpointer data) /* B15 */
{
  g_auto(Answer) answer = { 0 };

  fake_consumer_write_at_most (f->consumer, f->preamble - 10);
  run (f, FALSE, &answer);
  settle ();
  g_assert_cmpuint (answer.calls, ==, 1);
  g_assert_no_error (answer.error);
  g_assert_cmpuint (answer.bytes, ==, f->preamble);
}

/* One that claims to have written nothing is not believed for ever. */
static void
no_progress_is_an_error (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };

  fake_consumer_write_at_most (f->consumer, 0);
  run (f, FALSE, &answer);
  settle ();
  g_assert_cmpuint (answer.calls, ==, 1);
  g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_cmpuint (tbus_metadata_push_get_sent (f->set->push), ==, 0);
}

static void
nothing_is_pushed_after_it_was_closed (Fixture *f, gconstpointer data) /* B21 */
{
  g_auto(Answer) first = { 0 }, second = { 0 }, late = { 0 };

  fake_consumer_hold (f->consumer, TRUE);
  run (f, FALSE, &first);
  append (f, "one;\n");
  run (f, FALSE, &second);
  tbus_metadata_push_close (f->set->push);
  g_assert_true (tbus_metadata_push_is_closed (f->set->push));
  run (f, TRUE, &late);
  g_assert_cmpuint (late.calls, ==, 1);
  fake_consumer_answer (f->consumer, 1);
  g_assert_cmpuint (first.calls, ==, 1);
  g_assert_cmpuint (fake_consumer_get_waiting (f->consumer), ==, 0);
  /* Closing writes what is published: who still waits has what it wanted when the buffers go. */
  g_clear_pointer (&f->set->push, tbus_metadata_push_free);
  g_assert_cmpuint (second.calls, ==, 1);
  g_assert_no_error (second.error);
}

static void
who_waits_is_told_when_the_buffers_go (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };

  fake_consumer_hold (f->consumer, TRUE);
  run (f, FALSE, &answer);
  g_clear_pointer (&f->set->push, tbus_metadata_push_free);
  g_assert_cmpuint (answer.calls, ==, 1);
  g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  fake_consumer_answer (f->consumer, 1); /* nobody there any more */
  g_assert_cmpuint (answer.calls, ==, 1);
}

static void
it_may_be_freed_from_an_answer (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { .free = &f->set->push };

  run (f, FALSE, &answer);
  run (f, TRUE, NULL);
  settle ();
  g_assert_cmpuint (answer.calls, ==, 1);
  g_assert_null (f->set->push);
}

static void
a_dead_consumers_text_goes_whole_to_the_next (Fixture *f, gconstpointer data) /* B19 */
{
  g_auto(Answer) answer = { 0 };

  fake_consumer_hold (f->consumer, TRUE);
  run (f, FALSE, &answer);
  fake_consumer_die_with_all (f->consumer);
  g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_cmpuint (tbus_metadata_push_get_sent (f->set->push), ==, 0);
}

static void
nothing_is_prompted_while_a_version_is_on_its_way (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };

  run (f, FALSE, NULL);
  settle ();
  g_free (fake_consumer_take_log (f->consumer));
  tbus_metadata_push_hold (f->set->push);
  append (f, "one;\n");
  run (f, FALSE, &answer);
  settle ();
  expect_asked (f, 0, NULL);
  g_assert_cmpuint (answer.calls, ==, 0);
  tbus_metadata_push_release (f->set->push, -1);
  settle ();
  g_assert_cmpuint (answer.calls, ==, 1);
  expect_asked (f, 1, (Prompt[]){ { f->preamble, 5 } });
}

/* Lengths of the old text mean nothing: who waited for one is answered by the new text. */
static void
a_version_that_is_shorter_answers_who_waits (Fixture *f, gconstpointer data)
{
  g_auto(Answer) answer = { 0 };
  int fd;

  run (f, FALSE, NULL);
  settle ();
  g_free (fake_consumer_take_log (f->consumer));
  tbus_metadata_push_hold (f->set->push);
  append (f, "one;\n");
  run (f, FALSE, &answer);
  fd = tbus_metadata_log_begin_version (f->set->log, "", 0, f->preamble, NULL);
  close (fd);
  tbus_metadata_log_end_version (f->set->log, TRUE);
  tbus_metadata_push_release (f->set->push, 5);
  settle ();
  g_assert_cmpuint (answer.calls, ==, 1);
  g_assert_no_error (answer.error);
  expect_asked (f, 1, (Prompt[]){ { 5, 0 } });
}

#define ADD(name, func) g_test_add ("/core/push/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  ADD ("sends-the-tail-that-is-not-sent", sends_the_tail_that_is_not_sent);
  ADD ("nothing-unsent-is-nothing-to-do", nothing_unsent_is_nothing_to_do);
  ADD ("a-consumer-that-asks-is-answered-with-zero-bytes-too", a_consumer_that_asks_is_answered_with_zero_bytes_too);
  ADD ("one-is-under-way-at-a-time", one_is_under_way_at_a_time);
  ADD ("what-comes-with-a-prompt-counts-as-sent-by-it", what_comes_with_a_prompt_counts_as_sent_by_it);
  ADD ("a-failure-leaves-the-text-unsent", a_failure_leaves_the_text_unsent);
  ADD ("a-caller-may-try-again-from-its-answer", a_caller_may_try_again_from_its_answer);
  ADD ("a-short-write-is-followed-by-the-rest", a_short_write_is_followed_by_the_rest);
  ADD ("no-progress-is-an-error", no_progress_is_an_error);
  ADD ("nothing-is-pushed-after-it-was-closed", nothing_is_pushed_after_it_was_closed);
  ADD ("who-waits-is-told-when-the-buffers-go", who_waits_is_told_when_the_buffers_go);
  ADD ("it-may-be-freed-from-an-answer", it_may_be_freed_from_an_answer);
  ADD ("a-dead-consumers-text-goes-whole-to-the-next", a_dead_consumers_text_goes_whole_to_the_next);
  ADD ("nothing-is-prompted-while-a-version-is-on-its-way", nothing_is_prompted_while_a_version_is_on_its_way);
  ADD ("a-version-that-is-shorter-answers-who-waits", a_version_that_is_shorter_answers_who_waits);
  return g_test_run ();
}
