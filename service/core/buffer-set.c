/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "core/buffer-set.h"

#include "base/error.h"
#include "base/marks.h"
#include "core/ids.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <glib-object.h>

static void
set_channel_clear (gpointer data)
{
  TbusSetChannel *channel = data;

  g_free (channel->name);
  g_clear_pointer (&channel->ring, tbus_ring_unref);
}

/* RFC 4122, version 4: really random, or the traces of two machines could be taken for one. */
static gboolean
make_uuid (guint8 uuid[16], GError **error)
{
  if (getrandom (uuid, 16, 0) != 16)
    {
      tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot get 16 random bytes");
      return FALSE;
    }
  uuid[6] = (uuid[6] & 0x0f) | 0x40;
  uuid[8] = (uuid[8] & 0x3f) | 0x80;
  return TRUE;
}

static void
set_free (struct rcu_head *head)
{
  TbusBufferSet *self = caa_container_of (head, TbusBufferSet, rcu);

  g_clear_error (&self->error);
  tbus_charge_clear (&self->descriptors);
  tbus_charge_clear (&self->memory);
  g_clear_pointer (&self->channels, g_array_unref);
  g_clear_pointer (&self->stopped, g_array_unref);
  g_clear_pointer (&self->classes, tbus_class_registry_free);
  g_clear_pointer (&self->log, tbus_metadata_log_free);
  tbus_mark_give (self->mark);
  g_free (self->directory);
  g_free (self);
}

static void
set_release (struct urcu_ref *refs)
{
  TbusBufferSet *self = caa_container_of (refs, TbusBufferSet, refs);

  g_assert (self->consumer == NULL && self->push == NULL); /* main let go of both at the end */
  call_rcu (&self->rcu, set_free);
}

static TbusBufferSet *
set_alloc (const TbusBufferKey *key)
{
  TbusBufferSet *self = g_new0 (TbusBufferSet, 1);

  urcu_ref_init (&self->refs);
  self->key = *key;
  self->channels = g_array_new (FALSE, TRUE, sizeof (TbusSetChannel));
  g_array_set_clear_func (self->channels, set_channel_clear);
  self->stopped = g_array_new (FALSE, FALSE, sizeof (pid_t));
  return self;
}

TbusBufferSet *
tbus_buffer_set_new (const TbusBufferKey *key, const TbusCtfTrace *trace, gsize limit, GError **error)
{
  g_autoptr(TbusBufferSet) self = set_alloc (key);
  TbusCtfTrace mine = *trace;

  if (!make_uuid (self->uuid, error))
    return NULL;
  memcpy (mine.uuid, self->uuid, sizeof mine.uuid);
  self->log = tbus_metadata_log_new (limit, error);
  if (self->log == NULL)
    return NULL;
  self->classes = tbus_class_registry_new (&mine, self->log, error);
  if (self->classes == NULL)
    return NULL;
  self->id = tbus_id_next (TBUS_ID_KEY);
  return g_steal_pointer (&self);
}

TbusBufferSet *
tbus_buffer_set_adopt (const TbusBufferKey *key, TbusMetadataLog *log, TbusClassRegistry *classes)
{
  TbusBufferSet *self = set_alloc (key);

  self->log = log;
  self->classes = classes;
  return self;
}

TbusBufferSet *
tbus_buffer_set_ref (TbusBufferSet *self)
{
  urcu_ref_get (&self->refs);
  return self;
}

gboolean
tbus_buffer_set_get_unless_zero (TbusBufferSet *self)
{
  return urcu_ref_get_unless_zero (&self->refs);
}

void
tbus_buffer_set_unref (TbusBufferSet *self)
{
  urcu_ref_put (&self->refs, set_release);
}
