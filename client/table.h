/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Table: columns for people's eyes, as wide as they must be and never cut.
 *
 * Owner:   one.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct CtlTable CtlTable;

/* A head that begins with '>' makes its column flush right. The heads end with NULL and are borrowed. */
CtlTable *ctl_table_new (const char *const *heads);
void ctl_table_free (CtlTable *self);
/* As many texts as heads; each (transfer full). */
void ctl_table_add (CtlTable *self, ...);
/* To stdout, with @indent blanks before each line. @legend: with the heads. */
void ctl_table_print (CtlTable *self, guint indent, gboolean legend);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CtlTable, ctl_table_free)

G_END_DECLS
