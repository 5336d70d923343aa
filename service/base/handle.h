/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Handle: a descriptor that several may need, charged to the budget, closed with the last reference.
 *
 * Owner:   references. Threads: main.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct TbusHandle TbusHandle;

/* Takes @fd, also on failure: NULL with Exhausted, which names @what. */
TbusHandle *tbus_handle_new (int fd, const char *what, GError **error);
TbusHandle *tbus_handle_ref (TbusHandle *self);
void tbus_handle_unref (TbusHandle *self);
int tbus_handle_get_fd (TbusHandle *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusHandle, tbus_handle_unref)

G_END_DECLS
