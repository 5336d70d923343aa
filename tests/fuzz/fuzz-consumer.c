/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes as what a consumer says, who is not believed: an answer to each kind of request, then events. */
#define _GNU_SOURCE
#include "bytes.h"

#include "base/thread.h"
#include "supervise/event.h"
#include "supervise/request.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { KEY = 7, MAX_FDS = 4, MAX_BODY = 300 };

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

#define FUZZ_TYPE_CONSUMER (fuzz_consumer_get_type ())
G_DECLARE_FINAL_TYPE (FuzzConsumer, fuzz_consumer, FUZZ, CONSUMER, TbusConsumer)

struct _FuzzConsumer {
  TbusConsumer parent_instance;
};

G_DEFINE_FINAL_TYPE (FuzzConsumer, fuzz_consumer, TBUS_TYPE_CONSUMER)

static void
fuzz_consumer_class_init (FuzzConsumerClass *class)
{
}

static void
fuzz_consumer_init (FuzzConsumer *self)
{
}

static void
count_answer (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  g_assert_true (reply == NULL || error == NULL);
  g_assert_true (error == NULL || g_utf8_validate (error->message, -1, NULL));
  ++*(guint *) data;
}

/* Descriptors of several kinds, and numbers for what is in the message. */
static void
take_fds (Bytes *bytes, TwMessage *message)
{
  message->n_fds = bytes_take (bytes) % (MAX_FDS + 1);
  message->fds = g_new (int, MAX_FDS);
  for (gsize i = 0; i < message->n_fds; i++)
    {
      int ends[2];

      if (bytes_take (bytes) & 1)
        {
          message->fds[i] = memfd_create ("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
          continue;
        }
      g_assert_cmpint (pipe (ends), ==, 0);
      message->fds[i] = ends[bytes_take (bytes) & 1];
      close (ends[message->fds[i] == ends[0]]);
    }
}

static void
take_message (Bytes *bytes, TwMessage *message)
{
  gsize n = bytes_take_number (bytes) % MAX_BODY;
  const guint8 *block = bytes_take_block (bytes, &n);

  message->status = bytes_take (bytes) % 4 == 0 ? bytes_take (bytes) : 0;
  message->body = g_malloc (n + 1);
  message->body_len = n;
  memcpy (message->body, block, n);
}

static void
answer (Bytes *bytes, TbusConsumer *consumer, TbusHoldings *held)
{
  static const TwType types[] = {
    TW_CHECK_OUTPUT, TW_OPEN_OUTPUT, TW_CLOSE_OUTPUT, TW_ADD_SET,       TW_ADD_CHANNEL,      TW_PUSH,
    TW_RESUME,       TW_FLUSH,       TW_CLOSE_SET,    TW_CLOSE_CHANNEL, TW_REPLACE_METADATA, TW_ADOPT_CHANNEL,
    TW_READ_CLOCK,   TW_SETTLE,
  };
  TwType type = types[bytes_take (bytes) % G_N_ELEMENTS (types)];
  guint answers = 0;
  TbusRequest *request = tbus_request_new (consumer, type, KEY, count_answer, &answers);
  TwMessage message = { .type = TW_REPLY };

  if (type == TW_ADD_CHANNEL)
    {
      request->n_streams = 1 + (bytes_take (bytes) & 1);
      request->order = tbus_ring_order_new (request->n_streams, FALSE, NULL);
    }
  take_message (bytes, &message);
  take_fds (bytes, &message);
  if (tbus_request_answer (request, &message, held) == TBUS_MALFORMED)
    {
      g_assert_cmpuint (answers, ==, 0);
      tbus_request_free (request);
    }
  else
    g_assert_cmpuint (answers, ==, 1);
  tw_message_clear (&message);
}

static void
tell (Bytes *bytes, TbusConsumer *consumer, TbusHoldings *held)
{
  const guint n_types = TW_OUTPUT_STUCK - TW_METADATA_REQUEST + 1;
  TwMessage message = { .type = TW_METADATA_REQUEST + bytes_take (bytes) % n_types };

  take_message (bytes, &message);
  tbus_event_handle (consumer, NULL, NULL, &message, held);
  tw_message_clear (&message);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  static gsize once;
  Bytes bytes = { data, data + size };
  g_autoptr(TbusConsumer) consumer = NULL;
  TbusHoldings held;

  if (g_once_init_enter (&once))
    {
      tbus_thread_init ();
      g_once_init_leave (&once, 1);
    }
  consumer = g_object_new (FUZZ_TYPE_CONSUMER, "uid", 1, "bits", 64, NULL);
  tbus_holdings_init (&held);
  tbus_holdings_add (&held, TBUS_HELD_OUTPUT, KEY, 0);
  tbus_holdings_add (&held, TBUS_HELD_SET, KEY, KEY);
  tbus_holdings_add (&held, TBUS_HELD_CHANNEL, KEY, KEY);
  answer (&bytes, consumer, &held);
  while (bytes_left (&bytes) > 0)
    tell (&bytes, consumer, &held);
  tbus_holdings_clear (&held);
  return 0;
}
