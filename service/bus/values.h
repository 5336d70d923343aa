/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Values: what core says, as D-Bus values. Text is made valid UTF-8 here, whatever it was made from: one bad
 * byte would end the connection.
 *
 * Owner:   every GVariant is (transfer none), floating. Threads: any; pure.
 */
#include <gio/gio.h>

#include "core/operation.h"

G_BEGIN_DECLS

/* @text: (nullable): "" */
GVariant *tbus_value_string (const char *text);
/* @path: (transfer full) */
GVariant *tbus_value_path (char *path);
/* @ids: of guint64; "ao" */
GVariant *tbus_value_app_paths (GArray *ids);
/* Adds one entry to an a{sv}. @value is sunk. */
void tbus_dict_add (GVariantBuilder *dict, const char *key, GVariant *value);
/* The a{sv} result of operations. */
GVariant *tbus_value_outcome (const TbusOutcome *outcome);

G_END_DECLS
