/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/request.h"

#include "base/error.h"
#include "base/fd-budget.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  MAX_PATH = 4096,
  MAX_MOUNT = 4 * MAX_PATH, /* with its blanks as \\040 */
  MAX_TEXT = 1024, /* bytes of a message that are passed on */
  MAX_TRIES = 4,   /* of a request that no process survives */
};

TbusRequest *
tbus_request_new (TbusConsumer *consumer, TwType type, guint64 key, TbusConsumerDone done, gpointer data)
{
  TbusRequest *self = g_new0 (TbusRequest, 1);

  self->consumer = g_object_ref (consumer);
  self->type = type;
  self->asked = g_get_monotonic_time ();
  self->key = key;
  self->fd = -1;
  self->done = done;
  self->data = data;
  return self;
}

const char *
tbus_request_describe (const TbusRequest *self)
{
  static const char *const words[] = {
    [TW_HELLO] = "saying hello",
    [TW_CHECK_OUTPUT] = "looking at an output",
    [TW_OPEN_OUTPUT] = "opening an output",
    [TW_CLOSE_OUTPUT] = "closing an output",
    [TW_ADD_SET] = "making a directory",
    [TW_ADD_CHANNEL] = "making buffers",
    [TW_PUSH] = "writing metadata",
    [TW_RESUME] = "starting a session",
    [TW_FLUSH] = "flushing buffers",
    [TW_CLOSE_SET] = "closing a trace",
    [TW_CLOSE_CHANNEL] = "closing buffers",
    [TW_READ_CLOCK] = "reading the clock",
    [TW_REPLACE_METADATA] = "replacing metadata",
    [TW_ADOPT_CHANNEL] = "taking over buffers",
    [TW_SETTLE] = "closing what is left",
    [TW_INSPECT] = "looking for an unfinished packet",
    [TW_MEND] = "finishing a packet",
  };

  return self->type < G_N_ELEMENTS (words) && words[self->type] != NULL ? words[self->type] : "answering";
}

void
tbus_request_free (TbusRequest *self)
{
  tw_writer_clear (&self->body);
  if (self->fd >= 0)
    {
      close (self->fd);
      tbus_fd_budget_give (1);
    }
  g_clear_pointer (&self->order, tbus_ring_order_free);
  g_clear_pointer (&self->ring, tbus_ring_unref);
  g_object_unref (self->consumer);
  g_free (self);
}

gboolean
tbus_request_take_copy (TbusRequest *self, int fd, GError **error)
{
  int copy;

  if (!tbus_fd_budget_take (1, "A request to a consumer", error))
    return FALSE;
  copy = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0)
    {
      tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot pass a descriptor to a consumer");
      tbus_fd_budget_give (1);
      return FALSE;
    }
  self->fd = copy;
  return TRUE;
}

int *
tbus_request_list_fds (const TbusRequest *self, gsize *n)
{
  guint n_streams;
  int *fds;

  *n = self->order != NULL ? (self->order->in_files ? 0 : self->order->n_streams) : self->fd >= 0;
  if (self->ring == NULL)
    return g_memdup2 (self->order != NULL ? self->order->memory_fds : &self->fd, *n * sizeof *fds);
  n_streams = self->ring->n_streams;
  *n = 2 * (gsize) n_streams;
  fds = g_new (int, *n);
  for (guint i = 0; i < n_streams; i++)
    {
      fds[i] = self->ring->streams[i].memory_fd;
      fds[n_streams + i] = self->ring->streams[i].wait_fd;
    }
  return fds;
}

gboolean
tbus_request_reset (TbusRequest *self)
{
  /* A hello is each process's own; who asked whether an output is good hears that it could not be found out. */
  if (self->type == TW_HELLO || self->type == TW_CHECK_OUTPUT || ++self->tries >= MAX_TRIES)
    return FALSE;
  g_clear_pointer (&self->order, tbus_ring_order_free); /* what the dead one made of it nobody has seen */
  return TRUE;
}

void
tbus_request_do_not_repeat (TbusRequest *self)
{
  self->tries = MAX_TRIES;
}

void
tbus_request_hold (const TbusRequest *self, TbusHoldings *held)
{
  if (self->type == TW_OPEN_OUTPUT)
    tbus_holdings_add (held, TBUS_HELD_OUTPUT, self->key, 0);
  else if (self->type == TW_ADD_SET)
    tbus_holdings_add (held, TBUS_HELD_SET, self->key, 0);
  else if (self->type == TW_ADD_CHANNEL || self->type == TW_ADOPT_CHANNEL)
    tbus_holdings_add (held, TBUS_HELD_CHANNEL, self->key, self->parent);
}

static void
answer (TbusRequest *self, gconstpointer reply, const GError *error)
{
  if (self->done != NULL)
    self->done (self->consumer, reply, error, self->data);
  tbus_request_free (self);
}

void
tbus_request_fail (TbusRequest *self, const GError *error)
{
  /* The budget is whole again before anybody hears of it. */
  g_clear_pointer (&self->order, tbus_ring_order_free);
  answer (self, NULL, error);
}

void
tbus_request_give_up (TbusRequest *self, const GError *error)
{
  TbusConsumerDone done = self->done;

  self->done = NULL;
  if (done != NULL)
    done (self->consumer, NULL, error, self->data);
}

void
tbus_request_fail_all (GPtrArray *requests, const GError *error)
{
  while (requests != NULL && requests->len > 0)
    tbus_request_fail (g_ptr_array_steal_index (requests, 0), error);
}

typedef struct {
  TbusRequest *request;
  GError *error;
} Failure;

static void
failure_run (gpointer data)
{
  Failure *self = data;

  tbus_request_fail (g_steal_pointer (&self->request), self->error);
}

static void
failure_free (gpointer data)
{
  Failure *self = data;

  g_clear_pointer (&self->request, tbus_request_free);
  g_error_free (self->error);
  g_free (self);
}

void
tbus_request_fail_later (TbusRequest *self, GError *error)
{
  Failure *failure = g_new (Failure, 1);

  *failure = (Failure){ self, error };
  tbus_post (TBUS_THREAD_MAIN, failure_run, failure, failure_free);
}

/* What a refusal with @errnum means to the caller. */
static TbusError
refusal_code (TwType type, guint32 errnum)
{
  switch (errnum)
    {
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ETOOMANYREFS: /* descriptors on the way */
      return TBUS_ERROR_EXHAUSTED;
    case ENOSPC:
    case EDQUOT:
    case EROFS:
    case EACCES:
    case EPERM:
    case EIO:
      return TBUS_ERROR_OUTPUT_UNAVAILABLE;
    default:
      break;
    }
  if (type == TW_CHECK_OUTPUT || type == TW_OPEN_OUTPUT || type == TW_ADD_SET)
    return TBUS_ERROR_OUTPUT_UNAVAILABLE;
  return TBUS_ERROR_CONSUMER_FAILED;
}

char *
tbus_request_make_text (const char *text)
{
  /* What is cut within a character is made valid too. */
  return g_utf8_make_valid (text, (gssize) strnlen (text, MAX_TEXT));
}

static TbusAnswer
answer_refused (TbusRequest *self, const TwMessage *reply, TbusHoldings *held)
{
  TwReader reader = { .data = reply->body, .len = reply->body_len };
  g_autofree char *reason = tbus_request_make_text (tw_get_str (&reader));
  g_autoptr(GError) error = NULL;

  if (!tw_reader_done (&reader) || reply->n_fds > 0)
    return TBUS_MALFORMED;
  /* What could not be made is not held. */
  if (self->type == TW_OPEN_OUTPUT)
    tbus_holdings_remove (held, TBUS_HELD_OUTPUT, self->key);
  else if (self->type == TW_ADD_SET)
    tbus_holdings_remove (held, TBUS_HELD_SET, self->key);
  else if (self->type == TW_ADD_CHANNEL || self->type == TW_ADOPT_CHANNEL)
    tbus_holdings_remove (held, TBUS_HELD_CHANNEL, self->key);
  g_set_error_literal (&error, TBUS_ERROR, refusal_code (self->type, reply->status), reason);
  tbus_request_fail (self, error);
  return TBUS_ANSWERED;
}

static TbusAnswer
answer_path (TbusRequest *self, TwReader *reader)
{
  const char *path = tw_get_str (reader);
  const char *mount = self->type == TW_OPEN_OUTPUT ? tw_get_str (reader) : "";
  const TbusOutputPlace place = { path, *mount != '\0' ? mount : NULL };
  g_autoptr(GError) error = NULL;

  if (!tw_reader_done (reader) || *path != '/' || strlen (path) >= MAX_PATH || (*mount != '\0' && *mount != '/')
      || strlen (mount) >= MAX_MOUNT)
    return TBUS_MALFORMED;
  if (g_utf8_validate (path, -1, NULL))
    {
      answer (self, &place, NULL);
      return TBUS_ANSWERED;
    }
  /* A home directory may be called anything; the bus can't carry it. */
  g_set_error (&error, TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE, "The output's absolute path is not UTF-8");
  tbus_request_fail (self, error);
  return TBUS_ANSWERED;
}

static TbusAnswer
answer_nothing (TbusRequest *self, TwReader *reader, TbusHoldings *held)
{
  if (!tw_reader_done (reader))
    return TBUS_MALFORMED;
  if (self->type == TW_CLOSE_OUTPUT)
    tbus_holdings_remove (held, TBUS_HELD_OUTPUT, self->key);
  answer (self, NULL, NULL);
  return TBUS_ANSWERED;
}

static TbusAnswer
answer_length (TbusRequest *self, TwReader *reader)
{
  guint64 length = tw_get_u64 (reader);

  if (!tw_reader_done (reader))
    return TBUS_MALFORMED;
  answer (self, &length, NULL);
  return TBUS_ANSWERED;
}

static TbusAnswer
answer_clock (TbusRequest *self, TwReader *reader)
{
  g_autofree char *name = NULL;
  g_autofree char *description = NULL;
  TbusClockReport report;
  TwClock clock;

  if (!tw_get_clock (reader, &clock))
    return TBUS_MALFORMED;
  name = tbus_request_make_text (clock.name);
  description = tbus_request_make_text (clock.description);
  report = (TbusClockReport){
    .name = name, .description = description, .frequency = clock.frequency, .offset = clock.offset,
  };
  memcpy (report.uuid, clock.uuid, sizeof report.uuid);
  answer (self, &report, NULL);
  return TBUS_ANSWERED;
}

GArray *
tbus_counters_read (TwReader *in, TbusHoldings *held)
{
  TwCounters *values = NULL;
  gint64 n = tw_get_counters (in, &values);
  GArray *counters;

  if (n < 0)
    return NULL;
  counters = g_array_sized_new (FALSE, FALSE, sizeof (TbusCounters), (guint) n);
  for (gint64 i = 0; i < n; i++)
    {
      const TbusCounters one = {
        .channel = values[i].channel,
        .bytes_written = values[i].bytes_written,
        .packets_written = values[i].packets_written,
        .events_discarded = values[i].events_discarded,
        .packets_lost = values[i].packets_lost,
        .bytes_dropped = values[i].bytes_dropped,
      };

      if (tbus_holdings_has (held, TBUS_HELD_CHANNEL, one.channel))
        g_array_append_val (counters, one);
    }
  free (values);
  return counters;
}

static TbusAnswer
answer_counters (TbusRequest *self, TwReader *reader, TbusHoldings *held)
{
  g_autoptr(GArray) counters = tbus_counters_read (reader, held);
  TbusCountersList list;

  if (counters == NULL)
    return TBUS_MALFORMED;
  if (self->type == TW_CLOSE_SET)
    tbus_holdings_remove (held, TBUS_HELD_SET, self->key);
  else if (self->type == TW_CLOSE_CHANNEL)
    tbus_holdings_remove (held, TBUS_HELD_CHANNEL, self->key);
  list = (TbusCountersList){ (const TbusCounters *) (gpointer) counters->data, counters->len };
  answer (self, &list, NULL);
  return TBUS_ANSWERED;
}

static TbusAnswer
answer_ring (TbusRequest *self, TwMessage *reply)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(TbusRing) ring = tbus_ring_order_accept (g_steal_pointer (&self->order), reply, &error);

  answer (self, ring, error);
  return ring != NULL ? TBUS_ANSWERED : TBUS_ANSWERED_UNDO;
}

TbusAnswer
tbus_request_answer (TbusRequest *self, TwMessage *reply, TbusHoldings *held)
{
  TwReader reader = { .data = reply->body, .len = reply->body_len };

  if (reply->status != 0)
    return answer_refused (self, reply, held);
  if (self->type == TW_ADD_CHANNEL)
    return answer_ring (self, reply);
  if (reply->n_fds > 0)
    return TBUS_MALFORMED;
  switch (self->type)
    {
    case TW_CHECK_OUTPUT:
    case TW_OPEN_OUTPUT:
      return answer_path (self, &reader);
    case TW_CLOSE_OUTPUT:
    case TW_ADD_SET:
    case TW_RESUME:
    case TW_SETTLE:
    case TW_INSPECT:
      return answer_nothing (self, &reader, held);
    case TW_READ_CLOCK:
      return answer_clock (self, &reader);
    case TW_PUSH:
    case TW_REPLACE_METADATA:
      return answer_length (self, &reader);
    case TW_ADOPT_CHANNEL:
    case TW_FLUSH:
    case TW_CLOSE_SET:
    case TW_CLOSE_CHANNEL:
    case TW_MEND:
      return answer_counters (self, &reader, held);
    default:
      g_assert_not_reached ();
    }
}
