/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/buffer-registry.h"

struct TbusBufferRegistry {
  struct cds_lfht *sets;
};

static int
match_key (struct cds_lfht_node *node, const void *key)
{
  return tbus_buffer_key_equal (&caa_container_of (node, TbusBufferSet, by_key)->key, key);
}

TbusBufferRegistry *
tbus_buffer_registry_new (void)
{
  TbusBufferRegistry *self = g_new0 (TbusBufferRegistry, 1);

  self->sets = cds_lfht_new (16, 16, 0, CDS_LFHT_AUTO_RESIZE, NULL);
  return self;
}

void
tbus_buffer_registry_free (TbusBufferRegistry *self)
{
  rcu_barrier (); /* deleted nodes leave before their table does */
  cds_lfht_destroy (self->sets, NULL);
  g_free (self);
}

TbusBufferSet *
tbus_buffer_registry_find (TbusBufferRegistry *self, const TbusBufferKey *key)
{
  struct cds_lfht_iter iter;
  struct cds_lfht_node *node;
  TbusBufferSet *set = NULL;

  rcu_read_lock ();
  cds_lfht_lookup (self->sets, tbus_buffer_key_hash (key), match_key, key, &iter);
  node = cds_lfht_iter_get_node (&iter);
  if (node != NULL && tbus_buffer_set_get_unless_zero (caa_container_of (node, TbusBufferSet, by_key)))
    set = caa_container_of (node, TbusBufferSet, by_key);
  rcu_read_unlock ();
  return set;
}

void
tbus_buffer_registry_add (TbusBufferRegistry *self, TbusBufferSet *set)
{
  tbus_buffer_set_ref (set);
  rcu_read_lock ();
  cds_lfht_node_init (&set->by_key);
  cds_lfht_add (self->sets, tbus_buffer_key_hash (&set->key), &set->by_key);
  rcu_read_unlock ();
}

void
tbus_buffer_registry_remove (TbusBufferRegistry *self, TbusBufferSet *set)
{
  int missing;

  rcu_read_lock ();
  missing = cds_lfht_del (self->sets, &set->by_key);
  rcu_read_unlock ();
  if (missing == 0)
    tbus_buffer_set_unref (set);
}
