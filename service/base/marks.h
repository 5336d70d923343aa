/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Marks: how far each app was brought, in shared memory that outlives the service as the descriptor store's "marks".
 *
 * State that was saved tells what an app has; the marks tell whether that is still all of it. Each app has a slot with
 * two words, one for commands and one for notifications: odd while something is under way, and another number after
 * it. So what was saved holds for an app whose words are what they were then, and even.
 *
 *   step -> odd     before the first byte of it is sent, or taken off the socket
 *   step -> even    after its last answer
 *
 * Owner:   the process. Threads: any for words; main and whoever frees apps for slots: one lock, inside.
 * Limit:   TBUS_MAX_APPS slots, half a MiB that is there as far as it was used.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_MARK_COMMANDS,
  TBUS_MARK_NOTICES,
  TBUS_N_MARKS
} TbusMark;

/* After tbus_fd_store_init(): what was kept, or all anew. FALSE where there is no memory for it: no slot is given. */
gboolean tbus_marks_init (void);
/* A free slot, its words even; 0 where there is none: for that one, stepping does nothing. */
guint tbus_mark_take (void);
/* The same for one that a former life has given out. FALSE where it is not there, or was given out since. */
gboolean tbus_mark_claim (guint slot);
void tbus_mark_give (guint slot);
void tbus_mark_step (guint slot, TbusMark which);
guint32 tbus_mark_get (guint slot, TbusMark which);

G_END_DECLS
