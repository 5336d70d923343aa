/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Consumer link: the socket to one consumer process, on the main loop. Numbers requests, finds the request of a
 * reply, hands on events, never blocks.
 *
 * A link that breaks is reported once; what was in flight stays here until tbus_consumer_link_take_pending(),
 * because only the process's end tells what to answer.
 * Owner:   one consumer; it may free the link within any callback.
 * Threads: main.
 * Limit:   so many messages a turn of the main loop, so that one consumer cannot hold it. While something is in flight,
 *          a consumer that says nothing is asked for a sign of life, and given up after the patience.
 */
#include "supervise/request.h"

G_BEGIN_DECLS

typedef struct TbusConsumerLink TbusConsumerLink;

/* Reply and event: FALSE with @error where the message breaks the protocol; that ends the link. */
typedef struct {
  /* @request: (transfer full), unless it is FALSE: then it goes unanswered for now. */
  gboolean (*reply) (gpointer owner, TbusRequest *request, TwMessage *reply, GError **error);
  gboolean (*event) (gpointer owner, TwMessage *event, GError **error);
  /* It is of no more use. @why: NULL at its plain end, or what the other side did against the protocol. */
  void (*broken) (gpointer owner, const GError *why);
} TbusConsumerLinkOps;

/* Takes @fd. NULL with ConsumerFailed. */
TbusConsumerLink *tbus_consumer_link_new (int fd, const TbusConsumerLinkOps *ops, gpointer owner, GError **error);
/*
 * Before the first request, which is a hello: its other end has been spoken to by a former service. What came of that
 * is skipped up to the answer to the hello.
 */
void tbus_consumer_link_resume (TbusConsumerLink *self);
/* How long it may say nothing while something is in flight. */
void tbus_consumer_link_set_patience (TbusConsumerLink *self, guint ms);
/* Ends the connection, whoever else has this end. */
void tbus_consumer_link_hang_up (TbusConsumerLink *self);
/* From now on nothing is sent or received; what is in flight stays so. */
void tbus_consumer_link_suspend (TbusConsumerLink *self);
/* Closes this end. Nothing may be in flight. */
void tbus_consumer_link_free (TbusConsumerLink *self);
/* FALSE with @error where this request cannot be sent, and is the caller's; otherwise it was taken. */
gboolean tbus_consumer_link_send (TbusConsumerLink *self, TbusRequest *request, GError **error);
/* What was sent first of all that is not answered; NULL where there is none. */
const TbusRequest *tbus_consumer_link_get_oldest (TbusConsumerLink *self);
/*
 * A file system keeps it waiting: whoever only asked whether an output is good, or is one of @waiting (TbusRequest),
 * which are not sent yet, to ask that, hears that it does not answer.
 */
void tbus_consumer_link_give_up_checks (TbusConsumerLink *self, const GQueue *waiting);
/* Takes in all that was sent before the other side's end. It may break meanwhile, and be freed. */
void tbus_consumer_link_drain (TbusConsumerLink *self);
/* Returns: (transfer full): what was not answered, in the order in which it was sent. */
GPtrArray *tbus_consumer_link_take_pending (TbusConsumerLink *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusConsumerLink, tbus_consumer_link_free)

G_END_DECLS
