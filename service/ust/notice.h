/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Notices: what an app says on its notify socket, put together from however few bytes come at a time.
 *
 * The buffer grows with what really came, never with what is announced.
 * Owner:   one reader a connection. Threads: notify; pure.
 * Limit:   base/limits.h. What passes a count there is read past and answered with an error (@too_large); what
 *          cannot be a message (of an unknown kind, with half a record, a name without an end), or passes
 *          TBUS_MAX_NOTICE, is an error of the reader.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_NOTICE_EVENT,
  TBUS_NOTICE_CHANNEL,
  TBUS_NOTICE_ENUM,
} TbusNoticeKind; /* the tracer's numbers */

typedef struct {
  TbusNoticeKind kind;
  gboolean too_large; /* there is no @body */
  guint32 session_handle;
  guint32 channel_handle; /* of events and channels */
  char name[257];         /* of events and enumerations */
  int loglevel;
  char *model_emf_uri; /* owned; nullable */
  gsize size;          /* of all of it, as it was sent */
  gconstpointer body;  /* field records or enum entries; valid until the reader's next call */
  gsize body_len;
} TbusNotice;

void tbus_notice_clear (TbusNotice *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbusNotice, tbus_notice_clear)

typedef struct TbusNoticeReader TbusNoticeReader;

TbusNoticeReader *tbus_notice_reader_new (void);
void tbus_notice_reader_free (TbusNoticeReader *self);

typedef enum { TBUS_NOTICE_MORE, TBUS_NOTICE_WHOLE, TBUS_NOTICE_BROKEN } TbusNoticeResult;

typedef struct {
  const guint8 *data;
  gsize length;
} TbusNoticeInput;

/* Takes what it can use off the front of @input. @notice is set when it is whole: clear it. */
TbusNoticeResult tbus_notice_reader_take (TbusNoticeReader *self, TbusNoticeInput *input, TbusNotice *notice,
                                          GError **error);

/* Between messages: nothing of the next one has come. */
gboolean tbus_notice_reader_is_idle (const TbusNoticeReader *self);
/* Bytes that it keeps of a message which is not whole yet. */
gsize tbus_notice_reader_get_held (const TbusNoticeReader *self);

/* What the registry said, or why not. */
typedef struct {
  int code; /* 0 or negative */
  guint64 id;
  guint32 header; /* of a channel */
} TbusNoticeAnswer;

enum { TBUS_NOTICE_MAX_ANSWER = 48 };
/* Writes the answer to a notice of @kind to @out and returns its size. */
gsize tbus_notice_answer (TbusNoticeKind kind, const TbusNoticeAnswer *answer, guint8 out[TBUS_NOTICE_MAX_ANSWER]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusNoticeReader, tbus_notice_reader_free)

G_END_DECLS
