/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/class-registry.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/marks.h"
#include "base/quota.h"
#include "core/class-cache.h"

enum { COMPACT_CLASSES = 31 }; /* ids 0 to 30 fit the compact header */

/* What apps call it is @id; @events maps the hash of a class, as sent and as text, to its id + 1. */
typedef struct {
  guint32 id;
  gint header;   /* atomic: TbusCtfHeader, 0 until registered */
  gint n_events; /* atomic */
  TbusHash context_raw, context_text;
  GHashTable *events;
  GString *pending; /* event blocks that wait for their stream block */
} Channel;

struct TbusClassRegistry {
  TbusMetadataLog *log; /* the buffer set's */
  GPtrArray *channels;  /* of Channel */
  GHashTable *enums;    /* of TbusHash to id + 1 */
  guint n_named;        /* how often a field named an enumeration */
  GPtrArray *enum_list; /* of TbusCtfEnum; index is the id */
  gsize held;           /* bytes of enumerations and of what is pending: what the log's limit does not see */
  TbusCharge charge;    /* likewise, of the apps' user's share */

  TbusClassWatch watch;
  gboolean told; /* main, since the last capture */
};

static void
channel_free (gpointer data)
{
  Channel *channel = data;

  g_hash_table_unref (channel->events);
  g_string_free (channel->pending, TRUE);
  g_free (channel);
}

static GHashTable *
class_table_new (void)
{
  return g_hash_table_new_full (tbus_hash_table_hash, tbus_hash_table_equal, g_free, NULL);
}

static TbusClassRegistry *
registry_alloc (TbusMetadataLog *log)
{
  TbusClassRegistry *self = g_new0 (TbusClassRegistry, 1);

  self->log = log;
  self->channels = g_ptr_array_new_with_free_func (channel_free);
  self->enums = class_table_new ();
  self->enum_list = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_ctf_enum_free);
  return self;
}

TbusClassRegistry *
tbus_class_registry_new (const TbusCtfTrace *trace, TbusMetadataLog *log, GError **error)
{
  g_autoptr(GString) preamble = g_string_new (NULL);

  tbus_ctf_append_preamble (preamble, trace);
  return tbus_metadata_log_append (log, preamble->str, preamble->len, error) ? registry_alloc (log) : NULL;
}

void
tbus_class_registry_free (TbusClassRegistry *self)
{
  tbus_charge_clear (&self->charge);
  g_ptr_array_unref (self->channels);
  g_hash_table_unref (self->enums);
  g_ptr_array_unref (self->enum_list);
  g_free (self);
}

void
tbus_class_registry_charge (TbusClassRegistry *self, uid_t uid)
{
  tbus_charge_init (&self->charge, TBUS_LIMIT_METADATA_OF_USER, uid);
  tbus_charge_force (&self->charge, self->held);
  tbus_metadata_log_charge (self->log, uid);
}

uid_t
tbus_class_registry_get_user (const TbusClassRegistry *self)
{
  return self->charge.uid;
}

guint32
tbus_class_registry_add_channel (TbusClassRegistry *self, guint32 id)
{
  Channel *channel = g_new0 (Channel, 1);

  channel->id = id;
  channel->events = class_table_new ();
  channel->pending = g_string_new (NULL);
  g_ptr_array_add (self->channels, channel);
  return self->channels->len - 1;
}

static const TbusCtfEnum *
find_enum (guint64 id, gpointer data)
{
  TbusClassRegistry *self = data;

  self->n_named++;
  return id < self->enum_list->len ? g_ptr_array_index (self->enum_list, id) : NULL;
}

static Channel *
find_channel (TbusClassRegistry *self, guint32 number, GError **error)
{
  if (number < self->channels->len)
    return g_ptr_array_index (self->channels, number);
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND, "There is no channel %u in this registry", number);
  return NULL;
}

static TbusHash
hash_body (const TbusClassBody *body)
{
  TbusHash hash = tbus_hash_start ();

  tbus_hash_add (&hash, body->raw, body->raw_len);
  return hash;
}

static guint64
table_lookup (GHashTable *table, const TbusHash *hash)
{
  return GPOINTER_TO_SIZE (g_hash_table_lookup (table, hash));
}

static void
table_insert (GHashTable *table, const TbusHash *hash, guint64 id)
{
  g_hash_table_insert (table, g_memdup2 (hash, sizeof *hash), GSIZE_TO_POINTER (id + 1));
}

void
tbus_class_registry_watch (TbusClassRegistry *self, const TbusClassWatch *watch)
{
  self->watch = *watch;
}

static void
begin_change (TbusClassRegistry *self)
{
  tbus_mark_step (self->watch.mark, TBUS_MARK_NOTICES);
}

static void
tell (TbusClassRegistry *self)
{
  const TbusClassWatch *watch = &self->watch;

  if (watch->changed == NULL || (self->told && watch->until_capture))
    return;
  self->told = TRUE;
  tbus_post (TBUS_THREAD_MAIN, watch->changed, watch->ref (watch->data), watch->unref);
}

static void
end_change (TbusClassRegistry *self, const Channel *channel)
{
  const TbusLogChannel now = { channel->context_raw, channel->context_text, channel->header, channel->n_events };

  tbus_metadata_log_put_channel (self->log, channel->id, &now);
  tbus_mark_step (self->watch.mark, TBUS_MARK_NOTICES);
  tell (self);
}

/* Enumerations may never be used, channels never be registered: both are bounded like the log. */
static gboolean
hold (TbusClassRegistry *self, gsize bytes, GError **error)
{
  gsize most = tbus_limit (TBUS_LIMIT_METADATA);

  if (self->held > most || bytes > most - self->held)
    {
      tbus_limit_refuse (TBUS_LIMIT_METADATA, error);
      g_prefix_error (error, "There are too many enumerations and unpublished events: ");
      return FALSE;
    }
  if (!tbus_charge_add (&self->charge, bytes, error))
    return FALSE;
  self->held += bytes;
  return TRUE;
}

static void
release (TbusClassRegistry *self, gsize bytes)
{
  self->held -= bytes;
  tbus_charge_sub (&self->charge, bytes);
}

/* The context fields and the hash of their text. NULL fields on success mean none. */
static gboolean
describe_context (TbusClassRegistry *self, const TbusClassBody *context, GPtrArray **fields, TbusHash *hash,
                  GError **error)
{
  g_autoptr(GPtrArray) decoded = NULL;
  g_autoptr(GString) block = g_string_new (NULL);

  if (context->raw_len > 0)
    {
      decoded = context->decode (context->raw, context->raw_len, NULL, error);
      if (decoded == NULL || !tbus_ctf_append_fields (block, 0, decoded, find_enum, self, error))
        return FALSE;
    }
  *hash = tbus_hash_start ();
  tbus_hash_add (hash, block->str, block->len);
  *fields = g_steal_pointer (&decoded);
  return TRUE;
}

static gboolean
first_registration (TbusClassRegistry *self, Channel *channel, const TbusClassBody *context, GError **error)
{
  g_autoptr(GPtrArray) fields = NULL;
  g_autoptr(GString) block = g_string_new (NULL);
  TbusHash text;
  TbusCtfStream stream = { .id = channel->id };

  if (!describe_context (self, context, &fields, &text, error))
    return FALSE;
  stream.header = channel->n_events < COMPACT_CLASSES ? TBUS_CTF_HEADER_COMPACT : TBUS_CTF_HEADER_LARGE;
  stream.context = fields;
  if (!tbus_ctf_append_stream (block, &stream, find_enum, self, error))
    return FALSE;
  g_string_append_len (block, channel->pending->str, channel->pending->len);
  if (!tbus_metadata_log_append (self->log, block->str, block->len, error))
    return FALSE;
  tbus_metadata_log_set_described (self->log, channel->id);
  release (self, channel->pending->len);
  g_string_truncate (channel->pending, 0);
  channel->context_raw = hash_body (context);
  channel->context_text = text;
  g_atomic_int_set (&channel->header, stream.header);
  return TRUE;
}

gboolean
tbus_class_registry_register_channel (TbusClassRegistry *self, guint32 number, const TbusClassBody *context,
                                      guint32 *id, TbusCtfHeader *header, GError **error)
{
  Channel *channel = find_channel (self, number, error);
  TbusHash raw;

  if (channel == NULL)
    return FALSE;
  raw = hash_body (context);
  if (channel->header == 0)
    {
      gboolean done;

      begin_change (self);
      done = first_registration (self, channel, context, error);
      end_change (self, channel);
      if (!done)
        return FALSE;
    }
  else if (!tbus_hash_table_equal (&raw, &channel->context_raw))
    {
      g_autoptr(GPtrArray) fields = NULL;
      TbusHash text;

      if (!describe_context (self, context, &fields, &text, error))
        return FALSE;
      if (!tbus_hash_table_equal (&text, &channel->context_text))
        {
          g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                               "The channel's context fields differ from those of the app that registered it first");
          return FALSE;
        }
    }
  *id = channel->id;
  *header = channel->header;
  return TRUE;
}

static TbusHash
hash_notice (const TbusEventNotice *notice, gconstpointer body, gsize length)
{
  TbusHash hash = tbus_hash_start ();

  tbus_hash_add_string (&hash, notice->name);
  tbus_hash_add_string (&hash, notice->model_emf_uri != NULL ? notice->model_emf_uri : "");
  tbus_hash_add_number (&hash, (guint64) (gint64) notice->loglevel);
  tbus_hash_add (&hash, body, length);
  return hash;
}

/* A class that this channel has not had as bytes. */
typedef struct {
  const TbusEventNotice *notice;
  TbusHash raw, text;
  GPtrArray *fields;             /* nullable */
  const TbusCachedClass *cached; /* nullable: then there are no fields */
  gboolean names_enums;
} NewEvent;

static gboolean
read_event (TbusClassRegistry *self, NewEvent *event, GError **error)
{
  const TbusClassBody *body = &event->notice->fields;
  g_autoptr(GPtrArray) fields = body->decode (body->raw, body->raw_len, event->notice->name, error);
  g_autoptr(GString) block = g_string_new (NULL);
  guint n_named = self->n_named;

  if (fields == NULL || !tbus_ctf_append_fields (block, 0, fields, find_enum, self, error))
    return FALSE;
  event->text = hash_notice (event->notice, block->str, block->len);
  event->text.high ^= 1; /* never taken for bytes */
  event->names_enums = self->n_named != n_named;
  event->fields = g_steal_pointer (&fields);
  return TRUE;
}

/* Writes the event's block into the log, or behind those that wait for the stream block. */
static gboolean
publish_event (TbusClassRegistry *self, Channel *channel, const char *block, gsize length, GError **error)
{
  if (channel->header != 0)
    return tbus_metadata_log_append (self->log, block, length, error);
  if (!hold (self, length, error))
    return FALSE;
  g_string_append_len (channel->pending, block, length);
  return TRUE;
}

static gboolean
write_event (TbusClassRegistry *self, Channel *channel, const NewEvent *new, GError **error)
{
  g_autoptr(GString) block = g_string_new (NULL);
  TbusCtfEvent event = {
    .name = new->notice->name,
    .id = channel->n_events,
    .stream_id = channel->id,
    .loglevel = new->notice->loglevel,
    .model_emf_uri = new->notice->model_emf_uri,
    .fields = new->fields,
  };

  if (new->cached != NULL)
    return publish_event (self, channel, new->cached->block, new->cached->length, error);
  if (!tbus_ctf_append_event (block, &event, find_enum, self, error)
      || !publish_event (self, channel, block->str, block->len, error))
    return FALSE;
  if (!new->names_enums)
    tbus_class_cache_put (&(TbusCachedClass){ new->raw, new->text, event.id, event.stream_id, block->str, block->len });
  return TRUE;
}

/* A class that is new as bytes; it may yet be known as text (another build of the same provider). */
static gboolean
register_new_event (TbusClassRegistry *self, Channel *channel, NewEvent *event, guint64 *known, GError **error)
{
  event->cached = tbus_class_cache_find (&event->raw, channel->id, channel->n_events);
  if (event->cached != NULL)
    event->text = event->cached->text;
  else if (!read_event (self, event, error))
    return FALSE;
  *known = table_lookup (channel->events, &event->text);
  if (*known == 0)
    {
      if (channel->n_events >= tbus_limit (TBUS_LIMIT_EVENT_CLASSES))
        return tbus_limit_refuse (TBUS_LIMIT_EVENT_CLASSES, error);
      if (!write_event (self, channel, event, error))
        return FALSE;
      *known = (guint64) channel->n_events + 1;
      table_insert (channel->events, &event->text, channel->n_events);
      g_atomic_int_inc (&channel->n_events);
    }
  /* Bounded: bytes that differ for one text are remembered only so often. */
  if (g_hash_table_size (channel->events) < 4 * TBUS_MAX_EVENT_CLASSES)
    table_insert (channel->events, &event->raw, *known - 1);
  return TRUE;
}

gboolean
tbus_class_registry_register_event (TbusClassRegistry *self, const TbusEventNotice *notice, guint32 *id, GError **error)
{
  Channel *channel = find_channel (self, notice->channel, error);
  NewEvent event = { .notice = notice };
  guint64 known;

  if (channel == NULL)
    return FALSE;
  event.raw = hash_notice (notice, notice->fields.raw, notice->fields.raw_len);
  known = table_lookup (channel->events, &event.raw);
  if (known == 0)
    {
      gboolean done;

      begin_change (self);
      done = register_new_event (self, channel, &event, &known, error);
      end_change (self, channel);
      g_clear_pointer (&event.fields, g_ptr_array_unref);
      if (!done)
        return FALSE;
    }
  *id = known - 1;
  return TRUE;
}

gboolean
tbus_class_registry_register_enum (TbusClassRegistry *self, const char *name, const TbusClassBody *entries, guint64 *id,
                                   GError **error)
{
  g_autoptr(TbusCtfEnum) decoded = NULL;
  TbusHash hash = hash_body (entries);
  guint64 known;

  tbus_hash_add_string (&hash, name);
  known = table_lookup (self->enums, &hash);
  if (known == 0)
    {
      if (self->enum_list->len >= TBUS_MAX_ENUM_CLASSES)
        {
          g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "A trace has at most %d enumerations",
                       TBUS_MAX_ENUM_CLASSES);
          return FALSE;
        }
      if (!hold (self, entries->raw_len, error)) /* before it costs the time to read it */
        return FALSE;
      decoded = entries->decode (entries->raw, entries->raw_len, name, error);
      if (decoded == NULL)
        {
          release (self, entries->raw_len);
          return FALSE;
        }
      known = (guint64) self->enum_list->len + 1;
      table_insert (self->enums, &hash, self->enum_list->len);
      g_ptr_array_add (self->enum_list, g_steal_pointer (&decoded));
      tbus_metadata_log_put_enums (self->log, self->enum_list->len);
      tell (self);
    }
  *id = known - 1;
  return TRUE;
}

void
tbus_class_registry_get_channel (TbusClassRegistry *self, guint32 number, TbusCtfHeader *header, guint *n_events)
{
  Channel *channel = g_ptr_array_index (self->channels, number);

  *header = g_atomic_int_get (&channel->header);
  *n_events = g_atomic_int_get (&channel->n_events);
}

/* State. */

static void
capture_table (GHashTable *table, GArray *ids)
{
  GHashTableIter iter;
  gpointer hash, id;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, &hash, &id))
    {
      TbusClassId known = { *(const TbusHash *) hash, GPOINTER_TO_SIZE (id) - 1 };

      g_array_append_val (ids, known);
    }
}

static void
restore_table (const GArray *ids, GHashTable *table)
{
  for (guint i = 0; i < ids->len; i++)
    {
      const TbusClassId *known = &g_array_index (ids, TbusClassId, i);

      table_insert (table, &known->hash, known->id);
    }
}

TbusClassState *
tbus_class_registry_capture (TbusClassRegistry *self)
{
  TbusClassState *state = tbus_class_state_new ();

  self->told = FALSE;
  state->held = self->held;
  for (guint i = 0; i < self->channels->len; i++)
    {
      const Channel *channel = g_ptr_array_index (self->channels, i);
      TbusChannelClasses *to = tbus_class_state_add_channel (state);

      to->id = channel->id;
      to->header = channel->header;
      to->n_events = channel->n_events;
      to->context_raw = channel->context_raw;
      to->context_text = channel->context_text;
      g_string_append_len (to->pending, channel->pending->str, channel->pending->len);
      capture_table (channel->events, to->events);
    }
  capture_table (self->enums, state->enum_ids);
  for (guint i = 0; i < self->enum_list->len; i++)
    g_ptr_array_add (state->enums, g_ptr_array_index (self->enum_list, i));
  return state;
}

static TbusCtfEnum *
copy_enum (const TbusCtfEnum *from)
{
  TbusCtfEnum *copy = tbus_ctf_enum_new (from->name);

  for (guint i = 0; i < from->entries->len; i++)
    tbus_ctf_enum_add (copy, &g_array_index (from->entries, TbusCtfEnumEntry, i));
  return copy;
}

/*
 * What came after the state was saved: ids are not given out twice. That their classes are not known any more costs a
 * second description of one that is registered again.
 */
static void
catch_up (TbusClassRegistry *self, Channel *channel)
{
  const TbusLogChannel last = tbus_metadata_log_get_channel (self->log, channel->id);

  channel->n_events = MAX (channel->n_events, (gint) MIN (last.n_events, TBUS_MAX_EVENT_CLASSES));
  if (channel->header != 0 || last.header == 0)
    return;
  channel->header = last.header;
  channel->context_raw = last.context_raw;
  channel->context_text = last.context_text;
  self->held -= channel->pending->len; /* published by then */
  g_string_truncate (channel->pending, 0);
}

/*
 * The same of enumerations. What refers to one of those that nobody knows any more is recorded as the number that it
 * is: it has no labels, and never another's.
 */
static void
catch_up_enums (TbusClassRegistry *self)
{
  guint32 last = tbus_metadata_log_get_enums (self->log);

  while (self->enum_list->len < last)
    g_ptr_array_add (self->enum_list, tbus_ctf_enum_new (""));
}

TbusClassRegistry *
tbus_class_registry_restore (const TbusClassState *state, TbusMetadataLog *log)
{
  TbusClassRegistry *self = registry_alloc (log);

  self->held = state->held;
  for (guint i = 0; i < state->channels->len; i++)
    {
      const TbusChannelClasses *from = g_ptr_array_index (state->channels, i);
      Channel *channel;

      tbus_class_registry_add_channel (self, from->id);
      channel = g_ptr_array_index (self->channels, i);
      channel->header = from->header;
      channel->n_events = from->n_events;
      channel->context_raw = from->context_raw;
      channel->context_text = from->context_text;
      g_string_append_len (channel->pending, from->pending->str, from->pending->len);
      restore_table (from->events, channel->events);
      catch_up (self, channel);
    }
  restore_table (state->enum_ids, self->enums);
  for (guint i = 0; i < state->enums->len; i++)
    g_ptr_array_add (self->enum_list, copy_enum (g_ptr_array_index (state->enums, i)));
  catch_up_enums (self);
  return self;
}
