/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/* Names that callers give: sessions and channels. Threads: any; pure. */
#include <glib.h>

/* 1 to 128 bytes of letters, digits and "_ . : @ + -", first a letter, digit or "_"; else InvalidArgs naming @what. */
gboolean tbus_name_check (const char *name, const char *what, GError **error);
/* Valid UTF-8 of what a process calls itself; (transfer full). */
char *tbus_name_make_valid (const char *name);
