/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/context.h"

#include "base/error.h"

#include <linux/perf_event.h>
#include <string.h>

static TbusContext *
parse (const char *type)
{
  g_autoptr(GError) error = NULL;
  TbusContext *context = tbus_context_parse (type, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (context->type, ==, type);
  return context;
}

/* Returns: (transfer full): why not */
static char *
refused (const char *type)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (tbus_context_parse (type, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  return g_strdup (error->message);
}

static void
knows_every_name_of_user_space (void)
{
  static const char *const names[] = {
    "vpid",    "vtid",   "pthread_id", "procname", "ip",   "cgroup_ns", "ipc_ns", "mnt_ns", "net_ns", "pid_ns",
    "time_ns", "user_ns", "uts_ns",    "vuid",     "veuid", "vsuid",    "vgid",   "vegid",  "vsgid",
  };

  g_assert_cmpuint (G_N_ELEMENTS (names), ==, TBUS_N_PLAIN_CONTEXTS);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr(TbusContext) context = parse (names[i]);

      g_assert_cmpint (context->kind, ==, i);
    }
}

/* What is listed is taken. */
static void
lists_what_it_takes (void)
{
  g_auto(GStrv) types = tbus_context_list ();

  g_assert_true (g_strv_contains ((const char *const *) types, "vsgid"));
  g_assert_true (g_strv_contains ((const char *const *) types, "perf:thread:LLC-store-misses"));
  for (guint i = 0; types[i] != NULL; i++)
    tbus_context_unref (parse (types[i]));
}

static void
counters_have_the_numbers_of_linux (void)
{
  static const struct {
    const char *type;
    guint32 perf_type;
    guint64 config;
    const char *field;
  } cases[] = {
    { "perf:thread:cpu-cycles", PERF_TYPE_HARDWARE, 0, "perf_thread_cpu_cycles" },
    { "perf:thread:cycles", PERF_TYPE_HARDWARE, 0, "perf_thread_cycles" },
    { "perf:thread:branch-misses", PERF_TYPE_HARDWARE, 5, "perf_thread_branch_misses" },
    { "perf:thread:idle-cycles-backend", PERF_TYPE_HARDWARE, 8, "perf_thread_idle_cycles_backend" },
    { "perf:thread:L1-dcache-loads", PERF_TYPE_HW_CACHE, 0x00000, "perf_thread_L1_dcache_loads" },
    { "perf:thread:L1-icache-store-misses", PERF_TYPE_HW_CACHE, 0x10101, "perf_thread_L1_icache_store_misses" },
    { "perf:thread:LLC-prefetches", PERF_TYPE_HW_CACHE, 0x00202, "perf_thread_LLC_prefetches" },
    { "perf:thread:dTLB-load-misses", PERF_TYPE_HW_CACHE, 0x10003, "perf_thread_dTLB_load_misses" },
    { "perf:thread:iTLB-loads", PERF_TYPE_HW_CACHE, 0x00004, "perf_thread_iTLB_loads" },
    { "perf:thread:branch-load-misses", PERF_TYPE_HW_CACHE, 0x10005, "perf_thread_branch_load_misses" },
    { "perf:thread:task-clock", PERF_TYPE_SOFTWARE, 1, "perf_thread_task_clock" },
    { "perf:thread:cs", PERF_TYPE_SOFTWARE, 3, "perf_thread_cs" },
    { "perf:thread:minor-faults", PERF_TYPE_SOFTWARE, 5, "perf_thread_minor_faults" },
    { "perf:thread:emulation-faults", PERF_TYPE_SOFTWARE, 8, "perf_thread_emulation_faults" },
    { "perf:thread:raw:r003c:halted", PERF_TYPE_RAW, 0x3c, "perf_thread_halted" },
    { "perf:thread:raw:rFFFFffffFFFFffff:a:b-c", PERF_TYPE_RAW, G_MAXUINT64, "perf_thread_a_b_c" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(TbusContext) context = parse (cases[i].type);

      g_assert_cmpint (context->kind, ==, TBUS_CONTEXT_PERF);
      g_assert_cmpuint (context->perf_type, ==, cases[i].perf_type);
      g_assert_cmpuint (context->perf_config, ==, cases[i].config);
      g_assert_cmpstr (context->perf_name, ==, cases[i].field);
    }
}

static void
contexts_of_apps_are_split_at_the_first_colon (void)
{
  g_autoptr(TbusContext) context = parse ("$app.x:ctx-1:more");

  g_assert_cmpint (context->kind, ==, TBUS_CONTEXT_APP);
  g_assert_cmpstr (context->provider, ==, "x");
  g_assert_cmpstr (context->name, ==, "ctx-1:more");
}

static void
says_what_there_is_instead (void)
{
  static const struct {
    const char *type, *says;
  } cases[] = {
    { "no-such", "pthread_id" },
    { "no-such", "$app.PROVIDER:TYPE" },
    { "VPID", "vpid" },
    { "pid", "user space has vpid instead" },
    { "tid", "user space has vtid instead" },
    { "egid", "user space has vegid instead" },
    { "prio", "user space has none like it" },
    { "callstack-user", "user space has none like it" },
    { "perf:cpu:cycles", "perf:thread:NAME" },
    { "perf:cycles", "perf:thread:NAME" },
    { "cpu_id", "with every packet already" },
    { "perf:thread:no-such", "LLC-loads" },
    { "perf:thread:", "LLC-loads" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *why = refused (cases[i].type);

      g_assert_nonnull (strstr (why, cases[i].says));
    }
}

static void
refuses_what_is_malformed (void)
{
  static const char *const types[] = {
    "perf:thread:raw:", "perf:thread:raw:r", "perf:thread:raw:r12", "perf:thread:raw:r12:", "perf:thread:raw:12:x",
    "perf:thread:raw:rx:x", "perf:thread:raw:r-1:x", "perf:thread:raw:r10000000000000000:x", "$app.", "$app.x",
    "$app.x:", "$app.:x",
  };
  g_autofree char *long_type = g_strnfill (241, 'x');
  g_autofree char *empty = refused ("");
  g_autofree char *too_long = refused (long_type);

  g_assert_cmpstr (empty, ==, "The type of a context has 1 to 240 bytes, not 0");
  g_assert_cmpstr (too_long, ==, "The type of a context has 1 to 240 bytes, not 241");
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *why = refused (types[i]);

      g_assert_nonnull (strstr (why, types[i]));
    }
}

static gboolean
equal (const char *one, const char *other)
{
  g_autoptr(TbusContext) a = parse (one);
  g_autoptr(TbusContext) b = parse (other);

  return tbus_context_equal (a, b);
}

static void
is_equal_to_what_would_be_the_same_field (void)
{
  g_assert_true (equal ("vpid", "vpid"));
  g_assert_false (equal ("vpid", "vtid"));
  g_assert_true (equal ("perf:thread:raw:r1:x", "perf:thread:raw:r2:x"));
  g_assert_false (equal ("perf:thread:raw:r1:x", "perf:thread:raw:r1:y"));
  g_assert_false (equal ("perf:thread:cycles", "perf:thread:cpu-cycles"));
  g_assert_true (equal ("$app.x:y", "$app.x:y"));
  g_assert_false (equal ("$app.x:y", "$app.x:z"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/context/knows-every-name-of-user-space", knows_every_name_of_user_space);
  g_test_add_func ("/core/context/lists-what-it-takes", lists_what_it_takes);
  g_test_add_func ("/core/context/counters-have-the-numbers-of-linux", counters_have_the_numbers_of_linux);
  g_test_add_func ("/core/context/contexts-of-apps-are-split-at-the-first-colon",
                   contexts_of_apps_are_split_at_the_first_colon);
  g_test_add_func ("/core/context/says-what-there-is-instead", says_what_there_is_instead);
  g_test_add_func ("/core/context/refuses-what-is-malformed", refuses_what_is_malformed);
  g_test_add_func ("/core/context/is-equal-to-what-would-be-the-same-field", is_equal_to_what_would_be_the_same_field);
  return g_test_run ();
}
