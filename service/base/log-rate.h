/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Log rate: lines that a user's programs, consumers or calls cause. A user can have only so many of them written; how
 * many were left out is said by one line when the period ends, so that nothing goes silently.
 *
 * What the service says of itself is not counted: use tbus_log_warning() for that.
 *
 * Threads: any; one lock, inside. The summary comes from main.
 * Limit:   TBUS_MAX_LOG_LINES of each message id in TBUS_LOG_PERIOD_MS for each user, root too: many of one kind hide
 *          none of another.
 */
#include "base/log.h"

#include <sys/types.h>

G_BEGIN_DECLS

/* Who is not known shares with all others who are not. */
#define TBUS_UNKNOWN_USER ((uid_t) -1)

/* Whether one more line @id, a constant of base/log-ids.h, because of @uid is written; else it is counted. */
gboolean tbus_log_rate_admit (uid_t uid, const char *id);
/* Says now what was left out so far, of everybody: before the service ends. */
void tbus_log_rate_flush (void);

/* As tbus_log_warning(), of what @uid causes. */
#define tbus_log_warning_of(uid, id, field, value, ...)                                                               \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    if (tbus_log_rate_admit (uid, id))                                                                                \
      tbus_log_warning (id, field, value, __VA_ARGS__);                                                               \
  }                                                                                                                   \
  G_STMT_END

G_END_DECLS
