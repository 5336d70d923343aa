/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/errand.h"

struct TbusErrand {
  GList node;
  TbusHealth health;
};

static GMutex lock;
static GQueue errands = G_QUEUE_INIT; /* of TbusErrand; under @lock */

TbusErrand *
tbus_errand_begin (const char *doing)
{
  TbusErrand *self = g_new0 (TbusErrand, 1);

  self->node.data = self;
  self->health = (TbusHealth){ TRUE, g_get_monotonic_time (), doing };
  g_mutex_lock (&lock);
  g_queue_push_tail_link (&errands, &self->node);
  g_mutex_unlock (&lock);
  return self;
}

void
tbus_errand_end (TbusErrand *self)
{
  g_mutex_lock (&lock);
  g_queue_unlink (&errands, &self->node);
  g_mutex_unlock (&lock);
  g_free (self);
}

GArray *
tbus_errand_list (void)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (TbusHealth));

  g_mutex_lock (&lock);
  for (GList *link = errands.head; link != NULL; link = link->next)
    g_array_append_val (list, ((TbusErrand *) link->data)->health);
  g_mutex_unlock (&lock);
  return list;
}
