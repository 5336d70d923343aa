/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Text: the words of CTF 1.8's TSDL that hold what an app wrote, made safe.
 *
 * Threads: any; pure.
 */
#include <glib.h>

G_BEGIN_DECLS

/*
 * Appends "_" and @name with every byte outside [A-Za-z0-9_] as "_": an identifier that no
 * keyword equals and no reader refuses. An empty name gives "_".
 */
void tbus_ctf_append_identifier (GString *out, const char *name);

/* Appends @value in double quotes: quotes, backslashes and control characters escaped, invalid UTF-8 replaced. */
void tbus_ctf_append_string (GString *out, const char *value);

void tbus_ctf_append_tabs (GString *out, guint count);

/* Appends @value in decimal: what printf would, without parsing a format. */
void tbus_ctf_append_uint (GString *out, guint64 value);

/*
 * A set of identifiers already given in one scope: appends like tbus_ctf_append_identifier(), and
 * "_2", "_3" ... behind it where the scope has it already. Two different app names can be alike once made safe.
 * After "__a" there is no "_a" either: babeltrace2 refuses it.
 */
typedef GHashTable TbusCtfScope;
TbusCtfScope *tbus_ctf_scope_new (void);
void tbus_ctf_scope_append (TbusCtfScope *scope, GString *out, const char *name);
/* Keeps @identifier from being given. */
void tbus_ctf_scope_reserve (TbusCtfScope *scope, const char *identifier);

G_END_DECLS
