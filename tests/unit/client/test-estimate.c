/* SPDX-License-Identifier: GPL-2.0-only */
#include "client/estimate.h"

static void
takes_what_the_service_takes_where_nothing_is_given (void)
{
  g_auto(GVariantDict) none = G_VARIANT_DICT_INIT (NULL);
  g_auto(GVariantDict) process = G_VARIANT_DICT_INIT (NULL);
  CtlBuffers buffers = ctl_buffers_read (&none);

  g_assert_cmpuint (ctl_estimate (&buffers, 1).bytes, ==, 4 * 524288);
  g_variant_dict_insert (&process, "buffer-ownership", "s", "process");
  buffers = ctl_buffers_read (&process);
  g_assert_cmpuint (ctl_estimate (&buffers, 1).bytes, ==, 4 * 16384);
}

static void
counts_the_sub_buffer_that_is_read_while_others_are_overwritten (void)
{
  const CtlBuffers buffers = { .subbuf_size = 65536, .num_subbuf = 8, .overwrite = TRUE };

  g_assert_cmpuint (ctl_estimate (&buffers, 2).bytes, ==, 2 * 9 * 65536);
}

static void
grows_with_the_cpus (void)
{
  const CtlBuffers user = { .subbuf_size = 1 << 20, .num_subbuf = 4 };
  const CtlBuffers process = { .subbuf_size = 1 << 20, .num_subbuf = 4, .per_process = TRUE };

  g_assert_cmpuint (ctl_estimate (&user, 1024).bytes, ==, G_GUINT64_CONSTANT (4) << 30);
  g_assert_cmpuint (ctl_estimate (&user, 1024).of_service, ==, 3073);
  g_assert_cmpuint (ctl_estimate (&process, 1024).of_service, ==, 2048);
  g_assert_cmpuint (ctl_estimate (&process, 1024).of_program, ==, 2049);
}

static void
says_much_where_it_is_more_than_can_be_counted (void)
{
  const CtlBuffers buffers = { .subbuf_size = G_GUINT64_CONSTANT (1) << 63, .num_subbuf = 4 };

  g_assert_cmpuint (ctl_estimate (&buffers, 2).bytes, ==, G_MAXUINT64);
}

static void
counts_the_cpus_of_this_machine (void)
{
  g_assert_cmpuint (ctl_count_cpus (), >=, g_get_num_processors ());
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/estimate/takes-what-the-service-takes-where-nothing-is-given",
                   takes_what_the_service_takes_where_nothing_is_given);
  g_test_add_func ("/client/estimate/counts-the-sub-buffer-that-is-read-while-others-are-overwritten",
                   counts_the_sub_buffer_that_is_read_while_others_are_overwritten);
  g_test_add_func ("/client/estimate/grows-with-the-cpus", grows_with_the_cpus);
  g_test_add_func ("/client/estimate/says-much-where-it-is-more-than-can-be-counted",
                   says_much_where_it_is_more_than_can_be_counted);
  g_test_add_func ("/client/estimate/counts-the-cpus-of-this-machine", counts_the_cpus_of_this_machine);
  return g_test_run ();
}
