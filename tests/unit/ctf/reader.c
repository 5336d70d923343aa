/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit/ctf/reader.h"

#include "support/dir.h"
#include "support/trace.h"
#include "unit/ctf/build.h"

#include <string.h>

enum { PACKET_HEADER = 4 + 16 + 4 + 8, PACKET_CONTEXT = 6 * 8 + 4 };

gboolean
tst_skip_without_reader (void)
{
  if (g_strcmp0 (g_getenv ("TRACEBUS_BABELTRACE2"), "1") == 0)
    return FALSE;
  g_test_skip ("babeltrace2 was not found when this was configured");
  return TRUE;
}

void
tst_packet_add_bytes (GByteArray *packet, const void *bytes, gsize length)
{
  g_byte_array_append (packet, bytes, (guint) length);
}

static void
add_u16 (GByteArray *packet, guint16 value)
{
  tst_packet_add_bytes (packet, &value, sizeof value);
}

static void
add_u32 (GByteArray *packet, guint32 value)
{
  tst_packet_add_bytes (packet, &value, sizeof value);
}

static void
add_u64 (GByteArray *packet, guint64 value)
{
  tst_packet_add_bytes (packet, &value, sizeof value);
}

void
tst_packet_add_event (GByteArray *packet, guint16 id)
{
  add_u16 (packet, id);
  add_u32 (packet, 1);
}

static GByteArray *
whole_packet (const GByteArray *events)
{
  GByteArray *packet = g_byte_array_new ();
  guint64 bits = (PACKET_HEADER + PACKET_CONTEXT + (events != NULL ? events->len : 0)) * 8;

  add_u32 (packet, 0xc1fc1fc1);
  tst_packet_add_bytes (packet, tst_trace.uuid, sizeof tst_trace.uuid);
  add_u32 (packet, 0);
  add_u64 (packet, 0);
  add_u64 (packet, 1); /* from, to */
  add_u64 (packet, 2);
  add_u64 (packet, bits);
  add_u64 (packet, bits);
  add_u64 (packet, 0);
  add_u64 (packet, 0);
  add_u32 (packet, 0);
  if (events != NULL)
    tst_packet_add_bytes (packet, events->data, events->len);
  return packet;
}

static void
write_file (TstDir *dir, const char *name, const void *bytes, gsize length)
{
  g_autofree char *path = tst_dir_file (dir, name);
  g_autoptr(GError) error = NULL;

  g_file_set_contents (path, bytes, (gssize) length, &error);
  g_assert_no_error (error);
}

GPtrArray *
tst_read (const char *metadata, const GByteArray *events)
{
  g_autoptr(TstDir) dir = tst_dir_new ();
  g_autoptr(GByteArray) packet = whole_packet (events);

  write_file (dir, "metadata", metadata, strlen (metadata));
  write_file (dir, "channel_0", packet->data, packet->len);
  return tst_babeltrace (tst_dir_path (dir));
}
