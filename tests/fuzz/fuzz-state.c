/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes as the file of the service's state: refused as a whole with a sentence, or what is read is written again as it
 * was, and a core begins with it.
 */
#include "core/state.h"
#include "unit/core/fixture.h"

#include "base/thread.h"

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

static void
begin_with (const TbusState *state)
{
  Fixture f = { 0 };

  fixture_set_up (&f, NULL);
  tbus_core_restore (f.core, state);
  fixture_settle ();
  fixture_tear_down (&f, NULL);
}

static void
write_again (const TbusState *state)
{
  g_autoptr(GVariant) once = g_variant_ref_sink (tbus_state_encode (state));
  g_autoptr(TbusState) read = NULL;
  g_autoptr(GVariant) twice = NULL;
  g_autoptr(GError) error = NULL;

  read = tbus_state_decode (once, &error);
  g_assert_no_error (error);
  twice = g_variant_ref_sink (tbus_state_encode (read));
  g_assert_true (g_variant_equal (once, twice));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  static gsize thread;
  g_autoptr(GBytes) bytes = g_bytes_new (data, size);
  g_autoptr(GVariant) variant = NULL;
  g_autoptr(TbusState) state = NULL;
  g_autoptr(GError) error = NULL;

  if (g_once_init_enter (&thread))
    {
      tbus_thread_init ();
      g_once_init_leave (&thread, 1);
    }
  variant = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE ("(sua{sv})"), bytes, FALSE));
  state = tbus_state_decode (variant, &error);
  g_assert_true ((state != NULL) == (error == NULL));
  if (state != NULL)
    {
      write_again (state);
      begin_with (state);
    }
  return 0;
}
