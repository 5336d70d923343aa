/* SPDX-License-Identifier: GPL-2.0-only */
/* The consumer's staging pool: made, or inherited, when the service says hello, and used once the service has it. */
#include "consumer/consumer.h"

/* ns: long after a service has asked for all that the dead one held. */
static const uint64_t claimed_by = 60000000000;

/*
 * ns: to touch what is to be there ahead takes a CPU some 9 ms, while the programs that a session was started for come
 * up. Nobody needs the memory before rings overflow.
 */
static const uint64_t fill_pause = 50000000;

/* On the first writer, which writes in between. Once the pool is in use, there is no time for pauses. */
static void
fill (TcConsumer *self)
{
  if (!tc_staging_pool_fill (self->staging))
    return;
  if (tc_staging_pool_is_used (self->staging))
    tc_loop_post (self->writers[0].loop, &self->staging_mail);
  else
    tc_loop_arm (self->writers[0].loop, &self->staging_timer, tc_now () + fill_pause);
}

static void
on_fill (TcMail *mail)
{
  fill (TC_CONTAINER (mail, TcConsumer, staging_mail));
}

static void
on_fill_pause (TcTimer *timer)
{
  fill (TC_CONTAINER (timer, TcConsumer, staging_timer));
}

/* Of the timer and the mail, one at most is under way. */
static void
on_hurry (TcMail *mail)
{
  TcConsumer *self = TC_CONTAINER (mail, TcConsumer, staging_hurry);

  if (self->staging_timer.place == 0)
    return;
  tc_loop_disarm (self->writers[0].loop, &self->staging_timer);
  fill (self);
}

/* On a drain, once. */
static void
on_use (void *data)
{
  TcConsumer *self = data;

  tc_loop_post (self->writers[0].loop, &self->staging_hurry);
}

static void
on_orphans (TcTimer *timer)
{
  (void) tc_staging_pool_forget (TC_CONTAINER (timer, TcConsumer, orphans)->staging);
}

void
tc_staging_begin (TcConsumer *self, int *fd)
{
  if (self->staging != NULL)
    return;
  if (fd != NULL && (self->staging = tc_staging_pool_adopt (*fd)) != NULL)
    {
      *fd = -1;
      self->orphans.fire = on_orphans;
      tc_loop_arm (self->loop, &self->orphans, tc_now () + claimed_by);
    }
  else if (self->staging_size > 0)
    self->staging = tc_staging_pool_new (self->staging_size);
}

void
tc_staging_told (TcConsumer *self, bool known)
{
  bool inherited = self->orphans.fire != NULL, used = self->staging_mail.run != NULL;

  if (self->staging == NULL || used)
    return;
  if (!known && !inherited)
    {
      tc_staging_end (self);
      return;
    }
  self->staging_mail.run = on_fill;
  self->staging_timer.fire = on_fill_pause;
  self->staging_hurry.run = on_hurry;
  tc_staging_pool_tell_use (self->staging, on_use, self);
  tc_loop_post (self->writers[0].loop, &self->staging_mail);
}

void
tc_staging_end (TcConsumer *self)
{
  tc_staging_pool_free (self->staging);
  self->staging = NULL;
}
