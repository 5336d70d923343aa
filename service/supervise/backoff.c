/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/backoff.h"

gint64
tbus_backoff_died (TbusBackoff *self, gint64 lived_ms)
{
  if (lived_ms >= TBUS_BACKOFF_LIFE_MS)
    self->deaths = 0;
  if (self->deaths + 1 >= TBUS_BACKOFF_DEATHS)
    return -1;
  self->deaths++;
  return self->deaths == 1 ? 0 : (gint64) self->first_ms << (self->deaths - 2);
}

gint64
tbus_backoff_rest (const TbusBackoff *self)
{
  return (gint64) self->first_ms << (TBUS_BACKOFF_DEATHS - 2);
}
