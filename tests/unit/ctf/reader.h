/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Reader: metadata of tst_trace beside one packet of stream 0, as babeltrace2 reads them.
 *
 * Owner:   the caller; arrays and strings.
 * Threads: main.
 */
#include <glib.h>

G_BEGIN_DECLS

/* Skips the running test where the build found no babeltrace2. Returns: whether it did. */
gboolean tst_skip_without_reader (void);

/* Appends the large header of an event of class @id; its payload follows. */
void tst_packet_add_event (GByteArray *packet, guint16 id);
void tst_packet_add_bytes (GByteArray *packet, const void *bytes, gsize length);

/*
 * Returns: (transfer full): the events, a line each, as tst_babeltrace() has them. @packet (nullable): events.
 * Ends the test at an error or a warning of the reader.
 */
GPtrArray *tst_read (const char *metadata, const GByteArray *packet);

G_END_DECLS
