/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-types [ROUNDS]: emits every event of the provider tbtest_types with each sample of samples.c, then one event of
 * each log level, ROUNDS times, and says how many it emitted.
 */
#include "support/apps/app.h"
#include "support/apps/types-provider.h"

enum { SAMPLED_EVENTS = 15, LEVEL_EVENTS = 16 };

static void
emit_sample (const Sample *s)
{
  lttng_ust_tracepoint (tbtest_types, integers, s);
  lttng_ust_tracepoint (tbtest_types, integers_hex, s);
  lttng_ust_tracepoint (tbtest_types, integers_network, s);
  lttng_ust_tracepoint (tbtest_types, floats, s);
  lttng_ust_tracepoint (tbtest_types, texts, s);
  lttng_ust_tracepoint (tbtest_types, arrays, s);
  lttng_ust_tracepoint (tbtest_types, arrays_variants, s);
  lttng_ust_tracepoint (tbtest_types, sequences, s);
  lttng_ust_tracepoint (tbtest_types, sequences_variants, s);
  lttng_ust_tracepoint (tbtest_types, enums, s);
  lttng_ust_tracepoint (tbtest_types, nowrite, s);
  lttng_ust_tracepoint (tbtest_types, keywords, s);
  lttng_ust_tracepoint (tbtest_types, empty);
  lttng_ust_tracepoint (tbtest_types,
    a_name_that_goes_on_for_as_long_as_nearly_nobody_would_write_it_by_hand_but_a_generator_might,
    s);
  lttng_ust_tracepoint (tbtest_types, model, s);
}

static void
emit_levels (void)
{
  int n = 0;

  lttng_ust_tracepoint (tbtest_types, level_default, n++);
  lttng_ust_tracepoint (tbtest_types, level_emerg, n++);
  lttng_ust_tracepoint (tbtest_types, level_alert, n++);
  lttng_ust_tracepoint (tbtest_types, level_crit, n++);
  lttng_ust_tracepoint (tbtest_types, level_err, n++);
  lttng_ust_tracepoint (tbtest_types, level_warning, n++);
  lttng_ust_tracepoint (tbtest_types, level_notice, n++);
  lttng_ust_tracepoint (tbtest_types, level_info, n++);
  lttng_ust_tracepoint (tbtest_types, level_debug_system, n++);
  lttng_ust_tracepoint (tbtest_types, level_debug_program, n++);
  lttng_ust_tracepoint (tbtest_types, level_debug_process, n++);
  lttng_ust_tracepoint (tbtest_types, level_debug_module, n++);
  lttng_ust_tracepoint (tbtest_types, level_debug_unit, n++);
  lttng_ust_tracepoint (tbtest_types, level_debug_function, n++);
  lttng_ust_tracepoint (tbtest_types, level_debug_line, n++);
  lttng_ust_tracepoint (tbtest_types, level_debug, n++);
}

int
main (int argc, char **argv)
{
  long rounds = app_argument (argc, argv, 1, 1);

  for (long round = 0; round < rounds; round++)
    {
      for (int i = 0; i < N_SAMPLES; i++)
        emit_sample (&samples[i]);
      emit_levels ();
    }
  app_say ("emitted %ld", rounds * (N_SAMPLES * SAMPLED_EVENTS + LEVEL_EVENTS));
  return 0;
}
