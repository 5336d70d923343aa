/* SPDX-License-Identifier: GPL-2.0-only */
#include "one-app.h"

void
tst_one_app_set_up (TstOneApp *self, gconstpointer data)
{
  self->side = tst_side_new ();
  self->app = tst_fake_app_new (self->side->paths.socket);
  tst_side_wait (self->side, "registered", 1);
  self->tracee = g_ptr_array_index (self->side->tracees, 0);
  self->set = tst_set_new (1);
  self->job = tst_side_job (self->side, self->tracee);
}

void
tst_one_app_tear_down (TstOneApp *self, gconstpointer data)
{
  tst_fake_app_clear (&self->app);
  tst_side_free (self->side);
  g_assert_cmpint (g_atomic_int_get (&self->set->bound), ==, 0);
  tbus_buffer_set_unref (self->set);
}
