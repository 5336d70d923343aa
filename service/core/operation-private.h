/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/* For the files of core: an operation that is being filled. Owner: the work. Threads: main. */
#include "core/operation.h"

G_BEGIN_DECLS

TbusOperation *tbus_operation_new (void);
TbusOutcome *tbus_operation_get_outcome_mutable (TbusOperation *self);

G_END_DECLS
