/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "fake-consumer-private.h"

#include "base/error.h"
#include "base/fd-budget.h"
#include "core/metadata-log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STREAMS = 2, MEMORY = 4096 };

static const char *const verb_names[FAKE_N_VERBS] = {
  "check-output", "open-output", "close-output", "add-set",   "add-channel",
  "adopt-channel", "push",       "resume",       "flush",     "close-set",
  "close-channel", "read-clock", "replace-metadata", "inspect", "mend",
};

void
fake_held_set_free (gpointer data)
{
  FakeHeldSet *set = data;

  close (set->log_fd);
  g_free (set->set.directory);
  g_string_free (set->set.metadata, TRUE);
  g_free (set);
}

void
fake_channel_free (gpointer data)
{
  FakeChannel *channel = data;

  close (channel->wait_fd);
  g_free (channel->name);
  g_free (channel);
}

FakeHeldSet *
fake_consumer_find_set (FakeConsumer *self, guint64 key)
{
  for (guint i = 0; i < self->sets->len; i++)
    if (((FakeHeldSet *) g_ptr_array_index (self->sets, i))->set.key == key)
      return g_ptr_array_index (self->sets, i);
  return NULL;
}

const char *
fake_verb_to_string (FakeVerb verb)
{
  return verb_names[verb];
}

static gboolean
find_output (FakeConsumer *self, guint64 session, guint *index)
{
  for (*index = 0; *index < self->outputs->len; (*index)++)
    if (g_array_index (self->outputs, guint64, *index) == session)
      return TRUE;
  return FALSE;
}

/* Answers. Each changes the model, then calls back. */

void
fake_consumer_refuse (FakeConsumer *self, FakeRequest *request, int code, const char *why)
{
  g_autoptr(GError) error = g_error_new (TBUS_ERROR, code, "%s refused: %s", verb_names[request->verb], why);

  request->done (TBUS_CONSUMER (self), NULL, error, request->data);
}

static void
accept_request (FakeConsumer *self, FakeRequest *request, gconstpointer reply)
{
  request->done (TBUS_CONSUMER (self), reply, NULL, request->data);
}

/* "~/x" is below the owner's home. */
static void
answer_output (FakeConsumer *self, FakeRequest *request)
{
  g_autofree char *path = request->text[0] == '~' ? g_strdup_printf ("/fake/home%s", request->text + 1)
                                                  : g_strdup (request->text);
  const TbusOutputPlace place = { path, "/fake" };
  guint index;

  if (request->verb == FAKE_OPEN_OUTPUT && !find_output (self, request->id, &index))
    g_array_append_val (self->outputs, request->id);
  accept_request (self, request, &place);
}

static void
answer_close_output (FakeConsumer *self, FakeRequest *request)
{
  guint index;

  if (!find_output (self, request->id, &index))
    {
      fake_consumer_refuse (self, request, TBUS_ERROR_NOT_FOUND, "no such output");
      return;
    }
  g_array_remove_index (self->outputs, index);
  accept_request (self, request, NULL);
}

static void
answer_add_set (FakeConsumer *self, FakeRequest *request)
{
  FakeHeldSet *set;
  guint index;

  if (!find_output (self, request->set.session, &index))
    {
      fake_consumer_refuse (self, request, TBUS_ERROR_NOT_FOUND, "its output is not open");
      return;
    }
  if (fake_consumer_find_set (self, request->id) != NULL)
    {
      accept_request (self, request, NULL); /* asked twice, made once */
      return;
    }
  set = g_new0 (FakeHeldSet, 1);
  set->set.key = request->id;
  set->set.session = request->set.session;
  set->set.directory = g_strdup (request->text);
  set->set.metadata_timer_us = request->set.metadata_timer_us;
  set->set.metadata = g_string_new (NULL);
  set->log_fd = fcntl (request->log_fd, F_DUPFD_CLOEXEC, 3);
  g_ptr_array_add (self->sets, set);
  accept_request (self, request, NULL);
}

/* Descriptors come as the real ones do: the budget was asked before. */
static TbusRing *
make_ring (FakeChannel *channel)
{
  int memory[STREAMS], fds[1 + 2 * STREAMS], ends[2];

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  close (ends[0]);
  fds[0] = ends[1];
  for (guint i = 0; i < STREAMS; i++)
    {
      memory[i] = memfd_create ("fake-stream", MFD_CLOEXEC);
      g_assert_cmpint (memory[i], >=, 0);
      g_assert_cmpint (ftruncate (memory[i], MEMORY), ==, 0);
      g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
      fds[1 + 2 * i] = ends[1];
      fds[2 + 2 * i] = ends[0];
    }
  channel->wait_fd = fcntl (fds[2], F_DUPFD_CLOEXEC, 3);
  return tbus_ring_new (&(TbusRingParts){ "header", 6, MEMORY, STREAMS, memory, fds });
}

static void
answer_add_channel (FakeConsumer *self, FakeRequest *request)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(TbusRing) ring = NULL;
  FakeChannel *channel;

  if (fake_consumer_find_set (self, request->channel.set) == NULL)
    {
      fake_consumer_refuse (self, request, TBUS_ERROR_NOT_FOUND, "no such set");
      return;
    }
  if (!tbus_fd_budget_take (tbus_ring_cost (STREAMS), "A channel", &error))
    {
      request->done (TBUS_CONSUMER (self), NULL, error, request->data);
      return;
    }
  channel = g_new0 (FakeChannel, 1);
  channel->key = request->id;
  channel->set = request->channel.set;
  channel->name = g_strdup (request->text);
  channel->chan_id = request->channel.chan_id;
  channel->request = request->channel;
  channel->counters.channel = request->id;
  ring = make_ring (channel);
  g_ptr_array_add (self->channels, channel);
  accept_request (self, request, ring);
}

/* A real one has written the whole log by then. */
static void
write_log (FakeHeldSet *set)
{
  guint64 published;

  g_assert_cmpint (pread (set->log_fd, &published, sizeof published, 0), ==, sizeof published);
  g_string_set_size (set->set.metadata, published);
  g_assert_cmpint (pread (set->log_fd, set->set.metadata->str, published, TBUS_LOG_TEXT_OFFSET), ==, published);
}

static FakeChannel *
find_channel (FakeConsumer *self, guint64 key)
{
  for (guint i = 0; i < self->channels->len; i++)
    if (((FakeChannel *) g_ptr_array_index (self->channels, i))->key == key)
      return g_ptr_array_index (self->channels, i);
  return NULL;
}

static void
answer_adopt_channel (FakeConsumer *self, FakeRequest *request)
{
  FakeHeldSet *set = fake_consumer_find_set (self, request->channel.set);
  TbusCountersList list;
  FakeChannel *channel;

  if (set == NULL)
    {
      fake_consumer_refuse (self, request, TBUS_ERROR_NOT_FOUND, "no such set");
      return;
    }
  g_assert_null (find_channel (self, request->id));
  write_log (set);
  channel = g_new0 (FakeChannel, 1);
  channel->key = request->id;
  channel->set = request->channel.set;
  channel->name = g_strdup (request->text);
  channel->chan_id = request->channel.chan_id;
  channel->request = request->channel;
  channel->counters = request->adopted.counted;
  channel->counters.channel = request->id;
  channel->quiescent = request->adopted.quiescent;
  channel->wait_fd = fcntl (request->adopted.ring->streams[0].wait_fd, F_DUPFD_CLOEXEC, 3);
  g_ptr_array_add (self->channels, channel);
  list = (TbusCountersList){ &channel->counters, 1 };
  accept_request (self, request, &list);
}

static void
answer_push (FakeConsumer *self, FakeRequest *request)
{
  FakeHeldSet *set = fake_consumer_find_set (self, request->id);
  guint64 end = request->push.offset + request->push.length, sent;
  g_autofree char *text = g_malloc (request->push.length + 1);

  if (set == NULL)
    {
      fake_consumer_refuse (self, request, TBUS_ERROR_NOT_FOUND, "no such set");
      return;
    }
  g_assert_cmpuint (request->push.offset, <=, set->set.metadata->len); /* without gaps (B16) */
  end = MIN (end, set->set.metadata->len + MIN (self->at_most, G_MAXUINT32));
  if (end > set->set.metadata->len)
    {
      gsize length = end - set->set.metadata->len;

      g_assert_cmpint (pread (set->log_fd, text, length, TBUS_LOG_TEXT_OFFSET + set->set.metadata->len), ==, length);
      g_string_append_len (set->set.metadata, text, length);
    }
  sent = set->set.metadata->len;
  accept_request (self, request, &sent);
}

static void
answer_replace_metadata (FakeConsumer *self, FakeRequest *request)
{
  FakeHeldSet *set = fake_consumer_find_set (self, request->id);
  guint64 length = 0;

  if (set == NULL)
    {
      fake_consumer_refuse (self, request, TBUS_ERROR_NOT_FOUND, "no such set");
      return;
    }
  close (set->log_fd);
  set->log_fd = fcntl (request->log_fd, F_DUPFD_CLOEXEC, 3);
  g_assert_cmpint (pread (set->log_fd, &length, sizeof length, 0), ==, sizeof length);
  g_string_set_size (set->set.metadata, length);
  g_assert_cmpint (pread (set->log_fd, set->set.metadata->str, length, TBUS_LOG_TEXT_OFFSET), ==, length);
  accept_request (self, request, &length);
}

static void
answer_clock (FakeConsumer *self, FakeRequest *request)
{
  const TbusClockReport report = { { 0 }, "monotonic", "Monotonic Clock", 1000000000, self->clock_offset };

  accept_request (self, request, &report);
}

static gboolean
concerns (FakeConsumer *self, const FakeChannel *channel, TbusFlushScope scope, guint64 id)
{
  const FakeHeldSet *set = fake_consumer_find_set (self, channel->set);

  return scope == TBUS_FLUSH_CHANNEL ? channel->key == id
         : scope == TBUS_FLUSH_SET   ? channel->set == id
                                     : set != NULL && set->set.session == id;
}

static void
answer_counters (FakeConsumer *self, FakeRequest *request, TbusFlushScope scope, guint64 id)
{
  g_autoptr(GArray) counters = g_array_new (FALSE, FALSE, sizeof (TbusCounters));
  TbusCountersList list;

  for (guint i = 0; i < self->channels->len; i++)
    {
      FakeChannel *channel = g_ptr_array_index (self->channels, i);

      if (concerns (self, channel, scope, id))
        g_array_append_val (counters, channel->counters);
    }
  if (request->verb == FAKE_CLOSE_SET)
    {
      for (guint i = self->channels->len; i-- > 0;)
        if (((FakeChannel *) g_ptr_array_index (self->channels, i))->set == id)
          g_ptr_array_remove_index (self->channels, i);
      g_ptr_array_remove (self->sets, fake_consumer_find_set (self, id));
    }
  list = (TbusCountersList){ (const TbusCounters *) counters->data, counters->len };
  accept_request (self, request, &list);
}

static void
answer_close_set (FakeConsumer *self, FakeRequest *request)
{
  if (request->again || fake_consumer_find_set (self, request->id) == NULL)
    fake_consumer_refuse (self, request, TBUS_ERROR_NOT_FOUND, "no such set");
  else
    answer_counters (self, request, TBUS_FLUSH_SET, request->id);
}

void
fake_consumer_serve (FakeConsumer *self, FakeRequest *request)
{
  if (self->fail[request->verb] >= 0 && self->skip[request->verb] == 0)
    {
      fake_consumer_refuse (self, request, self->fail[request->verb], "the test wants it");
      return;
    }
  if (self->fail[request->verb] >= 0)
    self->skip[request->verb]--;
  switch (request->verb)
    {
    case FAKE_CHECK_OUTPUT:
    case FAKE_OPEN_OUTPUT:
      answer_output (self, request);
      break;
    case FAKE_CLOSE_OUTPUT:
      answer_close_output (self, request);
      break;
    case FAKE_ADD_SET:
      answer_add_set (self, request);
      break;
    case FAKE_ADD_CHANNEL:
      answer_add_channel (self, request);
      break;
    case FAKE_ADOPT_CHANNEL:
      answer_adopt_channel (self, request);
      break;
    case FAKE_PUSH:
      answer_push (self, request);
      break;
    case FAKE_FLUSH:
      answer_counters (self, request, request->flush.scope, request->id);
      break;
    case FAKE_CLOSE_SET:
      answer_close_set (self, request);
      break;
    case FAKE_READ_CLOCK:
      answer_clock (self, request);
      break;
    case FAKE_REPLACE_METADATA:
      answer_replace_metadata (self, request);
      break;
    case FAKE_CLOSE_CHANNEL:
    case FAKE_MEND:
      answer_counters (self, request, TBUS_FLUSH_CHANNEL, request->id);
      break;
    default:
      accept_request (self, request, NULL);
    }
}

