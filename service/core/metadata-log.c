/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "core/metadata-log.h"

#include "base/error.h"
#include "base/fd-budget.h"
#include "base/limits.h"
#include "base/quota.h"

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
  /* The service's own: */
  TbusLogChannel channels[TBUS_MAX_CHANNELS];
  guint64 n_enums;
  guint8 unused[TBUS_LOG_TEXT_OFFSET - TBUS_MAX_CHANNELS * sizeof (TbusLogChannel) - 4 * sizeof (guint64)];
  guint64 paged_from;
} Header;

G_STATIC_ASSERT (TBUS_MAX_CHANNELS <= 64);
G_STATIC_ASSERT (sizeof (Header) == TBUS_LOG_TEXT_OFFSET);

typedef struct {
  int fd;
  gsize limit;     /* of the text */
  gsize allocated; /* bytes of the file */
  TbusCharge charge;
  guint8 *map;     /* header page and text, the whole limit: the file grows into it */
} Version;

struct TbusMetadataLog {
  gsize limit;
  GMutex lock;      /* held over an append, and over a change of what is below */
  Version *current; /* main reads it without the lock: nobody else changes it */
  Version *next;    /* nullable */
};

static void
version_free (Version *self)
{
  if (self->map != NULL)
    munmap (self->map, TBUS_LOG_TEXT_OFFSET + self->limit);
  if (self->fd >= 0)
    close (self->fd);
  tbus_fd_budget_give (1);
  tbus_charge_clear (&self->charge);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Version, version_free)

static Header *
version_header (Version *self)
{
  return (Header *) self->map;
}

static char *
version_text (Version *self)
{
  return (char *) self->map + TBUS_LOG_TEXT_OFFSET;
}

/* Grown in steps: a page of the map that the file does not reach must not be touched. */
static gboolean
ensure_size (Version *self, gsize text_length, GError **error)
{
  gsize size = TBUS_LOG_TEXT_OFFSET + (text_length + GROW_STEP - 1) / GROW_STEP * GROW_STEP;

  if (size <= self->allocated)
    return TRUE;
  if (!tbus_charge_add (&self->charge, size - self->allocated, error))
    return FALSE;
  if (ftruncate (self->fd, size) < 0)
    {
      tbus_charge_sub (&self->charge, size - self->allocated);
      tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot grow a metadata log to %" G_GSIZE_FORMAT " bytes",
                      size);
      return FALSE;
    }
  self->allocated = size;
  return TRUE;
}

static gboolean
map_log (Version *self, GError **error)
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
protect (Version *self, GError **error)
{
  if (fchmod (self->fd, S_IRUSR | S_IWUSR) < 0 || fcntl (self->fd, F_ADD_SEALS, SEALS) < 0)
    {
      tbus_set_errno (error, TBUS_ERROR_UNSUPPORTED, errno, "Cannot protect a metadata log");
      return FALSE;
    }
  return TRUE;
}

static Version *
version_new (gsize limit, GError **error)
{
  g_autoptr(Version) self = NULL;

  if (!tbus_fd_budget_take (1, "A metadata log", error))
    return NULL;
  self = g_new0 (Version, 1);
  self->limit = limit;
  self->fd = memfd_create ("tracebus-metadata", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (self->fd < 0)
    {
      tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot make a metadata log");
      return NULL;
    }
  /* With room for what every text begins with. */
  if (!ensure_size (self, 1, error) || !map_log (self, error) || !protect (self, error))
    return NULL;
  version_header (self)->paged_from = 1;
  return g_steal_pointer (&self);
}

/* What is behind a descriptor that was kept is looked at before it is touched. */
static gboolean
check_kept (Version *self, GError **error)
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

static Version *
version_adopt (int fd, gsize limit, GError **error)
{
  g_autoptr(Version) self = NULL;

  if (!tbus_fd_budget_take (1, "A metadata log", error))
    {
      close (fd);
      return NULL;
    }
  self = g_new0 (Version, 1);
  self->limit = limit;
  self->fd = fd;
  if (!check_kept (self, error) || !map_log (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/* How much of a page stays free before a block of @length bytes: what fits into one does not go across two. */
static gsize
version_gap (Version *self, gsize length)
{
  gsize room = TBUS_LOG_PAGE - version_header (self)->published % TBUS_LOG_PAGE;

  return length > TBUS_LOG_PAGE || length <= room ? 0 : room;
}

/* Room for a block of @length bytes. */
static gboolean
version_reserve (Version *self, gsize length, GError **error)
{
  guint64 before = version_header (self)->published;
  gsize size = version_gap (self, length) + length;

  if (size > self->limit - before)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED,
                   "The metadata of one buffer set may not pass %" G_GSIZE_FORMAT " bytes; MetadataPerBufferSet in "
                   "tracebus.conf sets how many", self->limit);
      return FALSE;
    }
  return ensure_size (self, before + size, error);
}

/* What was reserved. */
static void
version_put (Version *self, const char *text, gsize length)
{
  Header *header = version_header (self);
  gsize gap = version_gap (self, length);
  guint64 begin = header->published + gap, end = begin + length;

  memset (version_text (self) + header->published, '\n', gap);
  memcpy (version_text (self) + begin, text, length);
  if (header->paged_from != 0 && length > TBUS_LOG_PAGE - begin % TBUS_LOG_PAGE)
    __atomic_store_n (&header->paged_from, end, __ATOMIC_RELEASE);
  __atomic_store_n (&header->published, end, __ATOMIC_RELEASE);
}

static void
version_describe (Version *self, guint64 described)
{
  __atomic_or_fetch (&version_header (self)->described, described, __ATOMIC_RELEASE);
}

static int
version_open_reader (Version *self, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", self->fd);
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot open a metadata log for reading");
  return fd;
}

/* @version: (transfer full) (nullable): then there is an error, and no log */
static TbusMetadataLog *
log_of (Version *version)
{
  TbusMetadataLog *self;

  if (version == NULL)
    return NULL;
  self = g_new0 (TbusMetadataLog, 1);
  self->limit = version->limit;
  self->current = version;
  g_mutex_init (&self->lock);
  return self;
}

TbusMetadataLog *
tbus_metadata_log_new (gsize limit, GError **error)
{
  return log_of (version_new (limit, error));
}

TbusMetadataLog *
tbus_metadata_log_adopt (int fd, gsize limit, GError **error)
{
  return log_of (version_adopt (fd, limit, error));
}

static void
version_charge (Version *self, uid_t uid)
{
  tbus_charge_init (&self->charge, TBUS_LIMIT_METADATA_OF_USER, uid);
  tbus_charge_force (&self->charge, self->allocated);
}

void
tbus_metadata_log_charge (TbusMetadataLog *self, uid_t uid)
{
  version_charge (self->current, uid);
}

void
tbus_metadata_log_free (TbusMetadataLog *self)
{
  version_free (self->current);
  g_clear_pointer (&self->next, version_free);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gboolean
tbus_metadata_log_append (TbusMetadataLog *self, const char *text, gsize length, GError **error)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!version_reserve (self->current, length, error)
      || (self->next != NULL && !version_reserve (self->next, length, error)))
    return FALSE;
  if (self->next != NULL)
    version_put (self->next, text, length);
  version_put (self->current, text, length);
  return TRUE;
}

void
tbus_metadata_log_set_described (TbusMetadataLog *self, guint32 id)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint64 bit = G_GUINT64_CONSTANT (1) << id;

  g_return_if_fail (id < TBUS_MAX_CHANNELS);
  if (self->next != NULL)
    version_describe (self->next, bit);
  version_describe (self->current, bit);
}

void
tbus_metadata_log_put_channel (TbusMetadataLog *self, guint32 id, const TbusLogChannel *channel)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_return_if_fail (id < TBUS_MAX_CHANNELS);
  version_header (self->current)->channels[id] = *channel;
  if (self->next != NULL)
    version_header (self->next)->channels[id] = *channel;
}

TbusLogChannel
tbus_metadata_log_get_channel (TbusMetadataLog *self, guint32 id)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return version_header (self->current)->channels[id];
}

void
tbus_metadata_log_put_enums (TbusMetadataLog *self, guint32 n)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  version_header (self->current)->n_enums = n;
  if (self->next != NULL)
    version_header (self->next)->n_enums = n;
}

guint32
tbus_metadata_log_get_enums (TbusMetadataLog *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return MIN (version_header (self->current)->n_enums, TBUS_MAX_ENUM_CLASSES);
}

guint64
tbus_metadata_log_length (TbusMetadataLog *self)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return version_header (self->current)->published;
}

const char *
tbus_metadata_log_text (TbusMetadataLog *self)
{
  return version_text (self->current);
}

int
tbus_metadata_log_open_reader (TbusMetadataLog *self, GError **error)
{
  return version_open_reader (self->current, error);
}

int
tbus_metadata_log_get_fd (TbusMetadataLog *self)
{
  return self->current->fd;
}

/* Copies the text of the log from @from up to @to. */
static gboolean
copy_text (TbusMetadataLog *self, Version *version, guint64 from, guint64 to, GError **error)
{
  if (!version_reserve (version, to - from, error))
    return FALSE;
  version_put (version, version_text (self->current) + from, to - from);
  return TRUE;
}

/* What is left to copy is what came meanwhile: whoever appends hardly waits. */
static gboolean
publish_version (TbusMetadataLog *self, Version *version, guint64 copied, GError **error)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Header *header = version_header (self->current);

  if (!copy_text (self, version, copied, header->published, error))
    return FALSE;
  version_describe (version, header->described);
  memcpy (version_header (version)->channels, header->channels, sizeof header->channels);
  version_header (version)->n_enums = header->n_enums;
  self->next = version;
  return TRUE;
}

int
tbus_metadata_log_begin_version (TbusMetadataLog *self, const char *head, gsize length, gsize replaced, GError **error)
{
  g_autoptr(Version) version = version_new (self->limit, error);
  guint64 copied = tbus_metadata_log_length (self);
  int fd;

  g_return_val_if_fail (self->next == NULL && replaced <= copied, -1);
  if (version != NULL && self->current->charge.counted)
    version_charge (version, self->current->charge.uid);
  if (version == NULL || !version_reserve (version, length, error))
    return -1;
  version_put (version, head, length);
  if (!copy_text (self, version, replaced, copied, error))
    return -1;
  fd = version_open_reader (version, error);
  if (fd < 0)
    return -1;
  if (publish_version (self, version, copied, error))
    {
      g_steal_pointer (&version);
      return fd;
    }
  close (fd);
  return -1;
}

void
tbus_metadata_log_end_version (TbusMetadataLog *self, gboolean take)
{
  Version *dropped;

  g_return_if_fail (self->next != NULL);
  g_mutex_lock (&self->lock);
  dropped = take ? self->current : self->next;
  if (take)
    self->current = self->next;
  self->next = NULL;
  g_mutex_unlock (&self->lock);
  version_free (dropped);
}

gboolean
tbus_metadata_log_has_version (TbusMetadataLog *self)
{
  return self->next != NULL;
}

int
tbus_metadata_log_open_next_reader (TbusMetadataLog *self, GError **error)
{
  return version_open_reader (self->next, error);
}

int
tbus_metadata_log_get_next_fd (TbusMetadataLog *self)
{
  return self->next->fd;
}

gboolean
tbus_metadata_log_adopt_version (TbusMetadataLog *self, int fd, GError **error)
{
  g_return_val_if_fail (self->next == NULL, FALSE);
  self->next = version_adopt (fd, self->limit, error);
  return self->next != NULL;
}
