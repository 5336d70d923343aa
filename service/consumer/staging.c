/* SPDX-License-Identifier: GPL-2.0-only */
/* The consumer's staging pool: made, or inherited, when the service says hello, and used once the service has it. */
#include "consumer/consumer.h"

/*
 * Long after a service has asked for all that the dead one held: so often so many ns, in each of which it was heard. A
 * disk may keep this thread waiting for longer than all of them, before it hears of what others have there.
 */
enum { ROUNDS = 6 };
static const uint64_t round_time = 10000000000;

static void
on_orphans (TcTimer *timer)
{
  TcConsumer *self = TC_CONTAINER (timer, TcConsumer, orphans);

  if (++self->orphan_rounds < ROUNDS)
    tc_loop_arm (self->loop, timer, tc_now () + round_time);
  else
    (void) tc_staging_pool_forget (self->staging);
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
      tc_loop_arm (self->loop, &self->orphans, tc_now () + round_time);
    }
  else if (self->staging_size > 0)
    self->staging = tc_staging_pool_new (self->staging_size);
}

void
tc_staging_told (TcConsumer *self, bool known)
{
  bool inherited = self->orphans.fire != NULL;

  if (self->staging == NULL || self->staging_is_kept)
    return;
  self->staging_is_kept = known || inherited;
  if (self->staging_is_kept)
    tc_staging_pool_fill_gently (self->staging);
  else
    tc_staging_end (self);
}

void
tc_staging_end (TcConsumer *self)
{
  tc_staging_pool_free (self->staging);
  self->staging = NULL;
}
