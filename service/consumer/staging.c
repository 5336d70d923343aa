/* SPDX-License-Identifier: GPL-2.0-only */
/* The consumer's staging pool: made, or inherited, when the service says hello, and used once the service has it. */
#include "consumer/consumer.h"

/* ns: long after a service has asked for all that the dead one held. */
static const uint64_t claimed_by = 60000000000;

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
  bool inherited = self->orphans.fire != NULL;

  if (self->staging == NULL || self->staging_is_kept)
    return;
  self->staging_is_kept = known || inherited;
  if (self->staging_is_kept)
    tc_staging_pool_fill_idly (self->staging);
  else
    tc_staging_end (self);
}

void
tc_staging_end (TcConsumer *self)
{
  tc_staging_pool_free (self->staging);
  self->staging = NULL;
}
