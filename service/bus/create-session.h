/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Create session: from the arguments of CreateSession to a session, or to the error that says why there is none.
 *
 *   options read -> reach granted -> owner's group looked up -> output checked, session made (core) -> answered
 *
 * Threads: main.
 */
#include "bus/call.h"

G_BEGIN_DECLS

/* Takes @call, whose caller may trace its own apps. */
void tbus_create_session (TbusCall *call);

G_END_DECLS
