/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outputs that do not answer: a disk that is frozen, a server that is not there. Nobody can do anything about that, and
 * no other consumer could: it is not ended for it. Callers hear of it, and what they asked for last (Stop, Destroy) is
 * done when the output answers; what they asked for first (Start) they may ask for again.
 */
#include "core/session-private.h"

#include "base/error.h"

static void
answer (TbusSessionWork *work)
{
  TbusSession *session = work->session;
  char *warning = g_strdup_printf ("A file system does not answer: what is in the buffers is written to %s when it "
                                   "does", session->output);

  if (session->state != TBUS_SESSION_ACTIVE)
    tbus_work_fill_totals (work);
  g_ptr_array_add (tbus_operation_get_outcome_mutable (work->operation)->warnings, warning);
  tbus_work_answer_early (work);
}

GError *
tbus_session_make_stuck_error (TbusSession *self)
{
  return g_error_new (TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE,
                      "Session \"%s\" waits for a file system that does not answer: it records to %s", self->name,
                      self->output);
}

/*
 * One that has an answer may be the last that keeps the session, and callers may ask for more at once. One that begins
 * because of this, a Stop after a Flush, has until the next look.
 */
static void
answer_callers (TbusSession *self)
{
  g_autoptr(TbusSession) keep = g_object_ref (self);
  const TbusSessionWork *running = g_queue_peek_head (&self->works);
  g_autoptr(GList) works = g_list_copy (self->works.head);

  for (GList *link = works; link != NULL; link = link->next)
    {
      TbusSessionWork *work = link->data;

      if (g_queue_find (&self->works, work) == NULL || work->task == NULL
          || work->stuck == TBUS_STUCK_NO_CALLER || (work != running && work == g_queue_peek_head (&self->works)))
        continue;
      if (work->stuck == TBUS_STUCK_ANSWERED)
        answer (work);
      else if (work != running || work->stuck != TBUS_STUCK_WAITS)
        tbus_work_refuse_early (work, tbus_session_make_stuck_error (self));
    }
}

void
tbus_session_output_stuck (TbusSession *self, TbusConsumer *consumer, gboolean stuck)
{
  if (!stuck)
    tbus_session_clear_problem (self, TBUS_PROBLEM_OUTPUT_STUCK, tbus_consumer_get_id (consumer));
  else if (tbus_session_find_output (self, consumer) != NULL)
    {
      tbus_session_set_problem (self, TBUS_PROBLEM_OUTPUT_STUCK,
                                "a file system does not answer: events wait in their buffers until it does, and what "
                                "those cannot hold is discarded and counted",
                                tbus_consumer_get_id (consumer));
      answer_callers (self);
    }
}
