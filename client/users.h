/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Users: whose programs a new session records, as they are given on the command line.
 *
 * Owner:   the verb.
 * Threads: one.
 */
#include "client/ctl.h"

G_BEGIN_DECLS

/*
 * @list: names and numbers of users, divided by commas; NULL: none. Adds them to @options as "uids", or "all-users"
 * where @all is set. FALSE with an error of usage where there is no such user, or both are given.
 */
gboolean ctl_users_add (Ctl *ctl, GVariantDict *options, const char *list, gboolean all, GError **error);

G_END_DECLS
