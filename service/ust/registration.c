/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "ust/registration.h"

#include "base/error.h"
#include "ust/protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

G_STATIC_ASSERT (TBUS_REGISTRATION_SIZE == sizeof (TbusUstRegistration));
G_STATIC_ASSERT (sizeof ((TbusRegistration *) NULL)->name == LTTNG_UST_ABI_PROCNAME_LEN + 1);

gboolean
tbus_peer_init (TbusPeer *self, int fd, GError **error)
{
  struct ucred credentials;
  socklen_t size = sizeof credentials;

  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
    {
      tbus_set_errno (error, tbus_error_from_errno (errno), errno, "Cannot tell which process connected");
      return FALSE;
    }
  if (credentials.pid <= 0)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_UNSUPPORTED,
                   "A process of user %u is in a pid namespace that this service cannot see into",
                   (unsigned) credentials.uid);
      return FALSE;
    }
  *self = (TbusPeer){ credentials.pid, credentials.uid, credentials.gid };
  return TRUE;
}

static gboolean
refuse (GError **error, TbusError code, const TbusPeer *peer, const char *format, ...) G_GNUC_PRINTF (4, 5);

static gboolean
refuse (GError **error, TbusError code, const TbusPeer *peer, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, TBUS_ERROR, code, "Process %d %s", (int) peer->pid, why);
  return FALSE;
}

static gboolean
is_alignment (guint32 bits)
{
  return bits >= 8 && bits <= 64 && (bits & (bits - 1)) == 0;
}

static gboolean
decode_abi (TbusAbi *abi, const TbusUstRegistration *record, const TbusPeer *peer, GError **error)
{
  *abi = (TbusAbi){
    .bits_per_long = record->bits_per_long,
    .align_u8 = record->align_u8,
    .align_u16 = record->align_u16,
    .align_u32 = record->align_u32,
    .align_u64 = record->align_u64,
    .align_long = record->align_long,
    .little_endian = G_BYTE_ORDER == G_LITTLE_ENDIAN,
  };
  if (abi->bits_per_long != 32 && abi->bits_per_long != 64)
    return refuse (error, TBUS_ERROR_UNSUPPORTED, peer, "claims a long of %u bits; 32 and 64 are known",
                   abi->bits_per_long);
  if (!is_alignment (abi->align_u8) || !is_alignment (abi->align_u16) || !is_alignment (abi->align_u32)
      || !is_alignment (abi->align_u64) || !is_alignment (abi->align_long))
    return refuse (error, TBUS_ERROR_INVALID_ARGS, peer,
                   "claims an alignment of integers that is not 8, 16, 32 or 64 bits");
  return TRUE;
}

gboolean
tbus_registration_decode (TbusRegistration *self, const guint8 *raw, const TbusPeer *peer, GError **error)
{
  TbusUstRegistration record;
  TbusRegistration result = { .peer = *peer };

  memcpy (&record, raw, sizeof record);
  if (record.magic == GUINT32_SWAP_LE_BE (LTTNG_UST_ABI_COMM_MAGIC))
    return refuse (error, TBUS_ERROR_UNSUPPORTED, peer, "runs in another byte order than this machine");
  if (record.magic != LTTNG_UST_ABI_COMM_MAGIC)
    return refuse (error, TBUS_ERROR_INVALID_ARGS, peer, "does not speak the tracer's protocol");
  if (record.major < TBUS_UST_MAJOR_MIN || record.major > TBUS_UST_MAJOR_MAX)
    return refuse (error, TBUS_ERROR_UNSUPPORTED, peer,
                   "has a tracer library of ABI version %u.%u; this service speaks versions %d to %d", record.major,
                   record.minor, TBUS_UST_MAJOR_MIN, TBUS_UST_MAJOR_MAX);
  if (record.socket_type != LTTNG_UST_CTL_SOCKET_CMD && record.socket_type != LTTNG_UST_CTL_SOCKET_NOTIFY)
    return refuse (error, TBUS_ERROR_INVALID_ARGS, peer, "registers a socket of unknown type %u", record.socket_type);
  if (!decode_abi (&result.abi, &record, peer, error))
    return FALSE;
  result.notify = record.socket_type == LTTNG_UST_CTL_SOCKET_NOTIFY;
  result.major = record.major;
  result.minor = record.minor;
  result.parent_pid = record.pid == (guint32) peer->pid ? (pid_t) record.ppid : 0;
  memcpy (result.name, record.name, sizeof record.name);
  *self = result;
  return TRUE;
}
