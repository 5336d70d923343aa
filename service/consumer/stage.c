/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/stage.h"

enum {
  BATCH = 8, /* packets, before it is the next stage's turn */
  FIRST_PAUSE = 100000000, /* ns */
  LONGEST_PAUSE = 1000000000,
};

/* Under the lock. */
static void
tell (TcStage *self)
{
  if (!self->asked)
    return;
  self->asked = false;
  /* News that are on their way tell this, too: who hears them looks at how it is then. */
  if (!self->told)
    tc_loop_post (self->drain, &self->news);
  self->told = true;
}

/* The first ones, up to BATCH. */
static unsigned
look (TcStage *self, uint32_t numbers[BATCH], bool *last_chance)
{
  unsigned n = 0;

  pthread_mutex_lock (&self->lock);
  *last_chance = self->last_chance;
  for (uint32_t number = self->first; n < BATCH && number != 0; number = *tc_staging_pool_next (self->pool, number))
    numbers[n++] = number;
  pthread_mutex_unlock (&self->lock);
  return n;
}

static void
take_off (TcStage *self, const uint32_t *numbers, unsigned n)
{
  pthread_mutex_lock (&self->lock);
  if (n > 0)
    self->first = *tc_staging_pool_next (self->pool, numbers[n - 1]);
  if (self->first == 0)
    self->last = 0;
  self->n_done += n;
  pthread_mutex_unlock (&self->lock);
  for (unsigned i = 0; i < n; i++)
    tc_staging_pool_drop (self->pool, numbers[i]);
}

/* Whoever finds it not busy may free it: nothing is touched after the lock. */
static void
go_on (TcStage *self, bool failed)
{
  pthread_mutex_lock (&self->lock);
  if (self->first == 0)
    {
      atomic_store (&self->busy, false);
      pthread_cond_broadcast (&self->idle);
    }
  else if (!failed)
    tc_loop_post (self->writer, &self->work);
  else if (self->last_chance || tc_loop_arm (self->writer, &self->again, tc_now () + self->pause) < 0)
    tc_loop_post (self->writer, &self->work);
  else
    {
      self->asleep = true;
      pthread_cond_broadcast (&self->idle);
    }
  tell (self);
  pthread_mutex_unlock (&self->lock);
}

static void
run (TcStage *self)
{
  uint32_t numbers[BATCH];
  bool last_chance;
  unsigned n = look (self, numbers, &last_chance);
  unsigned done = self->funcs->write (self, numbers, n, last_chance);

  /* What this leaves in the pool, the drains add to. */
  (void) tc_staging_pool_fill (self->pool);
  if (done == 0 && last_chance)
    {
      self->funcs->lose (self, numbers[0]);
      done = 1;
    }
  if (done > 0)
    self->pause = FIRST_PAUSE;
  else if (self->pause < LONGEST_PAUSE)
    self->pause *= 2;
  take_off (self, numbers, done);
  go_on (self, done == 0);
}

/* On the writer. */
static void
on_work (TcMail *mail)
{
  TcStage *self = (TcStage *) ((char *) mail - offsetof (TcStage, work));

  tc_loop_disarm (self->writer, &self->again);
  run (self);
}

/* On the writer. */
static void
on_again (TcTimer *timer)
{
  TcStage *self = (TcStage *) ((char *) timer - offsetof (TcStage, again));
  bool woken;

  pthread_mutex_lock (&self->lock);
  woken = self->asleep;
  self->asleep = false;
  pthread_mutex_unlock (&self->lock);
  if (woken)
    run (self);
}

static void
on_news (TcMail *mail)
{
  TcStage *self = (TcStage *) ((char *) mail - offsetof (TcStage, news));

  pthread_mutex_lock (&self->lock);
  self->told = false;
  pthread_mutex_unlock (&self->lock);
  self->funcs->news (self);
}

void
tc_stage_init (TcStage *self, const TcStageFuncs *funcs, TcStagingPool *pool, TcLoop *writer, TcLoop *drain)
{
  *self = (TcStage) {
    .funcs = funcs, .pool = pool, .writer = writer, .drain = drain, .pause = FIRST_PAUSE,
    .work.run = on_work, .again.fire = on_again, .news.run = on_news,
  };
  pthread_mutex_init (&self->lock, NULL);
  pthread_cond_init (&self->idle, NULL);
}

void
tc_stage_clear (TcStage *self)
{
  if (self->funcs == NULL)
    return;
  /* The writer's last hold of it. */
  pthread_mutex_lock (&self->lock);
  pthread_mutex_unlock (&self->lock);
  tc_loop_take_back (self->drain, &self->news);
  /* A dead consumer's, whose rings cannot be gone on with. */
  while (self->first != 0)
    {
      uint32_t number = self->first;

      self->first = *tc_staging_pool_next (self->pool, number);
      tc_staging_pool_drop (self->pool, number);
    }
  pthread_cond_destroy (&self->idle);
  pthread_mutex_destroy (&self->lock);
  self->funcs = NULL;
}

bool
tc_stage_is_busy (const TcStage *self)
{
  return atomic_load_explicit (&self->busy, memory_order_acquire);
}

/* Under the lock. */
static void
start (TcStage *self)
{
  if (self->first == 0 || atomic_load (&self->busy))
    return;
  atomic_store (&self->busy, true);
  tc_loop_post (self->writer, &self->work);
}

void
tc_stage_put (TcStage *self, uint32_t number, bool now)
{
  pthread_mutex_lock (&self->lock);
  *tc_staging_pool_next (self->pool, number) = 0;
  self->n_put++;
  if (self->last != 0)
    *tc_staging_pool_next (self->pool, self->last) = number;
  else
    self->first = number;
  self->last = number;
  self->last_chance = false;
  if (now)
    start (self);
  pthread_mutex_unlock (&self->lock);
}

void
tc_stage_start (TcStage *self)
{
  pthread_mutex_lock (&self->lock);
  start (self);
  pthread_mutex_unlock (&self->lock);
}

uint64_t
tc_stage_count_put (TcStage *self)
{
  uint64_t n;

  pthread_mutex_lock (&self->lock);
  n = self->n_put;
  pthread_mutex_unlock (&self->lock);
  return n;
}

bool
tc_stage_check_settled (TcStage *self, uint64_t n)
{
  bool settled;

  pthread_mutex_lock (&self->lock);
  settled = !tc_stage_is_busy (self) || self->asleep || self->n_done >= n;
  self->asked = self->asked || !settled;
  pthread_mutex_unlock (&self->lock);
  return settled;
}

bool
tc_stage_check_idle (TcStage *self)
{
  bool idle;

  pthread_mutex_lock (&self->lock);
  idle = !tc_stage_is_busy (self);
  self->asked = self->asked || !idle;
  pthread_mutex_unlock (&self->lock);
  return idle;
}

void
tc_stage_wait (TcStage *self)
{
  pthread_mutex_lock (&self->lock);
  while (atomic_load (&self->busy) && !self->asleep)
    pthread_cond_wait (&self->idle, &self->lock);
  pthread_mutex_unlock (&self->lock);
}

/* Under the lock. */
static void
rouse (TcStage *self)
{
  if (self->asleep)
    tc_loop_post (self->writer, &self->work);
  self->asleep = false;
}

void
tc_stage_rouse (TcStage *self)
{
  pthread_mutex_lock (&self->lock);
  rouse (self);
  pthread_mutex_unlock (&self->lock);
}

void
tc_stage_give_up (TcStage *self)
{
  pthread_mutex_lock (&self->lock);
  self->last_chance = true;
  rouse (self);
  pthread_mutex_unlock (&self->lock);
}

void
tc_stage_finish (TcStage *self)
{
  tc_stage_give_up (self);
  pthread_mutex_lock (&self->lock);
  while (atomic_load (&self->busy))
    pthread_cond_wait (&self->idle, &self->lock);
  pthread_mutex_unlock (&self->lock);
}
