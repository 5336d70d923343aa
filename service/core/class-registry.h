/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Class registry: ids and descriptions of the channels, events and enumerations of one buffer set, and the
 * place where their metadata comes from (B11 to B13).
 *
 * The answer to an app is given after the text is in the log: an app never writes an event whose
 * description a reader could miss. Events of a channel that has not registered yet wait, described but
 * unpublished, until its stream block is written.
 *
 * Owner:   the buffer set.
 * Threads: notify calls tbus_class_registry_register_*(); main makes it and reads its counts.
 * Limit:   base/limits.h: classes, fields, nesting, metadata bytes; beyond: Exhausted, for that app alone.
 */
#include "base/thread.h"
#include "core/class-state.h"
#include "core/metadata-log.h"
#include "ctf/trace.h"

G_BEGIN_DECLS

typedef struct TbusClassRegistry TbusClassRegistry;

/*
 * What an app sent, undecoded: equal bytes mean equal classes, so a second app costs a hash.
 * @decode is asked only for what is new. Returns: (transfer full): fields, or a TbusCtfEnum; NULL with @error.
 */
typedef struct {
  const void *raw;
  gsize raw_len;
  gpointer (*decode) (gconstpointer raw, gsize raw_len, const char *name, GError **error);
} TbusClassBody;

/* Writes the preamble of @trace into @log at once; the log stays the caller's. */
TbusClassRegistry *tbus_class_registry_new (const TbusCtfTrace *trace, TbusMetadataLog *log, GError **error);
void tbus_class_registry_free (TbusClassRegistry *self);

/* Before the set is shared: what it and its log keep is charged to @uid, whose apps describe their events here. */
void tbus_class_registry_charge (TbusClassRegistry *self, uid_t uid) TBUS_MAIN_ONLY;
uid_t tbus_class_registry_get_user (const TbusClassRegistry *self) TBUS_MAIN_ONLY;
/* Before the set is shared: a channel that apps may register, known to them as @id (B2). Returns its number. */
guint32 tbus_class_registry_add_channel (TbusClassRegistry *self, guint32 id) TBUS_MAIN_ONLY;

/*
 * An app registers @channel with its context fields: the first decides header and fields (B11), later ones get
 * the same answer, or InvalidArgs where their context fields differ.
 */
gboolean tbus_class_registry_register_channel (TbusClassRegistry *self, guint32 channel, const TbusClassBody *context,
                                               guint32 *id, TbusCtfHeader *header, GError **error) TBUS_NOTIFY_ONLY;

typedef struct {
  guint32 channel;
  const char *name;
  int loglevel;
  const char *model_emf_uri; /* nullable */
  TbusClassBody fields;
} TbusEventNotice;

gboolean tbus_class_registry_register_event (TbusClassRegistry *self, const TbusEventNotice *notice, guint32 *id,
                                             GError **error) TBUS_NOTIFY_ONLY;
gboolean tbus_class_registry_register_enum (TbusClassRegistry *self, const char *name, const TbusClassBody *entries,
                                            guint64 *id, GError **error) TBUS_NOTIFY_ONLY;

/* For ListBufferRegistries: @header is 0 while no app has registered it. */
void tbus_class_registry_get_channel (TbusClassRegistry *self, guint32 channel, TbusCtfHeader *header, guint *n_events);

/* Who is told of changes of ids or text. */
typedef struct {
  guint mark;           /* base/marks: stepped before and after each */
  TbusPostFunc changed; /* (nullable): posted to main after each, with a reference of @data that @unref gives back */
  gpointer (*ref) (gpointer data);
  GDestroyNotify unref;
  gpointer data;
  gboolean until_capture; /* not posted again before the next tbus_class_registry_capture(), which sees all of them */
} TbusClassWatch;
/* Before the set is shared. @watch is copied. */
void tbus_class_registry_watch (TbusClassRegistry *self, const TbusClassWatch *watch);
/* What it knows now; its enumerations are borrowed and live as long as the registry. (transfer full) */
TbusClassState *tbus_class_registry_capture (TbusClassRegistry *self) TBUS_NOTIFY_ONLY;
/*
 * A registry that answers as the captured one did, with the hash key of then. @log holds the text that goes with it, or
 * more: ids go on where they were at the end of it. Nothing is written. @state is copied; it came through
 * tbus_class_state_decode(), or from a capture.
 */
TbusClassRegistry *tbus_class_registry_restore (const TbusClassState *state, TbusMetadataLog *log);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusClassRegistry, tbus_class_registry_free)

G_END_DECLS
