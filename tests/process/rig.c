/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "process/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <lttng/ust-ctl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOG_LIMIT = 8 << 20 };

DEFINE_LTTNG_UST_SIGBUS_STATE ();

static void
die_with_the_test (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static void
launch (TstRig *self, const char *const *arguments)
{
  g_autofree char *program = tst_build_path ("service/consumer/tracebus-consumerd");
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  g_auto(GStrv) environment = NULL;
  g_autoptr(GError) error = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  self->link = tw_socket_new (fds[0]);
  g_assert_nonnull (self->link);
  self->reaped = FALSE;
  environment = tst_environ (self->dir, NULL);
  g_ptr_array_add (argv, program);
  for (guint i = 0; arguments != NULL && arguments[i] != NULL; i++)
    g_ptr_array_add (argv, (char *) arguments[i]);
  g_ptr_array_add (argv, NULL);
  g_spawn_async_with_pipes_and_fds (NULL, (const char *const *) argv->pdata, (const char *const *) environment,
                                    G_SPAWN_DO_NOT_REAP_CHILD, die_with_the_test, NULL, -1, -1, -1,
                                    &fds[1], (const int[]) { TW_LINK_FD }, 1, &self->pid, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  close (fds[1]);
}

TstRig *
tst_rig_new (const char *const *arguments)
{
  TstRig *self = g_new0 (TstRig, 1);

  self->dir = tst_dir_new ();
  self->staging = -1;
  g_queue_init (&self->events);
  launch (self, arguments);
  return self;
}

static void
free_event (gpointer data)
{
  tw_message_clear (data);
  g_free (data);
}

void
tst_rig_kill_and_replace (TstRig *self)
{
  if (!self->reaped)
    kill (self->pid, SIGKILL);
  tst_rig_wait_exit (self);
  tst_rig_hang_up (self);
  g_queue_clear_full (&self->events, free_event);
  launch (self, NULL);
  tst_rig_hello (self);
}

void
tst_rig_freeze (TstRig *self)
{
  g_assert_cmpint (kill (self->pid, SIGSTOP), ==, 0);
  g_assert_cmpint (waitpid (self->pid, NULL, WUNTRACED), ==, self->pid);
}

void
tst_rig_hang_up (TstRig *self)
{
  g_clear_pointer (&self->link, tw_socket_free);
}

void
tst_rig_wait_exit (TstRig *self)
{
  /* A wait in vain ends with the test runner's patience. */
  if (self->reaped)
    return;
  g_assert_cmpint (waitpid (self->pid, &self->status, 0), ==, self->pid);
  self->reaped = TRUE;
}

void
tst_rig_free (TstRig *self)
{
  tst_rig_hang_up (self);
  if (!self->reaped)
    kill (self->pid, SIGKILL);
  tst_rig_wait_exit (self);
  g_queue_clear_full (&self->events, free_event);
  if (self->staging >= 0)
    close (self->staging);
  tst_dir_free (self->dir);
  g_free (self);
}

guint64
tst_rig_send (TstRig *self, TwType type, TwWriter *body, const int *fds, gsize n_fds)
{
  TwMessage message = { type, 0, ++self->serial, body->data, body->len, (int *) fds, n_fds };

  g_assert_false (body->failed);
  g_assert_cmpint (tw_socket_send (self->link, &message), ==, 0);
  tw_writer_clear (body);
  return self->serial;
}

/* The next message, whatever it is. */
static void
receive (TstRig *self, TwMessage *message)
{
  gint64 deadline = g_get_monotonic_time () + TST_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
  int got;

  while ((got = tw_socket_receive (self->link, message)) == 0)
    {
      struct pollfd ready = { .fd = tw_socket_fd (self->link), .events = POLLIN };
      gint64 left = (deadline - g_get_monotonic_time ()) / G_TIME_SPAN_MILLISECOND;

      if (left <= 0)
        g_error ("The consumer does not answer");
      if (tw_socket_wants_write (self->link))
        {
          ready.events |= POLLOUT;
          g_assert_cmpint (tw_socket_flush (self->link), ==, 0);
        }
      poll (&ready, 1, (int) left);
    }
  if (got < 0)
    g_error ("The consumer hung up: %s", g_strerror (errno));
}

void
tst_rig_wait_reply (TstRig *self, guint64 serial, TwMessage *reply)
{
  for (;;)
    {
      TwMessage message;

      receive (self, &message);
      if (message.type == TW_REPLY)
        {
          g_assert_cmpuint (message.serial, ==, serial);
          *reply = message;
          return;
        }
      g_queue_push_tail (&self->events, g_memdup2 (&message, sizeof message));
    }
}

TwReader
tst_reader (const TwMessage *message)
{
  return (TwReader) { .data = message->body, .len = message->body_len };
}

static void
check_status (const TwMessage *reply, guint32 status)
{
  TwReader body = tst_reader (reply);

  if (reply->status != status)
    g_error ("Answered with %s (%s) where %s was due", g_strerror (reply->status),
             reply->status != 0 ? tw_get_str (&body) : "", g_strerror (status));
  if (status == 0)
    return;
  /* A refusal is one sentence. */
  g_assert_cmpint (strlen (tw_get_str (&body)), >, 10);
  g_assert_true (tw_reader_done (&body));
}

void
tst_rig_ask (TstRig *self, TwType type, TwWriter *body, guint32 status, TwMessage *reply)
{
  TwMessage answer;

  tst_rig_wait_reply (self, tst_rig_send (self, type, body, NULL, 0), &answer);
  check_status (&answer, status);
  if (reply != NULL)
    *reply = answer;
  else
    tw_message_clear (&answer);
}

void
tst_rig_ask_key (TstRig *self, TwType type, guint64 key, guint32 status, TwMessage *reply)
{
  TwWriter body = { 0 };

  tw_put_u64 (&body, key);
  tst_rig_ask (self, type, &body, status, reply);
}

void
tst_rig_wait_event (TstRig *self, TwType type, TwMessage *event)
{
  for (GList *link = self->events.head; link != NULL; link = link->next)
    if (((TwMessage *) link->data)->type == type)
      {
        *event = *(TwMessage *) link->data;
        g_free (link->data);
        g_queue_delete_link (&self->events, link);
        return;
      }
  for (;;)
    {
      TwMessage message;

      receive (self, &message);
      if (message.type == type)
        {
          *event = message;
          return;
        }
      g_queue_push_tail (&self->events, g_memdup2 (&message, sizeof message));
    }
}

guint
tst_rig_count_events (TstRig *self, TwType type)
{
  guint n = 0;

  for (GList *link = self->events.head; link != NULL; link = link->next)
    n += ((TwMessage *) link->data)->type == type;
  return n;
}

TstLog *
tst_log_new (void)
{
  TstLog *self = g_new0 (TstLog, 1);

  self->fd = memfd_create ("log", MFD_CLOEXEC);
  g_assert_cmpint (ftruncate (self->fd, TW_LOG_TEXT_OFFSET + LOG_LIMIT), ==, 0);
  self->header = mmap (NULL, TW_LOG_TEXT_OFFSET + LOG_LIMIT, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
  g_assert_true (self->header != MAP_FAILED);
  self->header->described = G_MAXUINT64;
  return self;
}

void
tst_log_free (TstLog *self)
{
  munmap (self->header, TW_LOG_TEXT_OFFSET + LOG_LIMIT);
  close (self->fd);
  g_free (self);
}

void
tst_log_publish (TstLog *self, const char *text)
{
  gsize len = strlen (text);

  g_assert_cmpuint (self->length + len, <=, LOG_LIMIT);
  memcpy ((char *) self->header + TW_LOG_TEXT_OFFSET + self->length, text, len);
  self->length += len;
  __atomic_store_n (&self->header->published, self->length, __ATOMIC_RELEASE);
}

void
tst_rig_die_and_come_back (TstRig *self)
{
  int kept = fcntl (tw_socket_fd (self->link), F_DUPFD_CLOEXEC, 0);
  TwWriter body = { 0 };
  TwMessage message = { 0 };
  guint64 serial;

  tst_rig_hang_up (self);
  g_queue_clear_full (&self->events, free_event);
  self->link = tw_socket_new (kept);
  tw_socket_allow_cuts (self->link, true);
  self->serial += G_GUINT64_CONSTANT (1) << 32;
  tw_put_hello (&body, &(TwHello) { .version = TW_VERSION, .bits = 64, .pid = (guint64) getpid () });
  serial = tst_rig_send (self, TW_HELLO, &body, NULL, 0);
  do
    {
      tw_message_clear (&message);
      receive (self, &message);
    }
  while (message.type != TW_REPLY || message.serial != serial);
  check_status (&message, 0);
  tw_message_clear (&message);
}

void
tst_rig_hello (TstRig *self)
{
  TwWriter body = { 0 };
  TwMessage reply;

  tw_put_hello (&body, &(TwHello) { .version = TW_VERSION, .bits = 64, .pid = (guint64) getpid () });
  tst_rig_wait_reply (self, tst_rig_send (self, TW_HELLO, &body, &self->staging, self->staging >= 0), &reply);
  check_status (&reply, 0);
  if (self->staging >= 0)
    close (self->staging);
  self->staging = -1;
  if (reply.n_fds > 0)
    {
      self->staging = reply.fds[0];
      reply.fds[0] = -1;
    }
  tw_message_clear (&reply);
}

char *
tst_rig_open_output (TstRig *self, guint64 session)
{
  g_autofree char *path = tst_dir_file (self->dir, "traces");
  TwWriter body = { 0 };

  tw_put_output (&body, &(TwOutput) { .session = session, .path = path, .mount = "" });
  tst_rig_ask (self, TW_OPEN_OUTPUT, &body, 0, NULL);
  return g_steal_pointer (&path);
}

void
tst_rig_add_set (TstRig *self, guint64 session, guint64 set, guint32 timer_us, TstLog *log)
{
  const TwSet config = {
    .set = set, .session = session, .directory = "ust/uid/0/64-bit", .metadata_timer_us = timer_us,
    .shm_path = "",
  };
  TwWriter body = { 0 };
  TwMessage reply;

  tw_put_set (&body, &config);
  tst_rig_wait_reply (self, tst_rig_send (self, TW_ADD_SET, &body, &log->fd, 1), &reply);
  check_status (&reply, 0);
  tw_message_clear (&reply);
}

TwCounters
tst_counters (const TwMessage *message)
{
  TwReader body = tst_reader (message);
  TwCounters *list = NULL;
  TwCounters first = { 0 };

  g_assert_cmpint (tw_get_counters (&body, &list), >=, 0);
  if (message->body_len > sizeof (guint32))
    first = list[0];
  free (list);
  return first;
}

TwCounters
tst_rig_flush (TstRig *self, TwFlushScope scope, guint64 id, gboolean final)
{
  TwWriter body = { 0 };
  TwMessage reply;
  TwCounters counters;

  tw_put_flush (&body, &(TwFlush) { .scope = scope, .id = id, .final = final, .quiet = final });
  tst_rig_ask (self, TW_FLUSH, &body, 0, &reply);
  counters = tst_counters (&reply);
  tw_message_clear (&reply);
  return counters;
}

guint
tst_possible_cpus (void)
{
  return (guint) lttng_ust_ctl_get_nr_stream_per_channel ();
}

void
tst_channel_config_init (TwChannel *config, guint64 set, guint64 channel)
{
  *config = (TwChannel) {
    .channel = channel, .set = set, .name = "chan", .chan_id = 7, .uuid = { 0xca, 0xfe, [15] = 1 },
    .subbuf_size = 65536, .num_subbuf = 4, .monitor_timer_us = 1000000, .n_streams = tst_possible_cpus (),
  };
}

static void
add_channel (TstRig *self, TstChannel *channel)
{
  TwWriter body = { 0 };
  TwMessage reply;
  TwReader in;
  TwChannelMade made;

  tw_put_channel (&body, &channel->config);
  tst_rig_wait_reply (self, tst_rig_send (self, TW_ADD_CHANNEL, &body, channel->memory, channel->n_streams), &reply);
  check_status (&reply, 0);
  in = tst_reader (&reply);
  g_assert_true (tw_get_channel_made (&in, &made));
  g_assert_cmpuint (made.n_streams, ==, channel->n_streams);
  g_assert_cmpuint (reply.n_fds, ==, 1 + 2 * channel->n_streams);
  channel->header = g_bytes_new (made.header, made.header_len);
  channel->memory_size = made.memory_size;
  channel->wake_up = reply.fds[0];
  for (guint i = 0; i < channel->n_streams; i++)
    {
      channel->stream_wake_up[i] = reply.fds[1 + 2 * i];
      channel->stream_wait[i] = reply.fds[2 + 2 * i];
    }
  reply.n_fds = 0; /* all taken */
  tw_message_clear (&reply);
}

TstChannel *
tst_rig_add_channel (TstRig *self, const TwChannel *config)
{
  TstChannel *channel = g_new0 (TstChannel, 1);

  channel->config = *config;
  channel->n_streams = config->n_streams;
  channel->memory = g_new (int, config->n_streams);
  channel->stream_wake_up = g_new (int, config->n_streams);
  channel->stream_wait = g_new (int, config->n_streams);
  for (guint i = 0; i < config->n_streams; i++)
    channel->memory[i] = memfd_create ("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  add_channel (self, channel);
  return channel;
}

TwCounters
tst_rig_adopt_channel (TstRig *self, const TstChannel *channel, const TwCounters *counted, gboolean quiescent)
{
  TwAdoption adoption = { .channel = channel->config, .counted = *counted, .quiescent = quiescent };
  g_autoptr(GArray) fds = g_array_new (FALSE, FALSE, sizeof (int));
  TwWriter body = { 0 };
  TwMessage reply;
  TwCounters counters;

  g_array_append_vals (fds, channel->memory, channel->n_streams);
  g_array_append_vals (fds, channel->stream_wait, channel->n_streams);
  tw_put_adoption (&body, &adoption);
  tst_rig_wait_reply (self, tst_rig_send (self, TW_ADOPT_CHANNEL, &body, (int *) (gpointer) fds->data, fds->len),
                      &reply);
  check_status (&reply, 0);
  counters = tst_counters (&reply);
  tw_message_clear (&reply);
  return counters;
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

void
tst_channel_close_write_ends (TstChannel *self)
{
  close_fd (&self->wake_up);
  for (guint i = 0; i < self->n_streams; i++)
    close_fd (&self->stream_wake_up[i]);
}

void
tst_channel_free (TstChannel *self)
{
  tst_channel_close_write_ends (self);
  for (guint i = 0; i < self->n_streams; i++)
    {
      close_fd (&self->memory[i]);
      close_fd (&self->stream_wait[i]);
    }
  g_free (self->memory);
  g_free (self->stream_wake_up);
  g_free (self->stream_wait);
  g_bytes_unref (self->header);
  g_free (self);
}
