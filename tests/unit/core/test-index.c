/* SPDX-License-Identifier: GPL-2.0-only */
/* What handles stand for and which buffers a key has: found from any thread while it changes. */
#include "base/fd-budget.h"
#include "base/thread.h"
#include "core/buffer-registry.h"
#include "core/ids.h"
#include "core/tracee-index.h"

#include <fcntl.h>
#include <unistd.h>

enum { READERS = 2, ROUNDS = 3000, PIDS = 8, HANDLES = 4 };

typedef struct {
  TbusTraceeIndex *index;
  TbusBufferRegistry *registry;
  TbusCtfClock clock;
  guint fds;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->fds = tbus_fd_budget_used ();
  f->index = tbus_tracee_index_new ();
  f->registry = tbus_buffer_registry_new ();
  tbus_ctf_clock_init (&f->clock);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tbus_tracee_index_free (f->index);
  tbus_buffer_registry_free (f->registry);
  tbus_ctf_clock_clear (&f->clock);
  rcu_barrier ();
  rcu_barrier (); /* what was freed by callbacks of the first */
  g_assert_cmpuint (tbus_fd_budget_used (), ==, f->fds);
}

static TbusTracee *
tracee_new (pid_t pid)
{
  TbusTracee *tracee;

  g_assert_true (tbus_fd_budget_take (2, "An app", NULL));
  tracee = tbus_tracee_new (open ("/dev/null", O_RDWR | O_CLOEXEC), open ("/dev/null", O_RDWR | O_CLOEXEC));
  tracee->id = tbus_id_next (TBUS_ID_APP);
  tracee->pid = pid;
  return tracee;
}

static TbusBufferSet *
set_new (Fixture *f, guint64 session, TbusBufferOwnership ownership, guint64 owner, guint32 bits)
{
  static const TbusCtfEnv env[] = { { NULL, NULL, 0 } };
  TbusCtfTrace trace = { .abi = { 64, 8, 16, 32, 64, 64, TRUE }, .clock = &f->clock, .env = env };
  TbusBufferKey key = { session, ownership, owner, bits };
  TbusBufferSet *set = tbus_buffer_set_new (&key, &trace, 1 << 16, NULL);

  g_assert_nonnull (set);
  return set;
}

static void
removing_twice_is_once (Fixture *f, gconstpointer data) /* B27: either side may hang up first */
{
  g_autoptr(TbusTracee) a = tracee_new (100);

  tbus_tracee_index_add (f->index, a);
  g_assert_true (tbus_tracee_index_remove (f->index, a));
  g_assert_false (tbus_tracee_index_remove (f->index, a));
  g_assert_cmpuint (tbus_tracee_index_count (f->index), ==, 0);
}

/* Whoever has found it may still use its sockets; the kernel must not give the numbers out again. */
static void
sockets_are_closed_after_the_last_reference_and_a_grace_period (Fixture *f, gconstpointer data) /* B27 */
{
  TbusTracee *a = tracee_new (100);
  int command_fd = a->command_fd, notify_fd = a->notify_fd;

  tbus_tracee_index_add (f->index, a);
  tbus_tracee_index_remove (f->index, a);
  rcu_barrier ();
  g_assert_cmpint (fcntl (command_fd, F_GETFD), >=, 0);
  rcu_read_lock ();
  tbus_tracee_unref (a);
  g_assert_cmpint (fcntl (command_fd, F_GETFD), >=, 0);
  rcu_read_unlock ();
  rcu_barrier ();
  g_assert_cmpint (fcntl (command_fd, F_GETFD), <, 0);
  g_assert_cmpint (fcntl (notify_fd, F_GETFD), <, 0);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, f->fds);
}

static guint32
bound_channel (Fixture *f, TbusTracee *tracee, guint32 handle, TbusBufferSet *expected)
{
  TbusBinding binding;

  g_assert_true (tbus_tracee_index_lookup (f->index, tracee, handle, &binding));
  g_assert_true (binding.set == expected);
  tbus_buffer_set_unref (binding.set);
  return binding.channel;
}

static void
a_handle_stands_for_what_it_was_bound_to (Fixture *f, gconstpointer data) /* B14 */
{
  g_autoptr(TbusTracee) a = tracee_new (100), b = tracee_new (101);
  g_autoptr(TbusBufferSet) set = set_new (f, 1, TBUS_BUFFER_USER, 1000, 64);
  TbusBinding binding;

  tbus_tracee_index_add (f->index, a);
  tbus_tracee_index_add (f->index, b);
  g_assert_true (tbus_tracee_index_bind (f->index, a, 1, set, TBUS_NO_CHANNEL));
  g_assert_true (tbus_tracee_index_bind (f->index, a, 2, set, 0));
  g_assert_cmpuint (bound_channel (f, a, 1, set), ==, TBUS_NO_CHANNEL);
  g_assert_cmpuint (bound_channel (f, a, 2, set), ==, 0);
  g_assert_false (tbus_tracee_index_lookup (f->index, a, 3, &binding));
  g_assert_false (tbus_tracee_index_lookup (f->index, b, 1, &binding)); /* its own handles */
  tbus_tracee_index_remove (f->index, a);
  tbus_tracee_index_remove (f->index, b);
}

static void
nothing_is_found_after_it_was_unbound (Fixture *f, gconstpointer data) /* B14 */
{
  g_autoptr(TbusTracee) a = tracee_new (100);
  g_autoptr(TbusBufferSet) set = set_new (f, 1, TBUS_BUFFER_USER, 1000, 64);
  TbusBinding binding;

  tbus_tracee_index_add (f->index, a);
  tbus_tracee_index_bind (f->index, a, 1, set, 0);
  tbus_tracee_index_bind (f->index, a, 2, set, 1);
  g_assert_cmpint (g_atomic_int_get (&set->bound), ==, 2);
  tbus_tracee_index_unbind (f->index, a, 1);
  tbus_tracee_index_unbind (f->index, a, 1); /* unknown: nothing */
  g_assert_false (tbus_tracee_index_lookup (f->index, a, 1, &binding));
  g_assert_cmpuint (bound_channel (f, a, 2, set), ==, 1);
  tbus_tracee_index_remove (f->index, a);
  g_assert_false (tbus_tracee_index_lookup (f->index, a, 2, &binding));
  g_assert_cmpint (g_atomic_int_get (&set->bound), ==, 0);
}

static void
a_handle_that_is_given_out_again_stands_for_the_new (Fixture *f, gconstpointer data) /* B14 */
{
  g_autoptr(TbusTracee) a = tracee_new (100);
  g_autoptr(TbusBufferSet) one = set_new (f, 1, TBUS_BUFFER_USER, 1000, 64);
  g_autoptr(TbusBufferSet) two = set_new (f, 2, TBUS_BUFFER_USER, 1000, 64);

  tbus_tracee_index_add (f->index, a);
  tbus_tracee_index_bind (f->index, a, 1, one, 5);
  tbus_tracee_index_bind (f->index, a, 1, two, 6);
  g_assert_cmpuint (bound_channel (f, a, 1, two), ==, 6);
  g_assert_cmpint (g_atomic_int_get (&one->bound), ==, 0);
  tbus_tracee_index_remove (f->index, a);
}

static void
nothing_is_bound_once_it_is_unregistered (Fixture *f, gconstpointer data) /* B14 */
{
  g_autoptr(TbusTracee) a = tracee_new (100);
  g_autoptr(TbusBufferSet) set = set_new (f, 1, TBUS_BUFFER_USER, 1000, 64);
  TbusBinding binding;

  tbus_tracee_index_add (f->index, a);
  tbus_tracee_index_remove (f->index, a);
  g_assert_false (tbus_tracee_index_bind (f->index, a, 1, set, 0));
  g_assert_false (tbus_tracee_index_lookup (f->index, a, 1, &binding));
  g_assert_cmpint (g_atomic_int_get (&set->bound), ==, 0);
}

static void
a_set_is_found_by_its_whole_key (Fixture *f, gconstpointer data) /* B3 */
{
  const TbusBufferKey keys[] = {
    { 1, TBUS_BUFFER_USER, 1000, 64 }, { 2, TBUS_BUFFER_USER, 1000, 64 },    { 1, TBUS_BUFFER_USER, 1001, 64 },
    { 1, TBUS_BUFFER_USER, 1000, 32 }, { 1, TBUS_BUFFER_PROCESS, 1000, 64 },
  };
  TbusBufferSet *sets[G_N_ELEMENTS (keys)];

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_assert_null (tbus_buffer_registry_find (f->registry, &keys[i]));
      sets[i] = set_new (f, keys[i].session, keys[i].ownership, keys[i].owner, keys[i].bits);
      tbus_buffer_registry_add (f->registry, sets[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr(TbusBufferSet) found = tbus_buffer_registry_find (f->registry, &keys[i]);

      g_assert_true (found == sets[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      tbus_buffer_registry_remove (f->registry, sets[i]);
      tbus_buffer_registry_remove (f->registry, sets[i]); /* was out: nothing */
      g_assert_null (tbus_buffer_registry_find (f->registry, &keys[i])); /* teardown finds nothing */
      tbus_buffer_set_unref (sets[i]);
    }
}

static void
every_set_has_a_uuid_and_a_key_of_its_own (Fixture *f, gconstpointer data) /* B1 */
{
  g_autoptr(TbusBufferSet) a = set_new (f, 1, TBUS_BUFFER_USER, 1000, 64);
  g_autoptr(TbusBufferSet) b = set_new (f, 1, TBUS_BUFFER_USER, 1000, 64);

  g_assert_cmpuint (a->id, !=, 0);
  g_assert_cmpuint (a->id, !=, b->id);
  g_assert_true (memcmp (a->uuid, b->uuid, sizeof a->uuid) != 0);
  g_assert_cmpuint (a->uuid[6] >> 4, ==, 4); /* random, as RFC 4122 says it */
  g_assert_cmpuint (a->uuid[8] >> 6, ==, 2);
}

/* Readers look up while main adds, binds and removes: they find the whole thing or nothing. */

typedef struct {
  Fixture *f;
  GMutex lock;
  TbusTracee *tracees[PIDS]; /* under it, references */
  gint stop;
  gint found;
} Stress;

/* (transfer full) (nullable) */
static TbusTracee *
get_tracee (Stress *self, guint i)
{
  TbusTracee *tracee;

  g_mutex_lock (&self->lock);
  tracee = self->tracees[i] != NULL ? tbus_tracee_ref (self->tracees[i]) : NULL;
  g_mutex_unlock (&self->lock);
  return tracee;
}

/* @tracee: (transfer full). (transfer full) (nullable): which one it replaces */
static TbusTracee *
replace_tracee (Stress *self, guint i, TbusTracee *tracee)
{
  TbusTracee *before;

  g_mutex_lock (&self->lock);
  before = self->tracees[i];
  self->tracees[i] = tracee;
  g_mutex_unlock (&self->lock);
  return before;
}

static void
read_once (Stress *self, guint seed)
{
  static const TbusBufferKey key = { 9, TBUS_BUFFER_USER, 1000, 64 };
  g_autoptr(TbusTracee) tracee = get_tracee (self, seed % PIDS);
  g_autoptr(TbusBufferSet) set = tbus_buffer_registry_find (self->f->registry, &key);
  TbusBinding binding;

  if (set != NULL)
    g_assert_cmpuint (tbus_metadata_log_length (set->log), >, 0);
  if (tracee == NULL)
    return;
  g_assert_cmpint (fcntl (tracee->command_fd, F_GETFD), >=, 0);
  if (!tbus_tracee_index_lookup (self->f->index, tracee, seed % HANDLES, &binding))
    return;
  g_assert_cmpuint (binding.channel, ==, seed % HANDLES);
  g_assert_cmpuint (tbus_metadata_log_length (binding.set->log), >, 0);
  tbus_buffer_set_unref (binding.set);
  g_atomic_int_inc (&self->found);
}

static gpointer
read_on (gpointer data)
{
  Stress *self = data;

  rcu_register_thread ();
  for (guint seed = 0; !g_atomic_int_get (&self->stop); seed++)
    read_once (self, seed);
  rcu_unregister_thread ();
  return NULL;
}

static void
change_once (Stress *self, guint round)
{
  Fixture *f = self->f;
  TbusBufferSet *set = set_new (f, 9, TBUS_BUFFER_USER, 1000, 64);
  TbusTracee *tracee = tracee_new (1 + round % PIDS), *before;

  tbus_buffer_registry_add (f->registry, set);
  tbus_tracee_index_add (f->index, tracee);
  before = replace_tracee (self, round % PIDS, tracee);
  for (guint32 handle = 0; handle < HANDLES; handle++)
    g_assert_true (tbus_tracee_index_bind (f->index, tracee, handle, set, handle));
  tbus_tracee_index_unbind (f->index, tracee, round % HANDLES);
  tbus_tracee_index_bind (f->index, tracee, round % HANDLES, set, round % HANDLES);
  if (before != NULL)
    {
      tbus_tracee_index_remove (f->index, before);
      tbus_tracee_unref (before);
    }
  tbus_buffer_registry_remove (f->registry, set);
  tbus_buffer_set_unref (set);
}

static void
readers_never_find_what_is_gone (Fixture *f, gconstpointer data) /* B28 */
{
  Stress stress = { .f = f };
  GThread *readers[READERS];

  g_mutex_init (&stress.lock);
  for (guint i = 0; i < READERS; i++)
    readers[i] = g_thread_new ("reader", read_on, &stress);
  for (guint round = 0; round < ROUNDS || g_atomic_int_get (&stress.found) == 0; round++)
    change_once (&stress, round);
  g_atomic_int_set (&stress.stop, TRUE);
  for (guint i = 0; i < READERS; i++)
    g_thread_join (readers[i]);
  for (guint i = 0; i < PIDS; i++)
    {
      tbus_tracee_index_remove (f->index, stress.tracees[i]);
      tbus_tracee_unref (stress.tracees[i]);
    }
  g_mutex_clear (&stress.lock);
}

#define ADD(name, func) g_test_add ("/core/index/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  ADD ("removing-twice-is-once", removing_twice_is_once);
  ADD ("sockets-are-closed-after-the-last-reference-and-a-grace-period",
       sockets_are_closed_after_the_last_reference_and_a_grace_period);
  ADD ("a-handle-stands-for-what-it-was-bound-to", a_handle_stands_for_what_it_was_bound_to);
  ADD ("nothing-is-found-after-it-was-unbound", nothing_is_found_after_it_was_unbound);
  ADD ("a-handle-that-is-given-out-again-stands-for-the-new", a_handle_that_is_given_out_again_stands_for_the_new);
  ADD ("nothing-is-bound-once-it-is-unregistered", nothing_is_bound_once_it_is_unregistered);
  ADD ("a-set-is-found-by-its-whole-key", a_set_is_found_by_its_whole_key);
  ADD ("every-set-has-a-uuid-and-a-key-of-its-own", every_set_has_a_uuid_and_a_key_of_its_own);
  ADD ("readers-never-find-what-is-gone", readers_never_find_what_is_gone);
  return g_test_run ();
}
