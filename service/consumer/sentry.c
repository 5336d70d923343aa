/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/sentry.h"

#include "consumer/loop.h"
#include "consumer/thread.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Nanoseconds; a callback that uses a tenth of its time is at work. */
static const uint64_t period = 1000000000, work = 100000000;

/* Whether the loop @i is in the same callback as before, without working. *@active: it does something. */
static bool
is_waiting (TcSentry *self, unsigned i, bool *active)
{
  uint64_t steps = tc_loop_count_steps (self->watched[i].loop);
  bool same = steps == self->watched[i].steps;
  uint64_t cpu_time;

  self->watched[i].steps = steps;
  if (steps % 2 == 0)
    {
      self->watched[i].looks = 0;
      *active |= !same;
      return false;
    }
  *active = true;
  cpu_time = tc_loop_get_cpu_time (self->watched[i].loop);
  if (same && cpu_time - self->watched[i].cpu_time < work)
    self->watched[i].looks++;
  else
    self->watched[i].looks = 0;
  self->watched[i].cpu_time = cpu_time;
  return self->watched[i].looks >= TC_SENTRY_LOOKS;
}

/* Whether there will be something to see in a while. */
static bool
look (TcSentry *self)
{
  bool active = false, waiting = false;

  for (unsigned i = 0; i < self->n_loops; i++)
    waiting |= is_waiting (self, i, &active);
  if ((waiting || self->told) && self->tell (self, waiting))
    self->told = waiting;
  return active || self->told;
}

static void
wait_a_while (TcSentry *self)
{
  struct timespec due;

  clock_gettime (CLOCK_MONOTONIC, &due);
  due.tv_sec += (time_t) (period / 1000000000);
  /* Also woken by a loop that roused it as it found out by itself. */
  while (!atomic_load (&self->quit) && (sem_clockwait (&self->news, CLOCK_MONOTONIC, &due) == 0 || errno == EINTR))
    ;
}

/* A loop that begins something after this was set finds it; one that began before is found here. */
static void
sleep_until_roused (TcSentry *self)
{
  bool active = false;

  atomic_store (&self->asleep, true);
  for (unsigned i = 0; i < self->n_loops; i++)
    (void) is_waiting (self, i, &active);
  if (active)
    atomic_store (&self->asleep, false);
  while (!atomic_load (&self->quit) && atomic_load (&self->asleep))
    sem_wait (&self->news);
}

static void *
run (void *data)
{
  TcSentry *self = data;

  while (!atomic_load (&self->quit))
    if (look (self))
      wait_a_while (self);
    else
      sleep_until_roused (self);
  return NULL;
}

void
tc_sentry_init (TcSentry *self, bool (*tell) (TcSentry *self, bool waiting))
{
  memset (self, 0, sizeof *self);
  self->tell = tell;
  sem_init (&self->news, 0, 0);
}

void
tc_sentry_watch (TcSentry *self, TcLoop *loop)
{
  if (self->n_loops == TC_SENTRY_LOOPS)
    return;
  self->watched[self->n_loops++].loop = loop;
  tc_loop_set_sentry (loop, self);
}

int
tc_sentry_start (TcSentry *self)
{
  self->started = tc_thread_start (&self->thread, run, self) == 0;
  if (!self->started)
    return -1;
  pthread_setname_np (self->thread, "sentry");
  return 0;
}

void
tc_sentry_stop (TcSentry *self)
{
  if (!self->started)
    return;
  atomic_store (&self->quit, true);
  sem_post (&self->news);
  pthread_join (self->thread, NULL);
}

void
tc_sentry_clear (TcSentry *self)
{
  sem_destroy (&self->news);
}

void
tc_sentry_rouse (TcSentry *self)
{
  /* The first of several that find it asleep. No lock: a drain, which has a CPU, would wait for who has none. */
  if (atomic_load (&self->asleep) && atomic_exchange (&self->asleep, false))
    sem_post (&self->news);
}
