/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/event.h"

#include "base/limits.h"
#include "supervise/request.h"

#include <string.h>

static gboolean
handle_key (TbusConsumer *consumer, TwReader *reader, TbusHoldings *held, TbusHeld kind, const char *signal)
{
  guint64 key = tw_get_u64 (reader);

  if (!tw_reader_done (reader))
    return FALSE;
  if (tbus_holdings_has (held, kind, key))
    g_signal_emit_by_name (consumer, signal, key);
  return TRUE;
}

static gboolean
handle_counters (TbusConsumer *consumer, TwReader *reader, TbusHoldings *held)
{
  g_autoptr(GArray) counters = tbus_counters_read (reader, held);
  TbusCountersList list;

  if (counters == NULL)
    return FALSE;
  list = (TbusCountersList){ (const TbusCounters *) (gpointer) counters->data, counters->len };
  if (list.n > 0)
    g_signal_emit_by_name (consumer, "counters", &list);
  return TRUE;
}

static gboolean
handle_unfinished (TbusConsumer *consumer, TwReader *reader, TbusHoldings *held)
{
  TwUnfinished unfinished;

  if (!tw_get_unfinished (reader, &unfinished))
    return FALSE;
  if (tbus_holdings_has (held, TBUS_HELD_CHANNEL, unfinished.channel))
    g_signal_emit_by_name (consumer, "unfinished", unfinished.channel, unfinished.told_at);
  return TRUE;
}

static gboolean
handle_output_stuck (TbusConsumer *consumer, TbusConsumerLink *link, const GQueue *waiting, TwReader *reader)
{
  guint64 stuck = tw_get_u64 (reader);

  if (!tw_reader_done (reader) || stuck > 1)
    return FALSE;
  if (stuck == 1 && link != NULL)
    tbus_consumer_link_give_up_checks (link, waiting);
  tbus_consumer_set_stuck (consumer, stuck == 1);
  return TRUE;
}

static gboolean
handle_problem (TbusConsumer *consumer, TwReader *reader, TbusHoldings *held)
{
  g_autofree char *message = NULL;
  TbusProblemReport report;
  TwProblem problem;

  if (!tw_get_problem (reader, &problem) || *problem.code == '\0' || strlen (problem.code) > TBUS_MAX_NAME
      || problem.code[strspn (problem.code, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
    return FALSE;
  message = tbus_request_make_text (problem.message);
  report = (TbusProblemReport){ problem.session, problem.code, problem.active != 0, message };
  if (tbus_holdings_has (held, TBUS_HELD_OUTPUT, problem.session))
    g_signal_emit_by_name (consumer, "problem", &report);
  return TRUE;
}

gboolean
tbus_event_handle (TbusConsumer *consumer, TbusConsumerLink *link, const GQueue *waiting, TwMessage *event,
                   TbusHoldings *held)
{
  TwReader reader = { .data = event->body, .len = event->body_len };

  if (event->n_fds > 0)
    return FALSE;
  switch (event->type)
    {
    case TW_METADATA_REQUEST:
      return handle_key (consumer, &reader, held, TBUS_HELD_SET, "metadata-wanted");
    case TW_HANGUP:
      return handle_key (consumer, &reader, held, TBUS_HELD_CHANNEL, "hangup");
    case TW_COUNTERS:
      return handle_counters (consumer, &reader, held);
    case TW_UNFINISHED:
      return handle_unfinished (consumer, &reader, held);
    case TW_OUTPUT_STUCK:
      return handle_output_stuck (consumer, link, waiting, &reader);
    case TW_PROBLEM:
      return handle_problem (consumer, &reader, held);
    default:
      return FALSE;
    }
}
