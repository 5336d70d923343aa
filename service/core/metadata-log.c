/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "core/metadata-log.h"

#include "base/error.h"
#include "base/fd-budget.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GROW_STEP = 64 << 10, SEALS = F_SEAL_SHRINK | F_SEAL_SEAL };

/* At the start of the file. */
typedef struct {
  guint64 published;
  guint64 described;
} Header;

G_STATIC_ASSERT (TBUS_MAX_CHANNELS <= 64);

struct TbusMetadataLog {
  int fd;
  gsize limit;     /* of the text */
  gsize allocated; /* bytes of the file */
  guint8 *map;     /* header page and text, the whole limit: the file grows into it */
};

/* Grown in steps: a page of the map that the file does not reach must not be touched. */
static gboolean
ensure_size (TbusMetadataLog *self, gsize text_length, GError **error)
{
  gsize size = TBUS_LOG_TEXT_OFFSET + (text_length + GROW_STEP - 1) / GROW_STEP * GROW_STEP;

  if (size <= self->allocated)
    return TRUE;
  if (ftruncate (self->fd, size) < 0)
    {
      tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot grow a metadata log to %" G_GSIZE_FORMAT " bytes",
                      size);
      return FALSE;
    }
  self->allocated = size;
  return TRUE;
}

static gboolean
map_log (TbusMetadataLog *self, GError **error)
{
  gsize size = TBUS_LOG_TEXT_OFFSET + self->limit;
  void *map = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, self->fd, 0);
  if (map == MAP_FAILED)
    {
      tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot map a metadata log of %" G_GSIZE_FORMAT " bytes",
                      size);
      return FALSE;
    }
  self->map = map;
  return TRUE;
}

/*
 * Nobody but its owner may write: a consumer gets a descriptor for reading, and the mode keeps another user from
 * opening the file anew. No F_SEAL_FUTURE_WRITE: the service that takes over after a restart must map it, too.
 */
static gboolean
protect (TbusMetadataLog *self, GError **error)
{
  if (fchmod (self->fd, S_IRUSR | S_IWUSR) < 0 || fcntl (self->fd, F_ADD_SEALS, SEALS) < 0)
    {
      tbus_set_errno (error, TBUS_ERROR_UNSUPPORTED, errno, "Cannot protect a metadata log");
      return FALSE;
    }
  return TRUE;
}

TbusMetadataLog *
tbus_metadata_log_new (gsize limit, GError **error)
{
  g_autoptr(TbusMetadataLog) self = NULL;

  if (!tbus_fd_budget_take (1, "A metadata log", error))
    return NULL;
  self = g_new0 (TbusMetadataLog, 1);
  self->limit = limit;
  self->fd = memfd_create ("tracebus-metadata", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (self->fd < 0)
    {
      tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot make a metadata log");
      return NULL;
    }
  if (!ensure_size (self, 0, error) || !map_log (self, error) || !protect (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/* What is behind a descriptor that was kept is looked at before it is touched. */
static gboolean
check_kept (TbusMetadataLog *self, GError **error)
{
  struct stat info;
  guint64 published;

  if (fcntl (self->fd, F_GET_SEALS) == SEALS && fstat (self->fd, &info) == 0 && info.st_size >= TBUS_LOG_TEXT_OFFSET
      && pread (self->fd, &published, sizeof published, 0) == sizeof published && published <= self->limit
      && published <= (guint64) info.st_size - TBUS_LOG_TEXT_OFFSET)
    {
      self->allocated = info.st_size;
      return TRUE;
    }
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "Descriptor %d is no metadata log", self->fd);
  return FALSE;
}

TbusMetadataLog *
tbus_metadata_log_adopt (int fd, gsize limit, GError **error)
{
  g_autoptr(TbusMetadataLog) self = NULL;

  if (!tbus_fd_budget_take (1, "A metadata log", error))
    {
      close (fd);
      return NULL;
    }
  self = g_new0 (TbusMetadataLog, 1);
  self->limit = limit;
  self->fd = fd;
  if (!check_kept (self, error) || !map_log (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
tbus_metadata_log_free (TbusMetadataLog *self)
{
  if (self->map != NULL)
    munmap (self->map, TBUS_LOG_TEXT_OFFSET + self->limit);
  if (self->fd >= 0)
    close (self->fd);
  tbus_fd_budget_give (1);
  g_free (self);
}

gboolean
tbus_metadata_log_append (TbusMetadataLog *self, const char *text, gsize length, GError **error)
{
  Header *header = (Header *) self->map;
  guint64 before = __atomic_load_n (&header->published, __ATOMIC_RELAXED);

  if (length > self->limit - before)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED,
                   "The metadata of one buffer set may not pass %" G_GSIZE_FORMAT " bytes", self->limit);
      return FALSE;
    }
  if (!ensure_size (self, before + length, error))
    return FALSE;
  memcpy (self->map + TBUS_LOG_TEXT_OFFSET + before, text, length);
  __atomic_store_n (&header->published, before + length, __ATOMIC_RELEASE);
  return TRUE;
}

void
tbus_metadata_log_set_described (TbusMetadataLog *self, guint32 id)
{
  Header *header = (Header *) self->map;

  g_return_if_fail (id < TBUS_MAX_CHANNELS);
  __atomic_or_fetch (&header->described, G_GUINT64_CONSTANT (1) << id, __ATOMIC_RELEASE);
}

guint64
tbus_metadata_log_length (TbusMetadataLog *self)
{
  return __atomic_load_n (&((Header *) self->map)->published, __ATOMIC_ACQUIRE);
}

const char *
tbus_metadata_log_text (TbusMetadataLog *self)
{
  return (const char *) self->map + TBUS_LOG_TEXT_OFFSET;
}

int
tbus_metadata_log_open_reader (TbusMetadataLog *self, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", self->fd);
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot open a metadata log for reading");
  return fd;
}

int
tbus_metadata_log_get_fd (TbusMetadataLog *self)
{
  return self->fd;
}
