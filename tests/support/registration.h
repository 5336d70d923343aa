/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Registration: how those who play an app, without a tracer, come to a service, and how long what they hear is.
 *
 * Owner:   the caller of the descriptors.
 * Threads: any.
 */
#include "ust/protocol.h"

G_BEGIN_DECLS

/* A record that a service takes, of this process under @name. */
TbusUstRegistration tst_registration (const char *name, gboolean notify);
/* A connection to the service without a word. Returns -1 where errno says why. */
int tst_registration_connect (const char *socket_path);
/* One with that record. Returns -1 where errno says why. */
int tst_registration_send (const char *socket_path, const char *name, gboolean notify);

/* How many bytes follow @message. */
gsize tst_command_count_rest (const TbusUstMessage *message);

G_END_DECLS
