/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Registries: the rows of ListBufferRegistries.
 *
 * Threads: main.
 */
#include "core/session.h"

G_BEGIN_DECLS

/* @registries: of TbusRegistryInfo; "aa{sv}", floating */
GVariant *tbus_registries_value (GPtrArray *registries);

G_END_DECLS
