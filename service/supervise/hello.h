/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Hello: the first request to each consumer process, by whose answer it is known to speak the same. The staging pool of
 * its predecessor goes along, and its own comes back, see supervise/staging.
 *
 * Owner:   none.
 * Threads: main.
 */
#include "supervise/request.h"

G_BEGIN_DECLS

/* @staging_fd: -1, or duplicated. NULL with Exhausted. */
TbusRequest *tbus_hello_new (TbusConsumer *consumer, int staging_fd, GError **error);
/* FALSE: @reply is no answer to it. Sets @why where this process cannot be talked to: "speaks version 2 ...". */
gboolean tbus_hello_read (TbusConsumer *consumer, const TwMessage *reply, char **why);

G_END_DECLS
