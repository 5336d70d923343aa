/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Commands: what each of a job's operations is in the tracer's protocol: one step or several, each answered once.
 *
 *   SEND_RING     the channel, then each of its streams in order
 *   CREATE_EVENT  the event, then its filter and its exclusions, where it has them
 *   everything else but LIST: one step
 *
 * Threads: link; pure but for the outbox.
 */
#include "core/job.h"
#include "ust/outbox.h"

G_BEGIN_DECLS

/* What the answer to a step carries back. */
typedef struct {
  guint32 handle;
  guint32 cmd;
} TbusStep;

guint tbus_command_n_steps (const TbusCommand *command);
/*
 * Puts step @number of @command into @out. @handle: of the command's target for step 0, of what
 * step 0 created for the others.
 */
TbusStep tbus_command_encode (const TbusCommand *command, guint number, guint32 handle, TbusOutbox *out);
/* The first answer names a new object. */
gboolean tbus_command_creates (const TbusCommand *command);

/* Messages that no operation stands for alone: @cmd of the tracer, without arguments. */
TbusStep tbus_command_encode_plain (guint32 handle, guint32 cmd, TbusOutbox *out);

G_END_DECLS
