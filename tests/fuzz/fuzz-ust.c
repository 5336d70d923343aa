/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes as what an app says: its registration, then notifications, cut wherever the bytes say, and what they
   describe. */
#include "bytes.h"

#include "ust/fields.h"
#include "ust/notice.h"
#include "ust/registration.h"

#include <stddef.h>

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

static void
decode_body (const TbusNotice *notice)
{
  g_autoptr(GError) error = NULL;

  if (notice->kind == TBUS_NOTICE_ENUM)
    {
      g_autoptr(TbusCtfEnum) map = tbus_enum_decode (notice->body, notice->body_len, notice->name, &error);

      g_assert ((map != NULL) == (error == NULL));
    }
  else
    {
      g_autoptr(GPtrArray) fields = tbus_fields_decode (notice->body, notice->body_len, notice->name, &error);

      g_assert ((fields != NULL) == (error == NULL));
    }
}

/* FALSE: the connection would end here. */
static gboolean
feed (TbusNoticeReader *reader, TbusNoticeInput input)
{
  for (;;)
    {
      g_autoptr(GError) error = NULL;
      g_auto(TbusNotice) notice = { 0 };
      guint8 answer[TBUS_NOTICE_MAX_ANSWER];

      switch (tbus_notice_reader_take (reader, &input, &notice, &error))
        {
        case TBUS_NOTICE_MORE:
          g_assert (input.length == 0);
          return TRUE;
        case TBUS_NOTICE_BROKEN:
          g_assert (error != NULL);
          return FALSE;
        case TBUS_NOTICE_WHOLE:
          decode_body (&notice);
          tbus_notice_answer (notice.kind, &(TbusNoticeAnswer){ 0 }, answer);
          break;
        }
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr(TbusNoticeReader) reader = tbus_notice_reader_new ();
  const TbusPeer peer = { 1, 0, 0 };
  Bytes bytes = { data, data + size };
  TbusRegistration registration;
  gsize cut;
  gboolean open = TRUE;

  if (size >= TBUS_REGISTRATION_SIZE)
    tbus_registration_decode (&registration, data, &peer, NULL);
  while (open && bytes_left (&bytes) > 0)
    {
      TbusNoticeInput input;

      cut = bytes_take_number (&bytes);
      input.data = bytes_take_block (&bytes, &cut);
      input.length = cut;
      open = feed (reader, input);
    }
  return 0;
}
