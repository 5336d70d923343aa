/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/* Names that callers give, of sessions and channels, and what stands behind them. Threads: any; pure. */
#include <glib.h>

/* 1 to 128 bytes of letters, digits and "_ . : @ + -", first a letter, digit or "_"; else InvalidArgs naming @what. */
gboolean tbus_name_check (const char *name, const char *what, GError **error);
/* Valid UTF-8 of what a process calls itself; (transfer full). */
char *tbus_name_make_valid (const char *name);
/* The local time @microseconds after 1970 as LTTng puts it behind names: "20260131-235959". (transfer full) */
char *tbus_name_time (gint64 microseconds);
