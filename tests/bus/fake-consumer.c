/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake-consumer.h"

#include "base/error.h"
#include "base/fd-budget.h"

#include <fcntl.h>
#include <unistd.h>

struct _TstFakeConsumer {
  TbusConsumer parent_instance;

  GQueue answers; /* of Answer */
  gboolean hold;
  guint idle;
};

typedef enum { ANSWER_NOTHING, ANSWER_PATH, ANSWER_RING, ANSWER_SENT, ANSWER_COUNTERS, ANSWER_CLOCK } AnswerKind;

typedef struct {
  AnswerKind kind;
  char *path;
  guint64 sent;
  TbusConsumerDone done;
  gpointer data;
} Answer;

G_DEFINE_FINAL_TYPE (TstFakeConsumer, tst_fake_consumer, TBUS_TYPE_CONSUMER)

static TbusRing *
make_ring (void)
{
  int fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  TbusRingParts parts = { "", 0, 4096, 0, NULL, &fd };

  g_assert_true (tbus_fd_budget_take (tbus_ring_cost (0), "A ring", NULL));
  return tbus_ring_new (&parts);
}

static void
answer_send (TstFakeConsumer *self, Answer *answer)
{
  TbusConsumer *consumer = TBUS_CONSUMER (self);
  TbusCountersList counters = { NULL, 0 };
  const TbusClockReport clock = { { 0 }, "monotonic", "Monotonic Clock", 1000000000, 0 };
  g_autoptr(TbusRing) ring = answer->kind == ANSWER_RING ? make_ring () : NULL;
  g_autoptr(GError) error = NULL;
  const TbusOutputPlace place = { answer->path, "/" };
  gconstpointer replies[] = {
    [ANSWER_PATH] = &place, [ANSWER_RING] = ring, [ANSWER_SENT] = &answer->sent, [ANSWER_COUNTERS] = &counters,
    [ANSWER_CLOCK] = &clock,
  };

  if (answer->kind == ANSWER_PATH && g_str_has_prefix (answer->path, "/denied"))
    error = g_error_new (TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE, "%s: Permission denied", answer->path);
  answer->done (consumer, error == NULL ? replies[answer->kind] : NULL, error, answer->data);
  g_free (answer->path);
  g_free (answer);
}

static void wake (TstFakeConsumer *self);

static gboolean
on_idle (gpointer data)
{
  g_autoptr(TstFakeConsumer) self = g_object_ref (data);
  Answer *answer = g_queue_pop_head (&self->answers);

  self->idle = 0;
  wake (self);
  answer_send (self, answer);
  return G_SOURCE_REMOVE;
}

static void
wake (TstFakeConsumer *self)
{
  if (self->idle == 0 && !self->hold && !g_queue_is_empty (&self->answers))
    self->idle = g_idle_add_full (G_PRIORITY_DEFAULT, on_idle, self, NULL);
}

static Answer *
answer_add (TbusConsumer *consumer, AnswerKind kind, TbusConsumerDone done, gpointer data)
{
  TstFakeConsumer *self = TST_FAKE_CONSUMER (consumer);
  Answer *answer = g_new0 (Answer, 1);

  answer->kind = kind;
  answer->done = done;
  answer->data = data;
  g_queue_push_tail (&self->answers, answer);
  wake (self);
  return answer;
}

static void
fake_output (TbusConsumer *consumer, const TbusOutputRequest *request, TbusConsumerDone done, gpointer data)
{
  Answer *answer = answer_add (consumer, ANSWER_PATH, done, data);

  if (request->directory != NULL)
    {
      g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", tbus_handle_get_fd (request->directory));

      answer->path = g_file_read_link (link, NULL);
      g_assert_nonnull (answer->path);
      return;
    }
  answer->path = request->path[0] == '~' ? g_strconcat ("/var/owner", request->path + 1, NULL)
                                         : g_strdup (request->path);
}

static void
fake_id (TbusConsumer *consumer, guint64 id, TbusConsumerDone done, gpointer data)
{
  answer_add (consumer, ANSWER_NOTHING, done, data);
}

static void
fake_add_set (TbusConsumer *consumer, const TbusSetRequest *request, TbusConsumerDone done, gpointer data)
{
  answer_add (consumer, ANSWER_NOTHING, done, data);
}

static void
fake_add_channel (TbusConsumer *consumer, const TbusChannelRequest *request, TbusConsumerDone done, gpointer data)
{
  answer_add (consumer, ANSWER_RING, done, data);
}

static void
fake_push (TbusConsumer *consumer, const TbusPushRequest *request, TbusConsumerDone done, gpointer data)
{
  answer_add (consumer, ANSWER_SENT, done, data)->sent = request->offset + request->length;
}

static void
fake_replace_metadata (TbusConsumer *consumer, const TbusReplaceRequest *request, TbusConsumerDone done, gpointer data)
{
  g_assert_cmpint (pread (request->log_fd, &answer_add (consumer, ANSWER_SENT, done, data)->sent, sizeof (guint64), 0),
                   ==, sizeof (guint64));
}

static void
fake_read_clock (TbusConsumer *consumer, TbusConsumerDone done, gpointer data)
{
  answer_add (consumer, ANSWER_CLOCK, done, data);
}

static void
fake_flush (TbusConsumer *consumer, const TbusFlushRequest *request, TbusConsumerDone done, gpointer data)
{
  answer_add (consumer, ANSWER_COUNTERS, done, data);
}

static void
fake_adopt_channel (TbusConsumer *consumer, const TbusAdoptRequest *request, TbusConsumerDone done, gpointer data)
{
  answer_add (consumer, ANSWER_COUNTERS, done, data);
}

static void
fake_close (TbusConsumer *consumer, guint64 id, TbusConsumerDone done, gpointer data)
{
  answer_add (consumer, ANSWER_COUNTERS, done, data);
}

static void
fake_mend (TbusConsumer *consumer, guint64 channel, guint64 told_at, TbusConsumerDone done, gpointer data)
{
  answer_add (consumer, ANSWER_COUNTERS, done, data);
}

static void
tst_fake_consumer_finalize (GObject *object)
{
  TstFakeConsumer *self = TST_FAKE_CONSUMER (object);

  g_assert_true (g_queue_is_empty (&self->answers));
  G_OBJECT_CLASS (tst_fake_consumer_parent_class)->finalize (object);
}

static void
tst_fake_consumer_class_init (TstFakeConsumerClass *class)
{
  TbusConsumerClass *consumer_class = TBUS_CONSUMER_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = tst_fake_consumer_finalize;
  consumer_class->check_output = fake_output;
  consumer_class->open_output = fake_output;
  consumer_class->close_output = fake_id;
  consumer_class->add_set = fake_add_set;
  consumer_class->add_channel = fake_add_channel;
  consumer_class->adopt_channel = fake_adopt_channel;
  consumer_class->push = fake_push;
  consumer_class->replace_metadata = fake_replace_metadata;
  consumer_class->read_clock = fake_read_clock;
  consumer_class->resume = fake_id;
  consumer_class->flush = fake_flush;
  consumer_class->close_set = fake_close;
  consumer_class->close_channel = fake_close;
  consumer_class->inspect = fake_id;
  consumer_class->mend = fake_mend;
}

static void
tst_fake_consumer_init (TstFakeConsumer *self)
{
  g_queue_init (&self->answers);
}

void
tst_fake_consumer_hold (TstFakeConsumer *self, gboolean hold)
{
  self->hold = hold;
  if (hold)
    g_clear_handle_id (&self->idle, g_source_remove);
  wake (self);
}

guint
tst_fake_consumer_waiting (TstFakeConsumer *self)
{
  return g_queue_get_length (&self->answers);
}

static TbusConsumer *
fake_get (gpointer data, uid_t uid, guint32 bits, GError **error)
{
  TstFakePool *pool = data;

  if (pool->broken)
    {
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "There is no consumer");
      return NULL;
    }
  if (pool->consumer == NULL)
    {
      pool->consumer = g_object_new (TST_TYPE_FAKE_CONSUMER, "uid", (guint) uid, "bits", bits, NULL);
      tbus_consumer_set_process (TBUS_CONSUMER (pool->consumer), 4711, TBUS_CONSUMER_RUNNING, 0);
    }
  return g_object_ref (TBUS_CONSUMER (pool->consumer));
}

TbusConsumerPool
tst_fake_pool (TstFakePool *self)
{
  static const TbusConsumerPoolOps ops = { fake_get };

  return (TbusConsumerPool){ &ops, self };
}
