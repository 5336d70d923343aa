/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/metadata-push.h"

#include "base/error.h"

typedef struct {
  guint64 target; /* done when so much is sent */
  guint64 from;
  TbusMetadataPushFunc done;
  gpointer data;
} Waiter;

struct TbusMetadataPush {
  TbusBufferSet *set; /* borrowed: my owner */
  TbusConsumer *consumer;
  guint64 sent;
  guint64 asked;  /* where the prompt that is under way ends */
  gboolean busy;  /* a prompt is under way, or its answer is being passed on */
  gboolean held;  /* no prompt may be */
  gboolean again; /* and another was asked for */
  gboolean closed;
  gboolean orphan; /* freed by the answer that is still to come */
  GArray *waiters; /* of Waiter */
};

TbusMetadataPush *
tbus_metadata_push_new (TbusBufferSet *set, TbusConsumer *consumer)
{
  TbusMetadataPush *self = g_new0 (TbusMetadataPush, 1);

  self->set = set;
  self->consumer = g_object_ref (consumer);
  self->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  return self;
}

/* Takes the waiters that @all or the sent length lets go, then calls them: they may ask again. */
static void
answer (TbusMetadataPush *self, gboolean all, const GError *error)
{
  g_autoptr(GArray) ready = g_array_new (FALSE, FALSE, sizeof (Waiter));
  guint64 sent = self->sent;

  for (guint i = 0; i < self->waiters->len;)
    {
      Waiter *waiter = &g_array_index (self->waiters, Waiter, i);

      if (!all && waiter->target > sent)
        {
          i++;
          continue;
        }
      g_array_append_val (ready, *waiter);
      g_array_remove_index (self->waiters, i);
    }
  for (guint i = 0; i < ready->len; i++)
    {
      Waiter *waiter = &g_array_index (ready, Waiter, i);

      waiter->done (sent > waiter->from ? sent - waiter->from : 0, error, waiter->data);
    }
}

static void
destroy (TbusMetadataPush *self)
{
  g_array_unref (self->waiters);
  g_object_unref (self->consumer);
  g_free (self);
}

/* After closing, the consumer wrote what was published: whoever still waits has what it asked for. */
void
tbus_metadata_push_free (TbusMetadataPush *self)
{
  g_autoptr(GError) error = NULL;

  if (!self->closed)
    error = g_error_new_literal (TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "The buffers are gone");
  answer (self, TRUE, error);
  self->orphan = self->busy;
  if (!self->orphan)
    destroy (self);
}

static void prompt (TbusMetadataPush *self);

/* Takes what the consumer says it has; FALSE with @error where a prompt for more brought nothing. */
static gboolean
take_reply (TbusMetadataPush *self, guint64 written, GError **error)
{
  guint64 before = self->sent;

  self->sent = MIN (written, tbus_metadata_log_length (self->set->log));
  if (self->sent > before || self->sent >= self->asked)
    return TRUE;
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED,
               "A consumer that was asked for metadata up to byte %" G_GUINT64_FORMAT " stays at %" G_GUINT64_FORMAT,
               self->asked, self->sent);
  return FALSE;
}

static void
on_pushed (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  TbusMetadataPush *self = data;
  g_autoptr(TbusBufferSet) set = self->set; /* the prompt's reference */
  g_autoptr(GError) stuck = NULL;

  if (error == NULL && !self->orphan && !take_reply (self, *(const guint64 *) reply, &stuck))
    error = stuck;
  answer (self, error != NULL, error);
  self->busy = FALSE;
  if (self->orphan)
    destroy (self);
  else if (!self->closed && !self->held
           && (self->waiters->len > 0 || (error == NULL && (self->again || self->sent < self->asked))))
    prompt (self);
}

static void
prompt (TbusMetadataPush *self)
{
  const TbusPushRequest request = {
    .set = self->set->id,
    .offset = self->sent,
    .length = tbus_metadata_log_length (self->set->log) - self->sent,
  };

  self->busy = TRUE;
  self->again = FALSE;
  self->asked = request.offset + request.length;
  tbus_buffer_set_ref (self->set);
  TBUS_CONSUMER_GET_CLASS (self->consumer)->push (self->consumer, &request, on_pushed, self);
}

void
tbus_metadata_push_run (TbusMetadataPush *self, gboolean always, TbusMetadataPushFunc done, gpointer data)
{
  guint64 published = tbus_metadata_log_length (self->set->log);
  Waiter waiter = { published, self->sent, done, data };

  if (self->closed || (published == self->sent && !always))
    {
      if (done != NULL)
        done (0, NULL, data);
      return;
    }
  if (done != NULL)
    g_array_append_val (self->waiters, waiter);
  if (self->busy || self->held)
    self->again |= always || published > self->asked;
  else
    prompt (self);
}

void
tbus_metadata_push_hold (TbusMetadataPush *self)
{
  self->held = TRUE;
}

void
tbus_metadata_push_release (TbusMetadataPush *self, gint64 written)
{
  guint64 published = tbus_metadata_log_length (self->set->log);

  self->held = FALSE;
  for (guint i = 0; written >= 0 && i < self->waiters->len; i++)
    g_array_index (self->waiters, Waiter, i).target = published;
  if (written >= 0)
    self->sent = MIN ((guint64) written, published);
  if (!self->busy && !self->closed && (self->again || self->waiters->len > 0 || self->sent < published))
    prompt (self);
}

guint64
tbus_metadata_push_get_sent (TbusMetadataPush *self)
{
  return self->sent;
}

void
tbus_metadata_push_close (TbusMetadataPush *self)
{
  self->closed = TRUE;
}

gboolean
tbus_metadata_push_is_closed (TbusMetadataPush *self)
{
  return self->closed;
}
