/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Request: one thing asked of a consumer, from the call to its one answer.
 *
 * Owner:   the consumer's queue, then its link, then whoever answers it.
 * Threads: main.
 */
#include "core/consumer.h"
#include "supervise/holdings.h"
#include "supervise/ring-order.h"
#include "wire/wire.h"

G_BEGIN_DECLS

typedef struct {
  TbusConsumer *consumer; /* a reference: it lives until everything is answered */
  TwType type;
  gint64 asked;   /* monotonic, microseconds */
  guint64 key;    /* the session, set or channel that it is about */
  guint64 parent; /* of a channel: its set */
  TwWriter body;
  int fd;               /* that goes along, ours; or -1 */
  guint n_streams;      /* TW_ADD_CHANNEL: of the order that is made when it is sent; or 0 */
  gboolean in_files;    /* the same: the consumer brings the memory */
  TbusRingOrder *order;
  TbusRing *ring;       /* TW_ADOPT_CHANNEL: goes along, a reference */
  guint tries;          /* processes that died before they had answered it */
  TbusConsumerDone done; /* nullable */
  gpointer data;
} TbusRequest;

TbusRequest *tbus_request_new (TbusConsumer *consumer, TwType type, guint64 key, TbusConsumerDone done, gpointer data);
void tbus_request_free (TbusRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusRequest, tbus_request_free)

/* What it is about, in words. */
const char *tbus_request_describe (const TbusRequest *self);

/* Sends a duplicate of @fd along; FALSE with Exhausted (B6). */
gboolean tbus_request_take_copy (TbusRequest *self, int fd, GError **error);

/* Descriptors that go along; *@n of them. (transfer container) (nullable) */
int *tbus_request_list_fds (const TbusRequest *self, gsize *n);
/* The process that had it died. FALSE: it is not asked again. */
gboolean tbus_request_reset (TbusRequest *self);
void tbus_request_do_not_repeat (TbusRequest *self);

/* It is sent: what it is about is held from now on, until an answer says otherwise. */
void tbus_request_hold (const TbusRequest *self, TbusHoldings *held);

/* Answers with @error. @self: (transfer full) */
void tbus_request_fail (TbusRequest *self, const GError *error);
/* All of @requests, nullable: they are taken out of it. */
void tbus_request_fail_all (GPtrArray *requests, const GError *error);
/* Answers with @error now; what it is answered later is for nobody. */
void tbus_request_give_up (TbusRequest *self, const GError *error);
/* Fails it, but not before the caller has returned to the main loop. @error: (transfer full) too. */
void tbus_request_fail_later (TbusRequest *self, GError *error);

typedef enum {
  TBUS_ANSWERED,
  TBUS_ANSWERED_UNDO, /* with an error that the consumer does not know of: what it made must go */
  TBUS_MALFORMED,     /* not answered: that is no reply to it */
} TbusAnswer;

/* Answers with what @reply says, which @held bounds. @self: (transfer full) unless it is TBUS_MALFORMED. */
TbusAnswer tbus_request_answer (TbusRequest *self, TwMessage *reply, TbusHoldings *held);

/* Returns: (transfer full): @text of a consumer as UTF-8, not too long. */
char *tbus_request_make_text (const char *text);
/* Counters of an event or a reply, of channels that are held; NULL where they are malformed. */
GArray *tbus_counters_read (TwReader *in, TbusHoldings *held);

G_END_DECLS
