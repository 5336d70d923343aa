/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Kept app: both sockets of an app in the descriptor store, so that it does not see the service go.
 *
 * Threads: any.
 */
#include "core/tracee.h"

G_BEGIN_DECLS

void tbus_kept_app_keep (const TbusTracee *tracee);
/* Both connections end, for the app and for whoever else has a copy, and the store forgets them. */
void tbus_kept_app_end (const TbusTracee *tracee);

G_END_DECLS
