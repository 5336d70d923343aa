/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Event: what a consumer tells unasked, as signals of its object.
 *
 * What it says of things that it was not given, or has given back, is not passed on.
 * Threads: main.
 */
#include "core/consumer.h"
#include "supervise/consumer-link.h"

G_BEGIN_DECLS

/*
 * Emits the signal that @event stands for. @link: what it came by; nullable: nothing was asked. @waiting (TbusRequest):
 * what will be. FALSE: no event.
 */
gboolean tbus_event_handle (TbusConsumer *consumer, TbusConsumerLink *link, const GQueue *waiting, TwMessage *event,
                            TbusHoldings *held);

G_END_DECLS
