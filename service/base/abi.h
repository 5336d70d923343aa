/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * The ABI of a traced process, as its registration told it: what a registry's metadata
 * and the consumer that owns its buffers depend on (B4, B10).
 */
#include <glib.h>

typedef struct {
  guint32 bits_per_long;  /* 32 or 64 */
  guint32 align_u8;       /* bits */
  guint32 align_u16;
  guint32 align_u32;
  guint32 align_u64;
  guint32 align_long;
  gboolean little_endian; /* always the machine's own: nobody registers over a network */
} TbusAbi;
