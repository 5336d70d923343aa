/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Agent: polkit's own program that asks for a password on the terminal, for this process, while nobody else does.
 *
 * Owner:   the run of tracebusctl; it ends with it.
 * Threads: one.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct CtlAgent CtlAgent;

/* Starts it and waits until it can be asked. (nullable): where there is no terminal, or no such program. */
CtlAgent *ctl_agent_new (void);
void ctl_agent_free (CtlAgent *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CtlAgent, ctl_agent_free)

G_END_DECLS
