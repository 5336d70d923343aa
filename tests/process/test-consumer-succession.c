/* SPDX-License-Identifier: GPL-2.0-only */
/* The service dies and comes back on the same link: the consumer has drained on, and drops only what is to go. */
#define _GNU_SOURCE
#include "process/recording.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const TstShape plain = { 0 };
static const TwCounters nothing = { .channel = TST_CHANNEL };

enum { OTHER_SET = 122, OTHER_SESSION = 111 };

/* What a service that comes back asks for. */
static TwCounters
ask_again (TstRecording *f)
{
  g_free (tst_rig_open_output (f->rig, TST_SESSION));
  tst_rig_add_set (f->rig, TST_SESSION, TST_SET, 0, f->log);
  return tst_rig_adopt_channel (f->rig, f->channel, &nothing, FALSE);
}

static void
settle (TstRecording *f)
{
  TwWriter body = { 0 };

  tst_rig_ask (f->rig, TW_SETTLE, &body, 0, NULL);
}

static TwDescription
describe (TstRecording *f)
{
  TwWriter body = { 0 };
  TwDescription description;
  TwMessage reply;
  TwReader reader;

  tst_rig_ask (f->rig, TW_DESCRIBE, &body, 0, &reply);
  reader = tst_reader (&reply);
  g_assert_true (tw_get_description (&reader, &description));
  tw_message_clear (&reply);
  return description;
}

static void
goes_on_without_a_break (TstRecording *f, gconstpointer data)
{
  TwCounters counters;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  for (guint i = 1; i <= 3; i++)
    {
      tst_rig_die_and_come_back (f->rig);
      tst_recording_emit (f, 1000);
      counters = ask_again (f);
      g_assert_cmpuint (counters.channel, ==, TST_CHANNEL);
      settle (f);
    }
  tst_recording_emit (f, 1000);
  tst_tracer_stop (f->tracer);
  counters = tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, TRUE);
  g_assert_cmpuint (counters.events_discarded, ==, 0);
  g_assert_cmpuint (counters.packets_lost, ==, 0);
  tst_recording_assert_ticks (f, 5000);
}

/* The consumer stands still until the service has died in the middle of it. */
static void
forgets_a_request_that_was_cut_short (TstRecording *f, gconstpointer data)
{
  g_autofree guint8 *body = g_malloc0 (TW_MAX_BODY);
  const TwMessage message = { 99, 0, 1000, body, TW_MAX_BODY, NULL, 0 };

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  kill (f->rig->pid, SIGSTOP);
  g_assert_cmpint (tw_socket_send (f->rig->link, &message), ==, 0);
  g_assert_true (tw_socket_wants_write (f->rig->link));
  kill (f->rig->pid, SIGCONT);
  tst_rig_die_and_come_back (f->rig);
  ask_again (f);
  settle (f);
  tst_recording_emit (f, 1000);
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, TST_SESSION, FALSE);
  tst_recording_assert_ticks (f, 2000);
}

static void
closes_what_nobody_asks_for_again (TstRecording *f, gconstpointer data)
{
  g_autoptr(TstLog) log = tst_log_new (), other_log = tst_log_new ();
  TwDescription before, after;
  TwChannel config;
  TstChannel *second, *third;

  tst_rig_add_set (f->rig, TST_SESSION, OTHER_SET, 0, log);
  tst_channel_config_init (&config, OTHER_SET, TST_CHANNEL + 1);
  second = tst_rig_add_channel (f->rig, &config);
  tst_channel_config_init (&config, TST_SET, TST_CHANNEL + 2);
  config.name = "third";
  third = tst_rig_add_channel (f->rig, &config);
  g_free (tst_rig_open_output (f->rig, OTHER_SESSION));
  before = describe (f);
  g_assert_cmpuint (before.sessions, ==, 2);
  g_assert_cmpuint (before.sets, ==, 2);
  g_assert_cmpuint (before.channels, ==, 3);
  tst_rig_die_and_come_back (f->rig);
  ask_again (f);
  before = describe (f);
  g_assert_cmpuint (before.channels, ==, 3);
  settle (f);
  after = describe (f);
  g_assert_cmpuint (after.sessions, ==, 1);
  g_assert_cmpuint (after.sets, ==, 1);
  g_assert_cmpuint (after.channels, ==, 1);
  settle (f); /* again: nothing */
  tst_rig_add_set (f->rig, TST_SESSION, OTHER_SET, 0, other_log); /* the key is free */
  tst_channel_free (second);
  tst_channel_free (third);
}

/* Nobody waits for the answer, but the next service must not find the set half gone. */
static void
ends_what_it_was_asked_for_before_it_says_hello (TstRecording *f, gconstpointer data)
{
  TwWriter body = { 0 };

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  tst_tracer_stop (f->tracer);
  tw_put_u64 (&body, TST_SET);
  tst_rig_send (f->rig, TW_CLOSE_SET, &body, NULL, 0);
  tst_rig_die_and_come_back (f->rig);
  g_assert_cmpuint (describe (f).sets, ==, 0);
  tst_recording_assert_ticks (f, 1000);
}

static void
refuses_rings_that_are_not_those (TstRecording *f, gconstpointer data)
{
  const TwAdoption adoption = { .channel = f->channel->config, .counted = nothing };
  guint n = f->channel->n_streams;
  g_autofree int *fds = g_new (int, 2 * n);
  TwWriter body = { 0 };
  TwMessage reply;

  tst_rig_die_and_come_back (f->rig);
  for (guint i = 0; i < n; i++)
    {
      fds[i] = f->log->fd;
      fds[n + i] = f->channel->stream_wait[i];
    }
  tw_put_adoption (&body, &adoption);
  tst_rig_wait_reply (f->rig, tst_rig_send (f->rig, TW_ADOPT_CHANNEL, &body, fds, 2 * n), &reply);
  g_assert_cmpuint (reply.status, ==, EEXIST);
  tw_message_clear (&reply);
}

static void
says_again_that_the_writers_have_gone (TstRecording *f, gconstpointer data)
{
  TwMessage event;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  tst_channel_close_write_ends (f->channel);
  tst_child_finish (f->app);
  tst_rig_wait_event (f->rig, TW_HANGUP, &event);
  tw_message_clear (&event);
  tst_rig_die_and_come_back (f->rig);
  ask_again (f);
  tst_rig_wait_event (f->rig, TW_HANGUP, &event);
  tw_message_clear (&event);
  tst_recording_assert_ticks (f, 1000);
}

/* A service that did not hear the first answer: nobody could write into these buffers any more. */
static void
does_not_hand_over_what_has_hung_up (TstRecording *f, gconstpointer data)
{
  TwWriter body = { 0 };
  TwMessage message;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  tst_channel_close_write_ends (f->channel);
  tst_child_finish (f->app);
  tst_rig_wait_event (f->rig, TW_HANGUP, &message);
  tw_message_clear (&message);
  tw_put_channel (&body, &f->channel->config);
  tst_rig_wait_reply (f->rig,
                      tst_rig_send (f->rig, TW_ADD_CHANNEL, &body, f->channel->memory, f->channel->n_streams),
                      &message);
  g_assert_cmpuint (message.status, ==, ESTALE);
  tw_message_clear (&message);
  tst_rig_ask_key (f->rig, TW_CLOSE_SET, TST_SET, 0, NULL);
  tst_recording_assert_ticks (f, 1000);
}

/* What the dead one was asked last goes to its successor, right after it was told of what there is. */
static void
closes_at_once_what_it_has_just_taken_over (TstRecording *f, gconstpointer data)
{
  TwCounters counters;
  TwWriter body = { 0 };
  TwMessage reply;
  guint64 serial;

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  tst_tracer_stop (f->tracer);
  tst_rig_kill_and_replace (f->rig);
  tst_rig_ask_key (f->rig, TW_CLOSE_SET, TST_SET, ENOENT, NULL); /* it knows nothing yet */
  ask_again (f);
  tw_put_u64 (&body, TST_SET);
  serial = tst_rig_send (f->rig, TW_CLOSE_SET, &body, NULL, 0);
  tst_rig_wait_reply (f->rig, serial, &reply);
  g_assert_cmpuint (reply.status, ==, 0);
  counters = tst_counters (&reply);
  tw_message_clear (&reply);
  g_assert_cmpuint (counters.channel, ==, TST_CHANNEL);
  g_assert_cmpuint (counters.packets_lost + counters.events_discarded + counters.bytes_dropped, ==, 0);
  g_assert_cmpuint (describe (f).sets, ==, 0);
  tst_rig_ask_key (f->rig, TW_CLOSE_SET, TST_SET, ENOENT, NULL);
  tst_recording_assert_ticks (f, 1000);
}

/* The service's last act was another text, which nobody had taken down. */
static void
reads_the_log_that_it_is_given_last (TstRecording *f, gconstpointer data)
{
  g_autoptr(TstLog) log = tst_log_new ();

  tst_recording_start (f, "app-idle", NULL, NULL);
  tst_recording_emit (f, 1000);
  log->header->described = f->log->header->described;
  tst_rig_die_and_come_back (f->rig);
  {
    g_autofree char *text = g_malloc0 (f->log->length + 1);

    g_assert_cmpint (pread (f->log->fd, text, f->log->length, TW_LOG_TEXT_OFFSET), ==, f->log->length);
    tst_log_publish (log, text);
  }
  tst_log_free (f->log);
  f->log = g_steal_pointer (&log);
  ask_again (f);
  tst_log_publish (f->log, "/* of the other text */\n");
  tst_rig_ask_key (f->rig, TW_CLOSE_SET, TST_SET, 0, NULL);
  {
    g_autofree char *path = g_build_filename (f->output, "ust/uid/0/64-bit/metadata", NULL);
    g_autofree char *text = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    g_assert_nonnull (strstr (text, "of the other text"));
  }
}

/* On their way to nobody, from us: as many as count against who sends more. */
static int
keep_many_on_their_way (guint n)
{
  union {
    struct cmsghdr align;
    char space[CMSG_SPACE (sizeof (int))];
  } control = { 0 };
  char byte = 0;
  struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
  struct msghdr message = {
    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
  };
  struct cmsghdr *cmsg = CMSG_FIRSTHDR (&message);
  int ends[2], fd = STDERR_FILENO;

  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN (sizeof fd);
  memcpy (CMSG_DATA (cmsg), &fd, sizeof fd);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (sendmsg (ends[0], &message, MSG_DONTWAIT), ==, 1);
  close (ends[0]);
  return ends[1];
}

static void
does_without_a_pool_that_nobody_can_be_given (void)
{
  enum { FEW = 64 };
  const struct rlimit limit = { FEW, FEW }; /* as the consumer takes all that it may */
  g_autoptr(TstRig) rig = tst_rig_new (NULL);
  int queue;

  g_assert_cmpint (prlimit (rig->pid, RLIMIT_NOFILE, &limit, NULL), ==, 0);
  queue = keep_many_on_their_way (FEW + 10);
  tst_rig_hello (rig);
  g_assert_cmpint (rig->staging, ==, -1);
  close (queue);
  g_free (tst_rig_open_output (rig, TST_SESSION)); /* it does its work */
}

static void
add (const char *name, void (*func) (TstRecording *, gconstpointer))
{
  g_autofree char *path = g_strconcat ("/consumer/succession/", name, NULL);

  g_test_add (path, TstRecording, &plain, tst_recording_set_up, func, tst_recording_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("goes-on-without-a-break", goes_on_without_a_break);
  add ("forgets-a-request-that-was-cut-short", forgets_a_request_that_was_cut_short);
  add ("closes-what-nobody-asks-for-again", closes_what_nobody_asks_for_again);
  add ("ends-what-it-was-asked-for-before-it-says-hello", ends_what_it_was_asked_for_before_it_says_hello);
  add ("refuses-rings-that-are-not-those", refuses_rings_that_are_not_those);
  add ("says-again-that-the-writers-have-gone", says_again_that_the_writers_have_gone);
  add ("reads-the-log-that-it-is-given-last", reads_the_log_that_it_is_given_last);
  add ("does-not-hand-over-what-has-hung-up", does_not_hand_over_what_has_hung_up);
  add ("closes-at-once-what-it-has-just-taken-over", closes_at_once_what_it_has_just_taken_over);
  g_test_add_func ("/consumer/succession/does-without-a-pool-that-nobody-can-be-given",
                   does_without_a_pool_that_nobody_can_be_given);
  return g_test_run ();
}
