/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/perf-counter.h"

#include <linux/perf_event.h>

#define HARDWARE(name, number) { name, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##number }
#define SOFTWARE(name, number) { name, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##number }
#define CACHE(name, cache, op, result)                                                                                \
  {                                                                                                                   \
    name, PERF_TYPE_HW_CACHE,                                                                                         \
      PERF_COUNT_HW_CACHE_##cache | PERF_COUNT_HW_CACHE_OP_##op << 8 | PERF_COUNT_HW_CACHE_RESULT_##result << 16      \
  }

/* Some have two names: each is a field of its own. */
static const TbusPerfCounter counters[] = {
  HARDWARE ("cpu-cycles", CPU_CYCLES),
  HARDWARE ("cycles", CPU_CYCLES),
  HARDWARE ("stalled-cycles-frontend", STALLED_CYCLES_FRONTEND),
  HARDWARE ("idle-cycles-frontend", STALLED_CYCLES_FRONTEND),
  HARDWARE ("stalled-cycles-backend", STALLED_CYCLES_BACKEND),
  HARDWARE ("idle-cycles-backend", STALLED_CYCLES_BACKEND),
  HARDWARE ("instructions", INSTRUCTIONS),
  HARDWARE ("cache-references", CACHE_REFERENCES),
  HARDWARE ("cache-misses", CACHE_MISSES),
  HARDWARE ("branch-instructions", BRANCH_INSTRUCTIONS),
  HARDWARE ("branches", BRANCH_INSTRUCTIONS),
  HARDWARE ("branch-misses", BRANCH_MISSES),
  HARDWARE ("bus-cycles", BUS_CYCLES),
  CACHE ("L1-dcache-loads", L1D, READ, ACCESS),
  CACHE ("L1-dcache-load-misses", L1D, READ, MISS),
  CACHE ("L1-dcache-stores", L1D, WRITE, ACCESS),
  CACHE ("L1-dcache-store-misses", L1D, WRITE, MISS),
  CACHE ("L1-dcache-prefetches", L1D, PREFETCH, ACCESS),
  CACHE ("L1-dcache-prefetch-misses", L1D, PREFETCH, MISS),
  CACHE ("L1-icache-loads", L1I, READ, ACCESS),
  CACHE ("L1-icache-load-misses", L1I, READ, MISS),
  CACHE ("L1-icache-stores", L1I, WRITE, ACCESS),
  CACHE ("L1-icache-store-misses", L1I, WRITE, MISS),
  CACHE ("L1-icache-prefetches", L1I, PREFETCH, ACCESS),
  CACHE ("L1-icache-prefetch-misses", L1I, PREFETCH, MISS),
  CACHE ("LLC-loads", LL, READ, ACCESS),
  CACHE ("LLC-load-misses", LL, READ, MISS),
  CACHE ("LLC-stores", LL, WRITE, ACCESS),
  CACHE ("LLC-store-misses", LL, WRITE, MISS),
  CACHE ("LLC-prefetches", LL, PREFETCH, ACCESS),
  CACHE ("LLC-prefetch-misses", LL, PREFETCH, MISS),
  CACHE ("dTLB-loads", DTLB, READ, ACCESS),
  CACHE ("dTLB-load-misses", DTLB, READ, MISS),
  CACHE ("dTLB-stores", DTLB, WRITE, ACCESS),
  CACHE ("dTLB-store-misses", DTLB, WRITE, MISS),
  CACHE ("dTLB-prefetches", DTLB, PREFETCH, ACCESS),
  CACHE ("dTLB-prefetch-misses", DTLB, PREFETCH, MISS),
  CACHE ("iTLB-loads", ITLB, READ, ACCESS),
  CACHE ("iTLB-load-misses", ITLB, READ, MISS),
  CACHE ("branch-loads", BPU, READ, ACCESS),
  CACHE ("branch-load-misses", BPU, READ, MISS),
  SOFTWARE ("cpu-clock", CPU_CLOCK),
  SOFTWARE ("task-clock", TASK_CLOCK),
  SOFTWARE ("page-fault", PAGE_FAULTS),
  SOFTWARE ("faults", PAGE_FAULTS),
  SOFTWARE ("major-faults", PAGE_FAULTS_MAJ),
  SOFTWARE ("minor-faults", PAGE_FAULTS_MIN),
  SOFTWARE ("context-switches", CONTEXT_SWITCHES),
  SOFTWARE ("cs", CONTEXT_SWITCHES),
  SOFTWARE ("cpu-migrations", CPU_MIGRATIONS),
  SOFTWARE ("migrations", CPU_MIGRATIONS),
  SOFTWARE ("alignment-faults", ALIGNMENT_FAULTS),
  SOFTWARE ("emulation-faults", EMULATION_FAULTS),
};

const TbusPerfCounter *
tbus_perf_counter_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (counters); i++)
    if (g_str_equal (counters[i].name, name))
      return &counters[i];
  return NULL;
}

const char *
tbus_perf_counter_name (gsize i)
{
  return i < G_N_ELEMENTS (counters) ? counters[i].name : NULL;
}
