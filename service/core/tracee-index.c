/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/tracee-index.h"

#include <urcu/pointer.h>

/* A handle of an app and what it stands for; chained to its tracee for removal. */
typedef struct Binding Binding;
struct Binding {
  struct rcu_head rcu;
  struct cds_lfht_node node;
  Binding *next;
  guint64 tracee_id;
  guint32 handle;
  guint32 channel;
  TbusBufferSet *set;
};

struct TbusTraceeIndex {
  struct cds_lfht *bindings;
  GMutex writers;
  guint count;
  GHashTable *per_user; /* uid to how many; a user without any is not there */
};

typedef struct {
  guint64 tracee_id;
  guint32 handle;
} BindingKey;

static unsigned long
hash_binding (guint64 tracee_id, guint32 handle)
{
  guint64 value = (tracee_id << 20) ^ handle;

  value = (value ^ (value >> 33)) * G_GUINT64_CONSTANT (0xff51afd7ed558ccd);
  return (unsigned long) (value ^ (value >> 33));
}

static int
match_binding (struct cds_lfht_node *node, const void *key)
{
  const Binding *binding = caa_container_of (node, Binding, node);
  const BindingKey *wanted = key;

  return binding->tracee_id == wanted->tracee_id && binding->handle == wanted->handle;
}

TbusTraceeIndex *
tbus_tracee_index_new (void)
{
  TbusTraceeIndex *self = g_new0 (TbusTraceeIndex, 1);

  self->bindings = cds_lfht_new (64, 64, 0, CDS_LFHT_AUTO_RESIZE, NULL);
  g_mutex_init (&self->writers);
  self->per_user = g_hash_table_new (NULL, NULL);
  return self;
}

void
tbus_tracee_index_free (TbusTraceeIndex *self)
{
  g_assert (self->count == 0);
  rcu_barrier (); /* deleted nodes leave before their table does */
  cds_lfht_destroy (self->bindings, NULL);
  g_mutex_clear (&self->writers);
  g_hash_table_unref (self->per_user);
  g_free (self);
}

static guint
count_of_user (TbusTraceeIndex *self, uid_t uid)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->per_user, GUINT_TO_POINTER (uid)));
}

/* Under the writers' lock. */
static void
count (TbusTraceeIndex *self, uid_t uid, gint change)
{
  guint of_user = count_of_user (self, uid) + change;

  self->count += change;
  if (of_user > 0)
    g_hash_table_insert (self->per_user, GUINT_TO_POINTER (uid), GUINT_TO_POINTER (of_user));
  else
    g_hash_table_remove (self->per_user, GUINT_TO_POINTER (uid));
}

void
tbus_tracee_index_add (TbusTraceeIndex *self, TbusTracee *tracee)
{
  tbus_tracee_ref (tracee);
  g_mutex_lock (&self->writers);
  count (self, tracee->uid, 1);
  g_mutex_unlock (&self->writers);
}

static void
binding_free (struct rcu_head *head)
{
  Binding *binding = caa_container_of (head, Binding, rcu);

  tbus_buffer_set_unref (binding->set);
  g_free (binding);
}

/* Under the writers' lock, outside a read-side section. */
static void
binding_remove (TbusTraceeIndex *self, Binding *binding)
{
  rcu_read_lock ();
  cds_lfht_del (self->bindings, &binding->node);
  rcu_read_unlock ();
  g_atomic_int_add (&binding->set->bound, -1);
  call_rcu (&binding->rcu, binding_free);
}

/* Takes the binding of @handle out of the tracee's chain. */
static Binding *
binding_unchain (TbusTracee *tracee, guint32 handle)
{
  Binding **link = (Binding **) &tracee->bindings;

  for (; *link != NULL; link = &(*link)->next)
    if ((*link)->handle == handle)
      {
        Binding *binding = *link;

        *link = binding->next;
        return binding;
      }
  return NULL;
}

gboolean
tbus_tracee_index_remove (TbusTraceeIndex *self, TbusTracee *tracee)
{
  Binding *binding;

  g_mutex_lock (&self->writers);
  if (g_atomic_int_get (&tracee->unregistered))
    {
      g_mutex_unlock (&self->writers);
      return FALSE;
    }
  g_atomic_int_set (&tracee->unregistered, TRUE);
  while ((binding = tracee->bindings) != NULL)
    {
      tracee->bindings = binding->next;
      binding_remove (self, binding);
    }
  count (self, tracee->uid, -1);
  g_mutex_unlock (&self->writers);
  tbus_tracee_unref (tracee);
  return TRUE;
}

gboolean
tbus_tracee_index_bind (TbusTraceeIndex *self, TbusTracee *tracee, guint32 handle, TbusBufferSet *set, guint32 channel)
{
  Binding *binding, *before;

  g_mutex_lock (&self->writers);
  if (g_atomic_int_get (&tracee->unregistered))
    {
      g_mutex_unlock (&self->writers);
      return FALSE;
    }
  before = binding_unchain (tracee, handle);
  if (before != NULL)
    binding_remove (self, before);
  binding = g_new0 (Binding, 1);
  binding->tracee_id = tracee->id;
  binding->handle = handle;
  binding->channel = channel;
  binding->set = tbus_buffer_set_ref (set);
  binding->next = tracee->bindings;
  tracee->bindings = binding;
  g_atomic_int_inc (&set->bound);
  rcu_read_lock ();
  cds_lfht_node_init (&binding->node);
  cds_lfht_add (self->bindings, hash_binding (tracee->id, handle), &binding->node);
  rcu_read_unlock ();
  g_mutex_unlock (&self->writers);
  return TRUE;
}

void
tbus_tracee_index_unbind (TbusTraceeIndex *self, TbusTracee *tracee, guint32 handle)
{
  Binding *binding;

  g_mutex_lock (&self->writers);
  binding = binding_unchain (tracee, handle);
  if (binding != NULL)
    binding_remove (self, binding);
  g_mutex_unlock (&self->writers);
}

gboolean
tbus_tracee_index_lookup (TbusTraceeIndex *self, TbusTracee *tracee, guint32 handle, TbusBinding *result)
{
  BindingKey key = { tracee->id, handle };
  struct cds_lfht_iter iter;
  struct cds_lfht_node *node;
  gboolean found = FALSE;

  rcu_read_lock ();
  cds_lfht_lookup (self->bindings, hash_binding (key.tracee_id, handle), match_binding, &key, &iter);
  node = cds_lfht_iter_get_node (&iter);
  if (node != NULL)
    {
      Binding *binding = caa_container_of (node, Binding, node);

      found = tbus_buffer_set_get_unless_zero (binding->set);
      if (found)
        *result = (TbusBinding){ binding->set, binding->channel };
    }
  rcu_read_unlock ();
  return found;
}

guint
tbus_tracee_index_count (TbusTraceeIndex *self)
{
  guint all;

  g_mutex_lock (&self->writers);
  all = self->count;
  g_mutex_unlock (&self->writers);
  return all;
}

guint
tbus_tracee_index_count_user (TbusTraceeIndex *self, uid_t uid)
{
  guint of_user;

  g_mutex_lock (&self->writers);
  of_user = count_of_user (self, uid);
  g_mutex_unlock (&self->writers);
  return of_user;
}
