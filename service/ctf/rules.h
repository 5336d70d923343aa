/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Rules: what a field must be for a reader of CTF 1.8 to take it, of all that its description can say.
 *
 * One field that breaks a rule makes the whole trace unreadable, not only its event: such an event is refused.
 * References and enumerations depend on what surrounds a field and are judged where they are written (ctf/type).
 *
 * Threads: any; pure.
 * Limit:   TBUS_MAX_NESTING.
 */
#include "ctf/field.h"

G_BEGIN_DECLS

/* InvalidArgs, unless @field and everything below it can be written. */
gboolean tbus_ctf_check_field (const TbusCtfField *field, GError **error);

/* Sets InvalidArgs: 'Field "<name>" <what>'. @name as the app gave it: it is made safe here. */
void tbus_ctf_set_field_error (GError **error, const char *name, const char *what, ...) G_GNUC_PRINTF (3, 4);

G_END_DECLS
