/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Descriptor budget (B6): counts what the service holds against RLIMIT_NOFILE, so that
 * exhaustion is an answer and not an accident.
 *
 * Threads: any; one atomic counter.
 */
#include <glib.h>

G_BEGIN_DECLS

/* Raises the soft limit to the hard one and takes the budget from it, less @reserve for the bus, logs and files. */
void tbus_fd_budget_init (guint reserve);
/* Takes @n descriptors; FALSE with @error (Exhausted, naming @what) where they are not there. */
gboolean tbus_fd_budget_take (guint n, const char *what, GError **error);
void tbus_fd_budget_give (guint n);
guint tbus_fd_budget_total (void);
/* What the limit leaves beside the budget: @reserve, or less where there is not so much. */
guint tbus_fd_budget_reserve (void);
guint tbus_fd_budget_used (void);
/* For tests: another total. */
void tbus_fd_budget_set_total (guint total);

G_END_DECLS
