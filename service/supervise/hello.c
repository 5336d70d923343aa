/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/hello.h"

#include <unistd.h>

TbusRequest *
tbus_hello_new (TbusConsumer *consumer, int staging_fd, GError **error)
{
  g_autoptr(TbusRequest) request = tbus_request_new (consumer, TW_HELLO, 0, NULL, NULL);
  const TwHello hello = {
    .version = TW_VERSION, .bits = tbus_consumer_get_bits (consumer), .pid = (guint64) getpid ()
  };

  tw_put_hello (&request->body, &hello);
  if (staging_fd >= 0 && !tbus_request_take_copy (request, staging_fd, error))
    return NULL;
  return g_steal_pointer (&request);
}

gboolean
tbus_hello_read (TbusConsumer *consumer, const TwMessage *reply, char **why)
{
  TwReader reader = { .data = reply->body, .len = reply->body_len };
  TwHello hello;

  if (reply->n_fds > 1)
    return FALSE;
  if (reply->status != 0)
    {
      g_autofree char *reason = tbus_request_make_text (tw_get_str (&reader));

      *why = g_strdup_printf ("would not be talked to: %s", reason);
      return tw_reader_done (&reader);
    }
  if (!tw_get_hello (&reader, &hello))
    return FALSE;
  if (hello.version != TW_VERSION)
    *why = g_strdup_printf ("speaks version %u of the link, but this service speaks version %u: "
                            "install the same version of both", hello.version, TW_VERSION);
  else if (hello.bits != tbus_consumer_get_bits (consumer))
    *why = g_strdup_printf ("is a program for %u-bit apps", hello.bits);
  return TRUE;
}
