/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Units: sizes and times as users of LTTng write them.
 *
 * Threads: any; pure.
 */
#include <glib.h>

G_BEGIN_DECLS

/* "4096", "512k", "1M", "2G", "0x1000": bytes; the suffix, in either case, counts in 1024s. */
gboolean ctl_parse_size (const char *text, guint64 *bytes, GError **error);
/* "1000", "250us", "20ms", "5s", "2m", "1h": microseconds, at most what a uint32 holds. */
gboolean ctl_parse_time (const char *text, guint32 *microseconds, GError **error);
/* The power of two that is @number or next above; 0 where there is none. */
guint64 ctl_round_up (guint64 number);
/* "512 KiB", "12 B". (transfer full) */
char *ctl_format_size (guint64 bytes);
/* Local time of @microseconds since 1970, as "2024-05-01 12:00:00". (transfer full) */
char *ctl_format_time (guint64 microseconds);
/* Now, as LTTng puts it behind names: "20240501-120000". (transfer full) */
char *ctl_time_stamp (void);

G_END_DECLS
