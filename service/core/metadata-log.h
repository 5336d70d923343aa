/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Metadata log: the growing CTF text of one buffer set, in shared memory that its consumer reads.
 *
 * A memfd that nobody else can write or shrink; the layout below is what supervise/ checks against
 * wire/log-layout.h. Text comes first, then its length is published: whoever reads the length finds the text there.
 *
 * What is published never changes. Where the text has to, there is another version, in a memfd of its own: from the
 * moment that it exists until one of the two is dropped, everything is appended to both, so that whichever the
 * consumer reads describes every event.
 *
 * Owner:   the buffer set.
 * Threads: notify appends (before the set is shared, its maker); any asks for the length; the rest is main's.
 * Limit:   @limit bytes, then TBUS_ERROR_EXHAUSTED and the log stays as it was. A version counts one descriptor.
 */
#include "base/hash.h"

#include <glib.h>

G_BEGIN_DECLS

/*
 * Two guint64, the published length and a bit for each described channel, at offset 0; then what the service alone
 * reads, and as the last guint64 from where on pages end with blocks; the text from here on. What fits into a page of
 * text is put into one, so that a file can grow by pages while somebody reads it.
 */
enum { TBUS_LOG_TEXT_OFFSET = 4096, TBUS_LOG_PAGE = 4096 };

typedef struct TbusMetadataLog TbusMetadataLog;

TbusMetadataLog *tbus_metadata_log_new (gsize limit, GError **error);
/*
 * The log behind @fd, which another life of the service made and kept (tbus_metadata_log_get_fd()); @fd is taken, also
 * on failure. InvalidArgs where it is no such log.
 */
TbusMetadataLog *tbus_metadata_log_adopt (int fd, gsize limit, GError **error);
/* Before others have it: charges what it takes and will take to @uid (TBUS_LIMIT_METADATA_OF_USER). Once. */
void tbus_metadata_log_charge (TbusMetadataLog *self, uid_t uid);
void tbus_metadata_log_free (TbusMetadataLog *self);
/* Appends all of @text (whole TSDL blocks) and publishes it, or nothing. */
gboolean tbus_metadata_log_append (TbusMetadataLog *self, const char *text, gsize length, GError **error);
/* The stream block of channel @id, below %TBUS_MAX_CHANNELS, has been appended: its packets may be written. */
void tbus_metadata_log_set_described (TbusMetadataLog *self, guint32 id);
/*
 * How far the ids of a channel have come: beside the text, so that it is known to whoever adopts the log, whatever else
 * of the registry was saved in time.
 */
typedef struct {
  TbusHash context_raw, context_text;
  guint32 header; /* 0: not registered */
  guint32 n_events;
} TbusLogChannel;
void tbus_metadata_log_put_channel (TbusMetadataLog *self, guint32 id, const TbusLogChannel *channel);
TbusLogChannel tbus_metadata_log_get_channel (TbusMetadataLog *self, guint32 id);
/* Likewise, how many ids of enumerations were given out. */
void tbus_metadata_log_put_enums (TbusMetadataLog *self, guint32 n);
guint32 tbus_metadata_log_get_enums (TbusMetadataLog *self);
/* Bytes published so far. */
guint64 tbus_metadata_log_length (TbusMetadataLog *self);
/* The text, valid until a version is taken: @tbus_metadata_log_length() bytes, not NUL-terminated. */
const char *tbus_metadata_log_text (TbusMetadataLog *self);
/* Returns: a new descriptor that can only be read, for the consumer; close it. -1 with @error. */
int tbus_metadata_log_open_reader (TbusMetadataLog *self, GError **error);
/* The writable one; stays the log's. */
int tbus_metadata_log_get_fd (TbusMetadataLog *self);

/*
 * Begins another version: @head (of @length bytes) instead of the first @replaced bytes, which are published, then the
 * text as it is. There must be none already. Returns: a descriptor of it, as of tbus_metadata_log_open_reader().
 */
int tbus_metadata_log_begin_version (TbusMetadataLog *self, const char *head, gsize length, gsize replaced,
                                     GError **error);
/* Ends it: with @take it is the log from now on, else it is dropped. */
void tbus_metadata_log_end_version (TbusMetadataLog *self, gboolean take);
/* Returns: a descriptor of it, as of tbus_metadata_log_open_reader(). */
int tbus_metadata_log_open_next_reader (TbusMetadataLog *self, GError **error);
/* The writable descriptor of it; stays the log's. */
int tbus_metadata_log_get_next_fd (TbusMetadataLog *self);
/* The same for one that another life began; @fd is taken, also on failure. */
gboolean tbus_metadata_log_adopt_version (TbusMetadataLog *self, int fd, GError **error);
gboolean tbus_metadata_log_has_version (TbusMetadataLog *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusMetadataLog, tbus_metadata_log_free)

G_END_DECLS
