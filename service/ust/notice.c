/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/notice.h"

#include "base/error.h"
#include "base/limits.h"
#include "ust/fields.h"
#include "ust/protocol.h"

#include <string.h>

enum {
  HEADER = sizeof (guint32),
  MAX_URI = 4096,
  KEEP = 4 << 10, /* of buffer, between messages: there are thousands of apps */
};

G_STATIC_ASSERT ((int) TBUS_NOTICE_EVENT == (int) LTTNG_UST_CTL_NOTIFY_CMD_EVENT);
G_STATIC_ASSERT ((int) TBUS_NOTICE_CHANNEL == (int) LTTNG_UST_CTL_NOTIFY_CMD_CHANNEL);
G_STATIC_ASSERT ((int) TBUS_NOTICE_ENUM == (int) LTTNG_UST_CTL_NOTIFY_CMD_ENUM);

struct TbusNoticeReader {
  GByteArray *buffer; /* the beginning of a message */
  gboolean taken;     /* it was whole: its taker may still look at it */
  gsize skip;         /* bytes to go of one that is too large */
  TbusNotice skipped;
};

/* How long a message is, as far as its beginning tells. */
typedef struct {
  gsize size;
  gboolean final; /* @size is all of it */
  gboolean too_large;
} Measure;

void
tbus_notice_clear (TbusNotice *self)
{
  g_clear_pointer (&self->model_emf_uri, g_free);
}

TbusNoticeReader *
tbus_notice_reader_new (void)
{
  TbusNoticeReader *self = g_new0 (TbusNoticeReader, 1);

  self->buffer = g_byte_array_new ();
  return self;
}

void
tbus_notice_reader_free (TbusNoticeReader *self)
{
  g_byte_array_unref (self->buffer);
  g_free (self);
}

static gboolean
measure_fixed (guint32 kind, Measure *measure, GError **error)
{
  switch (kind)
    {
    case TBUS_NOTICE_EVENT:
      measure->size = HEADER + sizeof (TbusUstEventNotice);
      return TRUE;
    case TBUS_NOTICE_CHANNEL:
      measure->size = HEADER + sizeof (TbusUstChannelNotice);
      return TRUE;
    case TBUS_NOTICE_ENUM:
      measure->size = HEADER + sizeof (TbusUstEnumNotice);
      return TRUE;
    default:
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "its notification is of the unknown kind %u", kind);
      return FALSE;
    }
}

/* What no tracer sends; said before any of it is read. */
static gboolean
check_shape (const char *name, guint32 body_len, gsize record, GError **error)
{
  if (name != NULL && memchr (name, '\0', LTTNG_UST_ABI_SYM_NAME_LEN) == NULL)
    g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "it announced a name without an end");
  else if (body_len % record != 0)
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                 "it announced %u bytes of records that have %" G_GSIZE_FORMAT " bytes each", body_len, record);
  else
    return TRUE;
  return FALSE;
}

static gboolean
measure_variable (guint32 kind, const guint8 *fixed, Measure *measure, guint64 *size, GError **error)
{
  const gsize field = sizeof (struct lttng_ust_ctl_field), entry = sizeof (struct lttng_ust_ctl_enum_entry);
  const guint64 max_fields = tbus_limit (TBUS_LIMIT_FIELDS) * field;

  if (kind == TBUS_NOTICE_EVENT)
    {
      const TbusUstEventNotice *event = (const TbusUstEventNotice *) fixed;

      measure->too_large = event->signature_len > tbus_limit (TBUS_LIMIT_SIGNATURE) || event->fields_len > max_fields
                           || event->model_emf_uri_len > MAX_URI;
      *size = (guint64) event->signature_len + event->fields_len + event->model_emf_uri_len;
      return check_shape (event->name, event->fields_len, field, error);
    }
  if (kind == TBUS_NOTICE_CHANNEL)
    {
      const TbusUstChannelNotice *channel = (const TbusUstChannelNotice *) fixed;

      measure->too_large = channel->fields_len > max_fields;
      *size = channel->fields_len;
      return check_shape (NULL, channel->fields_len, field, error);
    }
  *size = ((const TbusUstEnumNotice *) fixed)->entries_len;
  measure->too_large = *size > TBUS_MAX_ENUM_ENTRIES * entry;
  return check_shape (((const TbusUstEnumNotice *) fixed)->name, *size, entry, error);
}

static gboolean
measure (const guint8 *data, gsize length, Measure *result, GError **error)
{
  guint64 variable;
  guint32 kind;

  *result = (Measure){ .size = HEADER };
  if (length < HEADER)
    return TRUE;
  memcpy (&kind, data, sizeof kind);
  if (!measure_fixed (kind, result, error))
    return FALSE;
  if (length < result->size)
    return TRUE;
  if (!measure_variable (kind, data + HEADER, result, &variable, error))
    return FALSE;
  if (variable > TBUS_MAX_NOTICE)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED,
                   "it announced a notification of %" G_GUINT64_FORMAT " bytes; at most %u are taken", variable,
                   TBUS_MAX_NOTICE);
      return FALSE;
    }
  result->size += variable;
  result->final = TRUE;
  return TRUE;
}

/* @data: the fixed part at least; all of it unless it is too large. */
static void
parse (const guint8 *data, const Measure *size, TbusNotice *notice)
{
  gboolean too_large = size->too_large;
  const guint8 *fixed = data + HEADER;
  guint32 kind;

  memcpy (&kind, data, sizeof kind);
  *notice = (TbusNotice){ .kind = kind, .too_large = too_large, .size = size->size };
  if (kind == TBUS_NOTICE_EVENT)
    {
      const TbusUstEventNotice *event = (const TbusUstEventNotice *) fixed;
      const guint8 *variable = fixed + sizeof *event;

      notice->session_handle = event->session_handle;
      notice->channel_handle = event->channel_handle;
      memcpy (notice->name, event->name, sizeof event->name);
      notice->loglevel = event->loglevel;
      notice->body_len = event->fields_len;
      notice->body = variable + event->signature_len;
      if (!too_large && event->model_emf_uri_len > 0)
        notice->model_emf_uri = tbus_ust_text ((const char *) variable + event->signature_len + event->fields_len,
                                               event->model_emf_uri_len);
    }
  else if (kind == TBUS_NOTICE_CHANNEL)
    {
      const TbusUstChannelNotice *channel = (const TbusUstChannelNotice *) fixed;

      notice->session_handle = channel->session_handle;
      notice->channel_handle = channel->channel_handle;
      notice->body_len = channel->fields_len;
      notice->body = fixed + sizeof *channel;
    }
  else
    {
      const TbusUstEnumNotice *enumeration = (const TbusUstEnumNotice *) fixed;

      notice->session_handle = enumeration->session_handle;
      memcpy (notice->name, enumeration->name, sizeof enumeration->name);
      notice->body_len = enumeration->entries_len;
      notice->body = fixed + sizeof *enumeration;
    }
  if (too_large)
    {
      notice->body = NULL;
      notice->body_len = 0;
    }
}

static void
input_use (TbusNoticeInput *input, gsize n)
{
  input->data += n;
  input->length -= n;
}

static void
buffer_reset (TbusNoticeReader *self)
{
  self->taken = FALSE;
  if (self->buffer->len <= KEEP)
    {
      g_byte_array_set_size (self->buffer, 0);
      return;
    }
  g_byte_array_unref (self->buffer);
  self->buffer = g_byte_array_new ();
}

static TbusNoticeResult
skip_on (TbusNoticeReader *self, TbusNoticeInput *input, TbusNotice *notice)
{
  gsize n = MIN (self->skip, input->length);

  self->skip -= n;
  input_use (input, n);
  if (self->skip > 0)
    return TBUS_NOTICE_MORE;
  *notice = self->skipped;
  return TBUS_NOTICE_WHOLE;
}

TbusNoticeResult
tbus_notice_reader_take (TbusNoticeReader *self, TbusNoticeInput *input, TbusNotice *notice, GError **error)
{
  Measure size;

  if (self->skip > 0)
    return skip_on (self, input, notice);
  if (self->taken)
    buffer_reset (self);
  if (self->buffer->len == 0)
    {
      if (!measure (input->data, input->length, &size, error))
        return TBUS_NOTICE_BROKEN;
      if (size.final && !size.too_large && input->length >= size.size)
        {
          parse (input->data, &size, notice);
          input_use (input, size.size);
          return TBUS_NOTICE_WHOLE;
        }
    }
  for (;;)
    {
      gsize n;

      if (!measure (self->buffer->data, self->buffer->len, &size, error))
        return TBUS_NOTICE_BROKEN;
      if (size.final && size.too_large)
        {
          parse (self->buffer->data, &size, &self->skipped);
          self->skip = size.size - self->buffer->len;
          buffer_reset (self);
          return skip_on (self, input, notice);
        }
      if (size.final && self->buffer->len == size.size)
        {
          parse (self->buffer->data, &size, notice);
          self->taken = TRUE;
          return TBUS_NOTICE_WHOLE;
        }
      n = MIN (size.size - self->buffer->len, input->length);
      if (n == 0)
        return TBUS_NOTICE_MORE;
      g_byte_array_append (self->buffer, input->data, n);
      input_use (input, n);
    }
}

gboolean
tbus_notice_reader_is_idle (const TbusNoticeReader *self)
{
  return self->skip == 0 && (self->taken || self->buffer->len == 0);
}

gsize
tbus_notice_reader_get_held (const TbusNoticeReader *self)
{
  return self->buffer->len;
}

gsize
tbus_notice_answer (TbusNoticeKind kind, const TbusNoticeAnswer *answer, guint8 out[TBUS_NOTICE_MAX_ANSWER])
{
  TbusUstEventAnswer event = { kind, answer->code, answer->id, { 0 } };
  TbusUstChannelAnswer channel = { kind, answer->code, answer->id, answer->header, { 0 } };
  TbusUstEnumAnswer enumeration = { kind, answer->code, answer->id, { 0 } };

  switch (kind)
    {
    case TBUS_NOTICE_EVENT:
      memcpy (out, &event, sizeof event);
      return sizeof event;
    case TBUS_NOTICE_CHANNEL:
      memcpy (out, &channel, sizeof channel);
      return sizeof channel;
    default:
      memcpy (out, &enumeration, sizeof enumeration);
      return sizeof enumeration;
    }
}
