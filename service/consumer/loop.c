/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/loop.h"

#include "consumer/sentry.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64 };

struct TcLoop {
  int epoll_fd;
  bool quit;
  TcSentry *_Atomic sentry; /* nullable */
  clockid_t cpu_clock;   /* of the thread that runs it */
  _Atomic uint64_t steps; /* odd: it is at something */

  struct epoll_event batch[BATCH];
  int n_batch;

  TcTimer **heap; /* a binary heap by due time; [0] is not used */
  size_t n_timers, max_timers;

  TcWatch bell; /* an eventfd, which is never read: each write to it wakes; mail has come */
  pthread_mutex_t lock;
  TcMail *first, **last; /* under @lock */
  TcMail *taken;         /* what runs now */
};

uint64_t
tc_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

static void
step (TcLoop *self, unsigned by)
{
  uint64_t steps = atomic_load_explicit (&self->steps, memory_order_relaxed);

  atomic_store_explicit (&self->steps, steps + by, memory_order_release);
}

static void
on_bell (TcWatch *watch, uint32_t events)
{
  TcLoop *self = (TcLoop *) ((char *) watch - offsetof (TcLoop, bell));

  pthread_mutex_lock (&self->lock);
  self->taken = self->first;
  self->first = NULL;
  self->last = &self->first;
  pthread_mutex_unlock (&self->lock);
  while (self->taken != NULL)
    {
      TcMail *mail = self->taken;

      self->taken = mail->next;
      mail->run (mail);
      step (self, 2);
    }
}

TcLoop *
tc_loop_new (void)
{
  TcLoop *self = calloc (1, sizeof *self);

  if (self == NULL)
    return NULL;
  self->last = &self->first;
  pthread_mutex_init (&self->lock, NULL);
  self->bell.ready = on_bell;
  self->bell.fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->bell.fd < 0 || self->epoll_fd < 0 || tc_loop_watch (self, &self->bell, EPOLLIN | EPOLLET) < 0)
    {
      int errnum = errno;

      tc_loop_free (self);
      errno = errnum;
      return NULL;
    }
  return self;
}

void
tc_loop_free (TcLoop *self)
{
  if (self == NULL)
    return;
  if (self->bell.fd >= 0)
    close (self->bell.fd);
  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  pthread_mutex_destroy (&self->lock);
  free (self->heap);
  free (self);
}

void
tc_loop_post (TcLoop *self, TcMail *mail)
{
  const uint64_t ring = 1;
  bool was_empty;

  mail->next = NULL;
  pthread_mutex_lock (&self->lock);
  was_empty = self->first == NULL;
  *self->last = mail;
  self->last = &mail->next;
  pthread_mutex_unlock (&self->lock);
  if (was_empty)
    (void) !write (self->bell.fd, &ring, sizeof ring);
}

/* Returns: where the last letter's successor goes. */
static TcMail **
take_out (TcMail **link, const TcMail *mail)
{
  while (*link != NULL)
    if (*link == mail)
      *link = mail->next;
    else
      link = &(*link)->next;
  return link;
}

void
tc_loop_take_back (TcLoop *self, const TcMail *mail)
{
  take_out (&self->taken, mail);
  pthread_mutex_lock (&self->lock);
  self->last = take_out (&self->first, mail);
  pthread_mutex_unlock (&self->lock);
}

int
tc_loop_watch (TcLoop *self, TcWatch *watch, uint32_t events)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };

  return epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event);
}

void
tc_loop_watch_for (TcLoop *self, TcWatch *watch, uint32_t events)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };

  epoll_ctl (self->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

void
tc_loop_unwatch (TcLoop *self, TcWatch *watch)
{
  epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
  /* What the running batch still holds for it must not be delivered: it may be freed next. */
  for (int i = 0; i < self->n_batch; i++)
    if (self->batch[i].data.ptr == watch)
      self->batch[i].data.ptr = NULL;
}

static void
place (TcLoop *self, TcTimer *timer, size_t at)
{
  self->heap[at] = timer;
  timer->place = at;
}

/* Puts @timer where it belongs, starting from the hole at @at. */
static void
sift (TcLoop *self, TcTimer *timer, size_t at)
{
  while (at > 1 && timer->due < self->heap[at / 2]->due)
    {
      place (self, self->heap[at / 2], at);
      at /= 2;
    }
  for (;;)
    {
      size_t child = 2 * at;

      if (child < self->n_timers && self->heap[child + 1]->due < self->heap[child]->due)
        child++;
      if (child > self->n_timers || self->heap[child]->due >= timer->due)
        break;
      place (self, self->heap[child], at);
      at = child;
    }
  place (self, timer, at);
}

int
tc_loop_arm (TcLoop *self, TcTimer *timer, uint64_t due)
{
  size_t hole = timer->place;

  if (hole == 0)
    {
      if (self->n_timers + 1 >= self->max_timers)
        {
          size_t max = self->max_timers > 0 ? 2 * self->max_timers : 64;
          TcTimer **heap = realloc (self->heap, max * sizeof *heap);

          if (heap == NULL)
            return -1;
          self->heap = heap;
          self->max_timers = max;
        }
      hole = ++self->n_timers;
    }
  timer->due = due;
  sift (self, timer, hole);
  return 0;
}

void
tc_loop_disarm (TcLoop *self, TcTimer *timer)
{
  size_t hole = timer->place;
  TcTimer *last;

  if (hole == 0)
    return;
  last = self->heap[self->n_timers--];
  timer->place = 0;
  if (last != timer)
    sift (self, last, hole);
}

/* Milliseconds until the next timer, rounded up; -1: none. */
static int
next_timeout (const TcLoop *self)
{
  uint64_t now, wait;

  if (self->n_timers == 0)
    return -1;
  now = tc_now ();
  if (self->heap[1]->due <= now)
    return 0;
  wait = (self->heap[1]->due - now + 999999) / 1000000;
  return wait < INT_MAX ? (int) wait : INT_MAX;
}

static void
fire_timers (TcLoop *self)
{
  uint64_t now;

  if (self->n_timers == 0)
    return;
  /* One reading of the clock: what is armed again for "now" meanwhile waits for the next round. */
  now = tc_now ();
  while (self->n_timers > 0 && self->heap[1]->due <= now)
    {
      TcTimer *timer = self->heap[1];

      tc_loop_disarm (self, timer);
      timer->fire (timer);
      step (self, 2);
    }
}

/* It sees that there is something to do before the sentry is asked whether it sleeps: one of both is seen. */
static void
begin_round (TcLoop *self)
{
  TcSentry *sentry;

  step (self, 1);
  atomic_thread_fence (memory_order_seq_cst);
  sentry = atomic_load_explicit (&self->sentry, memory_order_acquire);
  if (sentry != NULL)
    tc_sentry_rouse (sentry);
}

void
tc_loop_run (TcLoop *self)
{
  pthread_getcpuclockid (pthread_self (), &self->cpu_clock);
  while (!self->quit)
    {
      self->n_batch = epoll_wait (self->epoll_fd, self->batch, BATCH, next_timeout (self));
      begin_round (self);
      for (int i = 0; i < self->n_batch; i++)
        {
          TcWatch *watch = self->batch[i].data.ptr;

          if (watch != NULL)
            watch->ready (watch, self->batch[i].events);
          step (self, 2);
        }
      self->n_batch = 0;
      fire_timers (self);
      step (self, 1);
    }
}

void
tc_loop_set_sentry (TcLoop *self, TcSentry *sentry)
{
  atomic_store (&self->sentry, sentry);
}

uint64_t
tc_loop_count_steps (TcLoop *self)
{
  return atomic_load (&self->steps);
}

uint64_t
tc_loop_get_cpu_time (TcLoop *self)
{
  struct timespec used;

  clock_gettime (self->cpu_clock, &used);
  return (uint64_t) used.tv_sec * 1000000000u + (uint64_t) used.tv_nsec;
}

void
tc_loop_quit (TcLoop *self)
{
  self->quit = true;
}
