/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Lingering socket: a descriptor whose last copy takes an hour to close, as SO_LINGER has it; and how one is sent.
 *
 * Owner: the test. Threads: any.
 */
#include <glib.h>

G_BEGIN_DECLS

/* @listening: (out): its other end, which reads nothing; close it afterwards. */
int tst_lingering_socket (int *listening);
/* Sends an "x" with a copy of @fd. FALSE: nobody is there. */
gboolean tst_send_descriptor (int to, int fd);

G_END_DECLS
