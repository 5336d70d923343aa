/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/turns.h"

struct TbusTurns {
  GQueue waiting; /* of TbusTurn, owned */
};

struct TbusTurn {
  TbusTurns *turns;
  gconstpointer lane;
  TbusTurnFunc run;
  gpointer data;
  gboolean ready;
};

TbusTurns *
tbus_turns_new (void)
{
  TbusTurns *self = g_new0 (TbusTurns, 1);

  g_queue_init (&self->waiting);
  return self;
}

void
tbus_turns_free (TbusTurns *self)
{
  g_return_if_fail (g_queue_is_empty (&self->waiting));
  g_free (self);
}

/* (transfer full) (nullable): the first that may run. */
static TbusTurn *
take_next (TbusTurns *self)
{
  for (GList *link = self->waiting.head; link != NULL; link = link->next)
    {
      TbusTurn *turn = link->data;
      GList *earlier = link->prev;

      while (earlier != NULL && ((TbusTurn *) earlier->data)->lane != turn->lane)
        earlier = earlier->prev;
      if (turn->ready && earlier == NULL)
        {
          g_queue_delete_link (&self->waiting, link);
          return turn;
        }
    }
  return NULL;
}

/* All that may run are taken first: what runs may be the last that keeps us. */
static void
turns_run (TbusTurns *self)
{
  g_autoptr(GPtrArray) next = g_ptr_array_new_with_free_func (g_free);
  TbusTurn *turn;

  while ((turn = take_next (self)) != NULL)
    g_ptr_array_add (next, turn);
  for (guint i = 0; i < next->len; i++)
    {
      turn = g_ptr_array_index (next, i);
      turn->run (turn->data);
    }
}

TbusTurn *
tbus_turns_take (TbusTurns *self, gconstpointer lane, TbusTurnFunc run, gpointer data)
{
  TbusTurn *turn = g_new0 (TbusTurn, 1);

  *turn = (TbusTurn){ self, lane, run, data, FALSE };
  g_queue_push_tail (&self->waiting, turn);
  return turn;
}

void
tbus_turn_ready (TbusTurn *self)
{
  self->ready = TRUE;
  turns_run (self->turns);
}

void
tbus_turn_leave (TbusTurn *self)
{
  TbusTurns *turns = self->turns;

  g_queue_remove (&turns->waiting, self);
  g_free (self);
  turns_run (turns);
}
