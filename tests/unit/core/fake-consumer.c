/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake-consumer-private.h"

#include "base/error.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

G_DEFINE_FINAL_TYPE (FakeConsumer, fake_consumer, TBUS_TYPE_CONSUMER)

static void
request_free (FakeRequest *request)
{
  if (request->log_fd >= 0)
    close (request->log_fd);
  g_clear_pointer (&request->adopted.ring, tbus_ring_unref);
  g_free (request->text);
  g_free (request);
}

void
fake_consumer_answer (FakeConsumer *self, guint n)
{
  g_autoptr(FakeConsumer) keep = g_object_ref (self);

  for (; n > 0; n--)
    {
      FakeRequest *request = g_queue_pop_head (&self->waiting);

      g_assert_nonnull (request);
      fake_consumer_serve (self, request);
      request_free (request);
    }
}

static gboolean
on_answer (gpointer data)
{
  FakeConsumer *self = data;

  self->source = 0;
  fake_consumer_answer (self, g_queue_get_length (&self->waiting));
  return G_SOURCE_REMOVE;
}

static void
schedule (FakeConsumer *self)
{
  if (self->source == 0 && !self->held && !self->dead && !g_queue_is_empty (&self->waiting))
    self->source = g_idle_add_full (G_PRIORITY_DEFAULT, on_answer, self, NULL);
}

/* Requests. */

static FakeRequest *
ask (TbusConsumer *consumer, FakeVerb verb, guint64 id, TbusConsumerDone done, gpointer data)
{
  FakeConsumer *self = FAKE_CONSUMER (consumer);
  FakeRequest *request = g_new0 (FakeRequest, 1);

  request->verb = verb;
  request->id = id;
  request->log_fd = -1;
  request->done = done;
  request->data = data;
  g_queue_push_tail (&self->waiting, request);
  schedule (self);
  return request;
}

static void
note (TbusConsumer *consumer, const FakeRequest *request, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
note (TbusConsumer *consumer, const FakeRequest *request, const char *format, ...)
{
  const char *verb = fake_verb_to_string (request->verb);
  g_autofree char *rest = NULL;
  va_list args;

  va_start (args, format);
  rest = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (FAKE_CONSUMER (consumer)->log,
                   g_strdup_printf ("%s %" G_GUINT64_FORMAT "%s", verb, request->id, rest));
}

static void
check_output (TbusConsumer *self, const TbusOutputRequest *output, TbusConsumerDone done, gpointer data)
{
  FakeRequest *request = ask (self, FAKE_CHECK_OUTPUT, output->session, done, data);

  request->text = g_strdup (output->path);
  note (self, request, " %s", output->path);
}

static void
open_output (TbusConsumer *self, const TbusOutputRequest *output, TbusConsumerDone done, gpointer data)
{
  FakeRequest *request = ask (self, FAKE_OPEN_OUTPUT, output->session, done, data);

  request->text = g_strdup (output->path);
  note (self, request, " %s", output->path);
}

static void
close_output (TbusConsumer *self, guint64 session, TbusConsumerDone done, gpointer data)
{
  note (self, ask (self, FAKE_CLOSE_OUTPUT, session, done, data), "%s", "");
}

static void
add_set (TbusConsumer *self, const TbusSetRequest *set, TbusConsumerDone done, gpointer data)
{
  FakeRequest *request = ask (self, FAKE_ADD_SET, set->set, done, data);

  request->set = *set;
  request->set.directory = NULL;
  request->text = g_strdup (set->directory);
  request->log_fd = fcntl (set->log_fd, F_DUPFD_CLOEXEC, 3);
  note (self, request, " %s", set->directory);
}

static void
add_channel (TbusConsumer *self, const TbusChannelRequest *channel, TbusConsumerDone done, gpointer data)
{
  FakeRequest *request = ask (self, FAKE_ADD_CHANNEL, channel->channel, done, data);

  request->channel = *channel;
  request->channel.name = NULL;
  request->text = g_strdup (channel->name);
  note (self, request, " %s", channel->name);
}

static void
adopt_channel (TbusConsumer *self, const TbusAdoptRequest *adopted, TbusConsumerDone done, gpointer data)
{
  FakeRequest *request = ask (self, FAKE_ADOPT_CHANNEL, adopted->channel->channel, done, data);

  request->channel = *adopted->channel;
  request->channel.name = NULL;
  request->text = g_strdup (adopted->channel->name);
  request->adopted.ring = tbus_ring_ref (adopted->ring);
  request->adopted.counted = *adopted->counted;
  request->adopted.quiescent = adopted->quiescent;
  note (self, request, " %s", adopted->channel->name);
}

static void
push (TbusConsumer *self, const TbusPushRequest *prompt, TbusConsumerDone done, gpointer data)
{
  FakeRequest *request = ask (self, FAKE_PUSH, prompt->set, done, data);

  request->push = *prompt;
  note (self, request, " %" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT, prompt->offset, prompt->length);
}

static void
read_clock (TbusConsumer *self, TbusConsumerDone done, gpointer data)
{
  ask (self, FAKE_READ_CLOCK, 0, done, data);
}

static void
replace_metadata (TbusConsumer *self, const TbusReplaceRequest *replace, TbusConsumerDone done, gpointer data)
{
  FakeRequest *request = ask (self, FAKE_REPLACE_METADATA, replace->set, done, data);

  request->log_fd = fcntl (replace->log_fd, F_DUPFD_CLOEXEC, 3);
  note (self, request, "%s", "");
}

static void
resume (TbusConsumer *self, guint64 session, TbusConsumerDone done, gpointer data)
{
  note (self, ask (self, FAKE_RESUME, session, done, data), "%s", "");
}

static void
flush (TbusConsumer *self, const TbusFlushRequest *flush_request, TbusConsumerDone done, gpointer data)
{
  static const char *const scopes[] = { " session", " set", " channel" };
  FakeRequest *request = ask (self, FAKE_FLUSH, flush_request->id, done, data);

  request->flush = *flush_request;
  note (self, request, "%s%s", scopes[flush_request->scope], flush_request->final ? " final" : "");
}

static gboolean
is_closing (FakeConsumer *self, guint64 set)
{
  for (GList *link = self->waiting.head; link != NULL; link = link->next)
    {
      const FakeRequest *request = link->data;

      if (request->verb == FAKE_CLOSE_SET && request->id == set)
        return TRUE;
    }
  return FALSE;
}

/* While it closes a set it knows of none: a second request is refused before the first is answered. */
static void
close_set (TbusConsumer *self, guint64 set, TbusConsumerDone done, gpointer data)
{
  gboolean again = is_closing (FAKE_CONSUMER (self), set);
  FakeRequest *request = ask (self, FAKE_CLOSE_SET, set, done, data);

  request->again = again;
  if (again)
    g_queue_push_head (&FAKE_CONSUMER (self)->waiting, g_queue_pop_tail (&FAKE_CONSUMER (self)->waiting));
  note (self, request, "%s", "");
}

static void
close_channel (TbusConsumer *self, guint64 channel, TbusConsumerDone done, gpointer data)
{
  note (self, ask (self, FAKE_CLOSE_CHANNEL, channel, done, data), "%s", "");
}

static void
inspect (TbusConsumer *self, guint64 set, TbusConsumerDone done, gpointer data)
{
  note (self, ask (self, FAKE_INSPECT, set, done, data), "%s", "");
}

static void
mend (TbusConsumer *self, guint64 channel, guint64 told_at, TbusConsumerDone done, gpointer data)
{
  note (self, ask (self, FAKE_MEND, channel, done, data), " %" G_GUINT64_FORMAT, told_at);
}

static void
fake_consumer_finalize (GObject *object)
{
  FakeConsumer *self = FAKE_CONSUMER (object);

  g_assert_true (g_queue_is_empty (&self->waiting));
  g_clear_handle_id (&self->source, g_source_remove);
  g_array_unref (self->outputs);
  g_ptr_array_unref (self->sets);
  g_ptr_array_unref (self->channels);
  g_ptr_array_unref (self->log);
  G_OBJECT_CLASS (fake_consumer_parent_class)->finalize (object);
}

static void
fake_consumer_class_init (FakeConsumerClass *klass)
{
  TbusConsumerClass *ops = TBUS_CONSUMER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = fake_consumer_finalize;
  ops->check_output = check_output;
  ops->open_output = open_output;
  ops->close_output = close_output;
  ops->add_set = add_set;
  ops->add_channel = add_channel;
  ops->adopt_channel = adopt_channel;
  ops->push = push;
  ops->read_clock = read_clock;
  ops->replace_metadata = replace_metadata;
  ops->resume = resume;
  ops->flush = flush;
  ops->close_set = close_set;
  ops->close_channel = close_channel;
  ops->inspect = inspect;
  ops->mend = mend;
}

static void
fake_consumer_init (FakeConsumer *self)
{
  g_queue_init (&self->waiting);
  for (guint i = 0; i < FAKE_N_VERBS; i++)
    self->fail[i] = -1;
  self->at_most = G_MAXUINT64;
  self->outputs = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->sets = g_ptr_array_new_with_free_func (fake_held_set_free);
  self->channels = g_ptr_array_new_with_free_func (fake_channel_free);
  self->log = g_ptr_array_new_with_free_func (g_free);
}

/* What tests say and ask. */

void
fake_consumer_fail (FakeConsumer *self, FakeVerb verb, int code, guint skip)
{
  self->fail[verb] = code;
  self->skip[verb] = skip;
}

void
fake_consumer_hold (FakeConsumer *self, gboolean hold)
{
  self->held = hold;
  if (hold)
    g_clear_handle_id (&self->source, g_source_remove);
  schedule (self);
}

void
fake_consumer_set_clock (FakeConsumer *self, gint64 offset)
{
  self->clock_offset = offset;
}

guint
fake_consumer_get_waiting (FakeConsumer *self)
{
  return g_queue_get_length (&self->waiting);
}

void
fake_consumer_write_at_most (FakeConsumer *self, guint64 bytes)
{
  self->at_most = bytes;
}

static void
end_process (FakeConsumer *self)
{
  g_assert_false (self->dead);
  self->dead = TRUE;
  g_clear_handle_id (&self->source, g_source_remove);
  g_array_set_size (self->outputs, 0);
  g_ptr_array_set_size (self->sets, 0);
  g_ptr_array_set_size (self->channels, 0);
  tbus_consumer_set_process (TBUS_CONSUMER (self), 0, TBUS_CONSUMER_RESTARTING,
                             tbus_consumer_get_restarts (TBUS_CONSUMER (self)) + 1);
}

/* Returns: what was in flight: core has heard of the death, and what it asked waits for the successor. */
static GQueue
die (FakeConsumer *self)
{
  GQueue in_flight = self->waiting;

  end_process (self);
  g_queue_init (&self->waiting);
  g_signal_emit_by_name (self, "died");
  for (GList *link = self->waiting.head; link != NULL; link = link->next)
    ((FakeRequest *) link->data)->anew = TRUE;
  return in_flight;
}

static void
fail (FakeConsumer *self, FakeRequest *request)
{
  fake_consumer_refuse (self, request, TBUS_ERROR_CONSUMER_FAILED, "it died");
  request_free (request);
}

void
fake_consumer_die (FakeConsumer *self)
{
  GQueue in_flight = die (self);
  FakeRequest *request;

  /* What was asked at an earlier death was asked again at this one. */
  while ((request = g_queue_pop_head (&in_flight)) != NULL)
    if (request->anew)
      fail (self, request);
    else
      g_queue_push_tail (&self->waiting, request);
}

void
fake_consumer_die_with_all (FakeConsumer *self)
{
  GQueue in_flight = die (self);
  FakeRequest *request;

  while ((request = g_queue_pop_head (&in_flight)) != NULL)
    fail (self, request);
}

void
fake_consumer_come_back (FakeConsumer *self)
{
  g_assert_true (self->dead);
  self->dead = FALSE;
  tbus_consumer_set_process (TBUS_CONSUMER (self), 4242, TBUS_CONSUMER_RUNNING,
                             tbus_consumer_get_restarts (TBUS_CONSUMER (self)));
  schedule (self);
}

char *
fake_consumer_take_log (FakeConsumer *self)
{
  char *log;

  g_ptr_array_add (self->log, NULL);
  log = g_strjoinv (", ", (char **) self->log->pdata);
  g_ptr_array_set_size (self->log, 0);
  return log;
}

char *
fake_consumer_take_log_of (FakeConsumer *self, FakeVerb verb)
{
  g_autofree char *prefix = g_strconcat (fake_verb_to_string (verb), " ", NULL);

  for (guint i = self->log->len; i-- > 0;)
    if (!g_str_has_prefix (g_ptr_array_index (self->log, i), prefix))
      g_ptr_array_remove_index (self->log, i);
  return fake_consumer_take_log (self);
}

guint
fake_consumer_count_sets (FakeConsumer *self)
{
  return self->sets->len;
}

guint
fake_consumer_count_channels (FakeConsumer *self)
{
  return self->channels->len;
}

guint
fake_consumer_count_outputs (FakeConsumer *self)
{
  return self->outputs->len;
}

const FakeSet *
fake_consumer_get_set (FakeConsumer *self, const char *directory)
{
  g_assert_true (directory != NULL || self->sets->len == 1);
  for (guint i = 0; i < self->sets->len; i++)
    {
      const FakeSet *set = g_ptr_array_index (self->sets, i);

      if (directory == NULL || g_str_equal (set->directory, directory))
        return set;
    }
  return NULL;
}

FakeChannel *
fake_consumer_get_channel (FakeConsumer *self, const char *directory, const char *name)
{
  for (guint i = 0; i < self->channels->len; i++)
    {
      FakeChannel *channel = g_ptr_array_index (self->channels, i);
      const FakeHeldSet *set = fake_consumer_find_set (self, channel->set);

      if ((directory == NULL || g_str_equal (set->set.directory, directory)) && g_str_equal (channel->name, name))
        return channel;
    }
  return NULL;
}

gboolean
fake_channel_has_writers (const FakeChannel *channel)
{
  struct pollfd ready = { .fd = channel->wait_fd, .events = POLLIN };

  g_assert_cmpint (poll (&ready, 1, 0), >=, 0);
  return (ready.revents & POLLHUP) == 0;
}
