/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Memory: how much of it can be had: what the kernel holds available, and what the control groups above this process
 * and its own limits leave of that. An estimate, for a polite refusal: what others take meanwhile is not known.
 *
 * Threads: any; asks files of /proc and /sys, which do not wait.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint64 bytes;
  const char *where; /* "this machine", ... */
} TbusMemory;

/* @root: "" for this system; a directory with files like its own for tests. Where nothing is known, all there is. */
TbusMemory tbus_memory_available (const char *root);

/*
 * FALSE with Exhausted where @bytes in all, or @piece bytes in one file, cannot be had. @what: "Channel \"big\"", for
 * the message.
 */
gboolean tbus_memory_expect (const char *what, guint64 bytes, guint64 piece, GError **error);

G_END_DECLS
