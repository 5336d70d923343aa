/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Verbs: what TbusConsumer can be asked, put into the wire's messages.
 *
 * Threads: main.
 */
#include "supervise/request.h"

G_BEGIN_DECLS

/* Fills in the request functions of the supervised consumer's class. */
void tbus_verbs_install (TbusConsumerClass *klass);

G_END_DECLS
