/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Swarm: connections of one user, who calls everything with everything, many calls at once. It ends the test where an
 * answer is none of those that the contract knows, or where none comes; and it counts what was answered.
 *
 * Owner:   the test's fixture.
 * Threads: main; it runs the loop.
 * Limit:   %TST_PATIENCE_MS for the next answer.
 */
#include "known.h"
#include "odd-files.h"
#include "support/service.h"

#include <sys/types.h>

G_BEGIN_DECLS

typedef struct TstSwarm TstSwarm;

typedef struct {
  TstService *service;
  TstKnown *known;
  TstValues *values;
  TstOddFiles *files;
  uid_t uid;
} TstSwarmParts;

TstSwarm *tst_swarm_new (const TstSwarmParts *parts);
void tst_swarm_free (TstSwarm *self);
/* Makes @n calls, and waits for their answers. */
void tst_swarm_run (TstSwarm *self, guint n);
/* How often calls were answered with @answer: "" for a reply, or an error's name without the common beginning. */
guint tst_swarm_count (TstSwarm *self, const char *answer);
/* How many methods, of interfaces whose names begin with @interface, were never answered with a reply. */
guint tst_swarm_count_refused (TstSwarm *self, const char *interface);
/* Prints all counts as comments. */
void tst_swarm_report (TstSwarm *self, const char *who);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstSwarm, tst_swarm_free)

G_END_DECLS
