/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/drain.h"

#include "consumer/thread.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

unsigned
tc_drain_count (void)
{
  long online = sysconf (_SC_NPROCESSORS_ONLN);

  if (online < 1)
    return 1;
  return online < TC_MAX_DRAINS ? (unsigned) online : TC_MAX_DRAINS;
}

/* The kernel's struct sched_attr, as far as it is used. */
typedef struct {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
} Schedule;

/*
 * Rings overflow while their drain waits for a processor. What the limits of the process allow, in
 * order of effect: a real-time priority, a nice value, or (needs no right) a short slice, so that
 * it runs soon after it wakes up.
 */
static void
hurry (int nice)
{
  const struct sched_param lowest = { .sched_priority = 1 };
  Schedule short_slice = { .size = sizeof short_slice, .policy = SCHED_OTHER, .nice = nice, .runtime = 100000 };

  if (sched_setscheduler (0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) == 0)
    return;
  if (setpriority (PRIO_PROCESS, 0, -20) == 0)
    short_slice.nice = -20;
  (void) syscall (SYS_sched_setattr, 0, &short_slice, 0);
}

static void *
run (void *data)
{
  TcDrain *self = data;

  hurry (self->nice);
  tc_loop_run (self->loop);
  return NULL;
}

static void
on_stop (TcMail *mail)
{
  TcDrain *self = (TcDrain *) ((char *) mail - offsetof (TcDrain, stop));

  tc_loop_quit (self->loop);
}

static void
release (TcDrain *self)
{
  int errnum = errno;

  free (self->pages);
  self->pages = NULL;
  tc_loop_free (self->loop);
  self->loop = NULL;
  errno = errnum;
}

int
tc_drain_start (TcDrain *self, const char *name)
{
  self->stop.run = on_stop;
  /* What the service was given is theirs, too; asked here, since the sandbox may be closed by the time they run. */
  self->nice = getpriority (PRIO_PROCESS, 0);
  self->last_waiting = &self->waiting;
  self->page_size = (size_t) sysconf (_SC_PAGESIZE);
  self->pages = aligned_alloc (self->page_size, TC_DRAIN_BATCH * self->page_size);
  self->loop = tc_loop_new ();
  if (self->pages != NULL && self->loop != NULL && tc_thread_start (&self->thread, run, self) == 0)
    {
      pthread_setname_np (self->thread, name);
      return 0;
    }
  release (self);
  return -1;
}

void
tc_drain_stop (TcDrain *self)
{
  if (self->loop == NULL)
    return;
  tc_loop_post (self->loop, &self->stop);
  pthread_join (self->thread, NULL);
  release (self);
}
