/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Set watch: what follows when an app has described something new in a buffer set: the state of the service is written,
 * and where rings are files, the metadata beside them.
 *
 * Owner: none. Threads: main.
 */
#include "core/buffer-set.h"

G_BEGIN_DECLS

/* Before @set is shared, after its hub is known. */
void tbus_set_watch_classes (TbusBufferSet *set) TBUS_MAIN_ONLY;

G_END_DECLS
