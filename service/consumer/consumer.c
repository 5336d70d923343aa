/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/consumer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <signal.h>
#include <unistd.h>

static void
update_link (TcConsumer *self)
{
  bool wants_write = tw_socket_wants_write (self->link);

  if (wants_write == self->link_wants_write)
    return;
  self->link_wants_write = wants_write;
  tc_loop_watch_for (self->loop, &self->link_watch, wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* 1 with the next message, 0 where there is none, -1 where there will be none. */
static int
receive (TcConsumer *self, TwMessage *message)
{
  int result;

  pthread_mutex_lock (&self->link_lock);
  result = tw_socket_receive (self->link, message);
  pthread_mutex_unlock (&self->link_lock);
  return result;
}

static int
flush (TcConsumer *self)
{
  int result;

  pthread_mutex_lock (&self->link_lock);
  result = tw_socket_flush (self->link);
  update_link (self);
  pthread_mutex_unlock (&self->link_lock);
  return result;
}

static void
on_link (TcWatch *watch, uint32_t events)
{
  TcConsumer *self = TC_CONTAINER (watch, TcConsumer, link_watch);
  int result = 0;

  if (events & EPOLLOUT)
    result = flush (self);
  while (result >= 0 && self->link != NULL)
    {
      TwMessage message;

      result = receive (self, &message);
      if (result == 0)
        break;
      if (result > 0)
        {
          tc_command (self, &message);
          tw_message_clear (&message);
        }
    }
  if (result < 0)
    tc_consumer_leave (self);
}

static void
on_signal (TcWatch *watch, uint32_t events)
{
  TcConsumer *self = TC_CONTAINER (watch, TcConsumer, signal_watch);
  struct signalfd_siginfo info;

  (void) !read (watch->fd, &info, sizeof info);
  tc_consumer_leave (self);
}

static int
watch_signals (TcConsumer *self)
{
  sigset_t term;

  sigemptyset (&term);
  sigaddset (&term, SIGTERM);
  self->signal_watch.ready = on_signal;
  self->signal_watch.fd = signalfd (-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
  if (self->signal_watch.fd < 0 || sigprocmask (SIG_BLOCK, &term, NULL) < 0)
    return -1;
  return tc_loop_watch (self->loop, &self->signal_watch, EPOLLIN);
}

/* As many as there can be. */
static unsigned
start_threads (TcDrain threads[TC_MAX_DRAINS], const char *name)
{
  unsigned max = tc_drain_count (), n = 0;
  char numbered[sizeof "writer-4294967295"];

  for (; n < max; n++)
    {
      snprintf (numbered, sizeof numbered, "%s-%u", name, n);
      if (tc_drain_start (&threads[n], numbered) < 0)
        break;
    }
  return n;
}

static int
start_drains (TcConsumer *self)
{
  self->n_drains = start_threads (self->drains, "drain");
  self->n_writers = self->n_drains > 0 ? start_threads (self->writers, "writer") : 0;
  return self->n_writers > 0 ? 0 : -1;
}

static bool
tell_waiting (TcSentry *sentry, bool waiting)
{
  TcConsumer *self = TC_CONTAINER (sentry, TcConsumer, sentry);
  TwWriter body = { 0 };

  tw_put_u64 (&body, waiting);
  return tc_consumer_tell (self, TW_OUTPUT_STUCK, &body, true);
}

/* Without it nobody hears what keeps it waiting; there is nothing else that it cannot do. */
static void
start_sentry (TcConsumer *self)
{
  tc_sentry_watch (&self->sentry, self->loop);
  for (unsigned i = 0; i < self->n_drains; i++)
    tc_sentry_watch (&self->sentry, self->drains[i].loop);
  for (unsigned i = 0; i < self->n_writers; i++)
    tc_sentry_watch (&self->sentry, self->writers[i].loop);
  (void) tc_sentry_start (&self->sentry);
}

static void
look_at (TcNode *node, void *data)
{
  tc_set_look (TC_CONTAINER (node, TcSet, node));
}

static void
on_directories (TcLookout *lookout)
{
  tc_table_each (&TC_CONTAINER (lookout, TcConsumer, lookout)->sets, look_at, NULL);
}

TcConsumer *
tc_consumer_new (int link_fd, size_t staging_size)
{
  TcConsumer *self = calloc (1, sizeof *self);

  if (self == NULL)
    return NULL;
  self->staging_size = staging_size;
  self->signal_watch.fd = -1;
  tc_anatomies_init (&self->anatomies);
  pthread_mutex_init (&self->link_lock, NULL);
  tc_sentry_init (&self->sentry, tell_waiting);
  self->loop = tc_loop_new ();
  if (self->loop != NULL && watch_signals (self) == 0 && start_drains (self) == 0
      && (self->link = tw_socket_new (link_fd)) != NULL)
    {
      tw_socket_allow_cuts (self->link, false);
      tc_lookout_init (&self->lookout, self->loop, on_directories);
      self->link_watch = (TcWatch) { .fd = link_fd, .ready = on_link };
      if (tc_loop_watch (self->loop, &self->link_watch, EPOLLIN) == 0)
        {
          start_sentry (self);
          return self;
        }
    }
  tc_consumer_free (self);
  return NULL;
}

void
tc_consumer_run (TcConsumer *self)
{
  tc_loop_run (self->loop);
}

static void
free_output (TcNode *node, void *data)
{
  tc_output_unref (TC_CONTAINER (node, TcOutput, node));
}

void
tc_consumer_free (TcConsumer *self)
{
  int errnum = errno;

  tc_sentry_stop (&self->sentry);
  for (unsigned i = 0; i < self->n_drains; i++)
    tc_drain_stop (&self->drains[i]);
  for (unsigned i = 0; i < self->n_writers; i++)
    tc_drain_stop (&self->writers[i]);
  tc_sentry_clear (&self->sentry);
  tc_staging_end (self);
  tc_table_each (&self->outputs, free_output, NULL);
  tc_table_clear (&self->outputs);
  tc_table_clear (&self->sets);
  tc_table_clear (&self->channels);
  tc_anatomies_clear (&self->anatomies);
  tw_socket_free (self->link);
  if (self->signal_watch.fd >= 0)
    close (self->signal_watch.fd);
  tc_lookout_clear (&self->lookout);
  tc_loop_free (self->loop);
  pthread_mutex_destroy (&self->link_lock);
  free (self);
  errno = errnum;
}

static void
leave_set (TcNode *node, void *data)
{
  /* Without memory for the operation its packets stay in the rings: the service has them too. */
  (void) tc_close_set (TC_CONTAINER (node, TcSet, node), 0);
}

void
tc_consumer_leave (TcConsumer *self)
{
  if (self->leaving)
    return;
  self->leaving = true;
  tc_loop_unwatch (self->loop, &self->link_watch);
  pthread_mutex_lock (&self->link_lock);
  tw_socket_free (self->link);
  self->link = NULL;
  pthread_mutex_unlock (&self->link_lock);
  tc_table_each (&self->sets, leave_set, NULL);
  tc_consumer_leave_if_idle (self);
}

void
tc_consumer_leave_if_idle (TcConsumer *self)
{
  if (self->leaving && self->n_operations == 0)
    tc_loop_quit (self->loop);
}

TcSet *
tc_consumer_find_set (TcConsumer *self, uint64_t set)
{
  TcNode *node = tc_table_find (&self->sets, set);

  return node != NULL ? TC_CONTAINER (node, TcSet, node) : NULL;
}

TcChannel *
tc_consumer_find_channel (TcConsumer *self, uint64_t channel)
{
  TcNode *node = tc_table_find (&self->channels, channel);

  return node != NULL ? TC_CONTAINER (node, TcChannel, node) : NULL;
}

/* @head without its body. 0, or -1 with errno, where the message could not be taken; a link that is gone takes all. */
static int
send_locked (TcConsumer *self, const TwMessage *head, TwWriter *body)
{
  TwMessage message = *head;
  int result, errnum;

  if (self->link == NULL)
    {
      tw_writer_clear (body);
      return 0;
    }
  if (body->failed)
    {
      errno = ENOMEM;
      return -1;
    }
  message.body = body->data;
  message.body_len = body->len;
  result = tw_socket_send (self->link, &message);
  errnum = errno;
  tw_writer_clear (body);
  /* A link that has gone is found by reading it, after what the service still had to say. */
  if (result < 0 && errnum == EPIPE)
    return 0;
  update_link (self);
  errno = errnum;
  return result;
}

static int
send_message (TcConsumer *self, const TwMessage *head, TwWriter *body)
{
  int result, errnum;

  pthread_mutex_lock (&self->link_lock);
  result = send_locked (self, head, body);
  errnum = errno;
  pthread_mutex_unlock (&self->link_lock);
  errno = errnum;
  return result;
}

void
tc_consumer_refuse (TcConsumer *self, uint64_t serial, const TcError *error)
{
  const TwMessage head = { .type = TW_REPLY, .status = (uint32_t) error->errnum, .serial = serial };
  TwWriter body = { 0 };

  tw_put_str (&body, error->message);
  if (send_message (self, &head, &body) == 0)
    return;
  /* A request without an answer would keep the service waiting: rather hang up. */
  tc_consumer_leave (self);
}

void
tc_consumer_reply (TcConsumer *self, uint64_t serial, TwWriter *body)
{
  const TwMessage head = { .type = TW_REPLY, .serial = serial };
  TcError error;

  if (send_message (self, &head, body) == 0)
    return;
  tc_error (&error, errno, "Cannot answer");
  tc_consumer_refuse (self, serial, &error);
}

int
tc_consumer_reply_with_fds (TcConsumer *self, uint64_t serial, TwWriter *body, const int *fds, size_t n_fds)
{
  const TwMessage head = { .type = TW_REPLY, .serial = serial, .fds = (int *) fds, .n_fds = n_fds };

  return send_message (self, &head, body);
}

bool
tc_consumer_tell (TcConsumer *self, TwType type, TwWriter *body, bool may_skip)
{
  const TwMessage head = { .type = type };
  bool told = false;

  pthread_mutex_lock (&self->link_lock);
  if (may_skip && self->link != NULL && tw_socket_wants_write (self->link))
    tw_writer_clear (body);
  else
    told = send_locked (self, &head, body) == 0;
  pthread_mutex_unlock (&self->link_lock);
  return told;
}
