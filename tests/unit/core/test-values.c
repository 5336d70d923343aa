/* SPDX-License-Identifier: GPL-2.0-only */
/* What callers give: names, levels, patterns, attributes of channels; and the ids that they are given. */
#include "base/error.h"
#include "base/limits.h"
#include "core/channel-config.h"
#include "core/event-rule.h"
#include "core/ids.h"
#include "core/names.h"

#include <string.h>
#include <unistd.h>

enum { TAKERS = 4, IDS = 20000 };

static gpointer
take_ids (gpointer data)
{
  guint64 *ids = data;

  for (guint i = 0; i < IDS; i++)
    ids[i] = tbus_id_next (TBUS_ID_KEY);
  return NULL;
}

static void
ids_are_distinct_whoever_takes_them (void) /* B1 */
{
  g_autoptr(GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_autofree guint64 *ids = g_new (guint64, TAKERS * IDS);
  guint64 last = tbus_id_last (TBUS_ID_KEY);
  GThread *takers[TAKERS];

  for (guint i = 0; i < TAKERS; i++)
    takers[i] = g_thread_new ("taker", take_ids, ids + i * IDS);
  for (guint i = 0; i < TAKERS; i++)
    g_thread_join (takers[i]);
  for (guint i = 0; i < TAKERS * IDS; i++)
    {
      g_assert_cmpuint (ids[i], >, last);
      g_assert_true (g_hash_table_add (seen, GSIZE_TO_POINTER (ids[i])));
    }
  g_assert_cmpuint (tbus_id_last (TBUS_ID_KEY), ==, last + TAKERS * IDS);
}

static void
each_kind_counts_for_itself (void) /* B1 */
{
  guint64 session = tbus_id_next (TBUS_ID_SESSION), app_session = tbus_id_last (TBUS_ID_APP_SESSION);

  g_assert_cmpuint (tbus_id_next (TBUS_ID_SESSION), ==, session + 1);
  g_assert_cmpuint (tbus_id_last (TBUS_ID_APP_SESSION), ==, app_session);
  g_assert_cmpuint (session, !=, 0);
}

static void
a_restored_counter_only_grows (void) /* B1 */
{
  guint64 last = tbus_id_last (TBUS_ID_RULE);

  tbus_id_raise (TBUS_ID_RULE, last + 10);
  tbus_id_raise (TBUS_ID_RULE, last + 5);
  g_assert_cmpuint (tbus_id_next (TBUS_ID_RULE), ==, last + 11);
}

static void
names_are_letters_digits_and_a_few_signs (void)
{
  static const char *const good[] = { "a", "_", "9", "auto-20260131-235959", "A_b.c:d@e+f-g" };
  static const char *const bad[] = { "", "-a", ".a", "a/b", "a b", "caf\xc3\xa9", "a\n", "@", "a*" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (tbus_name_check (good[i], "session", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (tbus_name_check (bad[i], "session", &error));
      g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
      g_assert_nonnull (strstr (error->message, bad[i]));
      g_assert_nonnull (strstr (error->message, "session name"));
    }
}

static void
names_have_128_bytes_at_most (void)
{
  g_autofree char *name = g_strnfill (TBUS_MAX_NAME + 1, 'n');
  g_autoptr(GError) error = NULL;

  g_assert_false (tbus_name_check (name, "channel", &error));
  g_assert_cmpstr (error->message, ==, "A channel name has at most 128 bytes, not 129");
  name[TBUS_MAX_NAME] = '\0';
  g_assert_true (tbus_name_check (name, "channel", NULL));
}

static void
what_a_process_calls_itself_becomes_valid (void)
{
  g_autofree char *name = tbus_name_make_valid ("a\xff" "b");

  g_assert_cmpstr (name, ==, "a\xef\xbf\xbd" "b");
}

static void
log_levels_are_names_or_numbers (void)
{
  static const struct {
    const char *text;
    int level;
  } good[] = { { "0", 0 }, { "14", 14 }, { "TRACE_EMERG", 0 }, { "trace_info", 6 }, { "Info", 6 }, { "DEBUG", 14 },
               { "debug_line", 13 } };
  static const char *const bad[] = { "", "15", "-1", "6x", " 6", "+6", "TRACE_", "infos", "99999999999999999999" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      int level = -1;

      g_assert_true (tbus_loglevel_parse (good[i].text, &level, NULL));
      g_assert_cmpint (level, ==, good[i].level);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;
      int level = -5;

      g_assert_false (tbus_loglevel_parse (bad[i], &level, &error));
      g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
      g_assert_cmpint (level, ==, -5);
    }
}

static void
every_level_has_the_name_that_parses_to_it (void)
{
  for (int level = 0; level <= 14; level++)
    {
      int parsed = -1;

      g_assert_true (tbus_loglevel_parse (tbus_loglevel_to_string (level), &parsed, NULL));
      g_assert_cmpint (parsed, ==, level);
    }
  g_assert_null (tbus_loglevel_to_string (15));
  g_assert_null (tbus_loglevel_to_string (-1));
}

static TbusEventRule *
rule (const char *pattern, TbusLoglevelMatch match, int level)
{
  g_autoptr(GError) error = NULL;
  TbusEventRule *made = tbus_event_rule_new (pattern, match, level, &error);

  g_assert_no_error (error);
  return made;
}

static void
a_pattern_has_255_bytes_at_most (void)
{
  g_autofree char *pattern = g_strnfill (TBUS_MAX_PATTERN + 1, 'p');
  g_autoptr(GError) error = NULL, empty = NULL;
  g_autoptr(TbusEventRule) longest = NULL;

  g_assert_null (tbus_event_rule_new (pattern, TBUS_LOGLEVEL_ALL, -1, &error));
  g_assert_cmpstr (error->message, ==, "An event pattern has 1 to 255 bytes, not 256");
  g_assert_null (tbus_event_rule_new ("", TBUS_LOGLEVEL_ALL, -1, &empty));
  g_assert_error (empty, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  pattern[TBUS_MAX_PATTERN] = '\0';
  longest = rule (pattern, TBUS_LOGLEVEL_ALL, -1);
}

static void
a_rules_level_is_one_that_exists (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(TbusEventRule) all = rule ("a", TBUS_LOGLEVEL_ALL, 99);

  g_assert_cmpint (all->loglevel, ==, -1);
  g_assert_null (tbus_event_rule_new ("a", TBUS_LOGLEVEL_AT_LEAST, 15, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_clear_error (&error);
  g_assert_null (tbus_event_rule_new ("a", TBUS_LOGLEVEL_EXACTLY, -1, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
}

static void
rules_that_differ_in_anything_are_two (void)
{
  g_autoptr(TbusEventRule) base = rule ("a", TBUS_LOGLEVEL_ALL, -1), same = rule ("a", TBUS_LOGLEVEL_ALL, -1);
  g_autoptr(TbusEventRule) pattern = rule ("b", TBUS_LOGLEVEL_ALL, -1), level = rule ("a", TBUS_LOGLEVEL_AT_LEAST, 6);
  g_autoptr(TbusEventRule) exactly = rule ("a", TBUS_LOGLEVEL_EXACTLY, 6), filter = rule ("a", TBUS_LOGLEVEL_ALL, -1);
  g_autoptr(TbusEventRule) exclusion = rule ("a", TBUS_LOGLEVEL_ALL, -1), none = rule ("a", TBUS_LOGLEVEL_ALL, -1);

  filter->filter = g_strdup ("x == 1");
  exclusion->exclusions = g_strsplit ("a:b", ",", -1);
  none->exclusions = g_new0 (char *, 1);
  g_assert_true (tbus_event_rule_equal (base, same));
  g_assert_true (tbus_event_rule_equal (base, none)); /* no exclusion is none */
  g_assert_cmpuint (base->id, !=, same->id);
  g_assert_false (tbus_event_rule_equal (base, pattern));
  g_assert_false (tbus_event_rule_equal (base, level));
  g_assert_false (tbus_event_rule_equal (level, exactly));
  g_assert_false (tbus_event_rule_equal (base, filter));
  g_assert_false (tbus_event_rule_equal (base, exclusion));
}

static TbusChannelConfig
config_of (TbusBufferOwnership ownership, gboolean metadata)
{
  TbusChannelConfig config;

  tbus_channel_config_init (&config, ownership, metadata);
  return config;
}

static void
channels_have_lttngs_defaults (void) /* B22 */
{
  TbusChannelConfig user = config_of (TBUS_BUFFER_USER, FALSE), process = config_of (TBUS_BUFFER_PROCESS, FALSE);
  TbusChannelConfig metadata = config_of (TBUS_BUFFER_USER, TRUE);

  g_assert_true (tbus_channel_config_check (&user, NULL));
  g_assert_cmpuint (user.subbuf_size, ==, 512 << 10);
  g_assert_cmpuint (user.num_subbuf, ==, 4);
  g_assert_true (tbus_channel_config_check (&process, NULL));
  g_assert_cmpuint (process.subbuf_size, ==, 16 << 10);
  g_assert_true (tbus_channel_config_check (&metadata, NULL));
  g_assert_cmpuint (metadata.subbuf_size, ==, 4 << 10);
  g_assert_cmpuint (metadata.num_subbuf, ==, 2);
}

static void
refuses (const TbusChannelConfig *config, const char *option)
{
  TbusChannelConfig copy = *config;
  g_autoptr(GError) error = NULL;

  g_assert_false (tbus_channel_config_check (&copy, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_true (g_str_has_prefix (error->message, option));
  g_assert_cmpint (memcmp (&copy, config, sizeof copy), ==, 0);
}

#define REFUSES(option, ...)                                                                                          \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    TbusChannelConfig config = config_of (TBUS_BUFFER_USER, FALSE);                                                   \
    __VA_ARGS__;                                                                                                      \
    refuses (&config, option);                                                                                        \
  }                                                                                                                   \
  G_STMT_END

static void
what_no_ring_can_have_is_refused_by_name (void)
{
  guint64 page = sysconf (_SC_PAGESIZE);

  REFUSES ("subbuf-size", config.subbuf_size = page - 1);
  REFUSES ("subbuf-size", config.subbuf_size = page / 2);
  REFUSES ("subbuf-size", config.subbuf_size = 3 * page);
  REFUSES ("subbuf-size", config.subbuf_size = G_GUINT64_CONSTANT (1) << 63);
  REFUSES ("num-subbuf", config.num_subbuf = 0);
  REFUSES ("num-subbuf", config.num_subbuf = 3);
  REFUSES ("num-subbuf", config.num_subbuf = G_GUINT64_CONSTANT (1) << 63);
  REFUSES ("num-subbuf", config.subbuf_size = 1 << 30; config.num_subbuf = 32);
  REFUSES ("num-subbuf", config.num_subbuf = 1; config.overwrite = TRUE);
  REFUSES ("tracefile-size", config.tracefile_size = (512 << 10) - 1);
  REFUSES ("blocking-timeout-us", config.blocking_timeout_us = -2);
  REFUSES ("blocking-timeout-us", config.blocking_timeout_us = 1; config.overwrite = TRUE);
}

#define ACCEPTS(...)                                                                                                  \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    TbusChannelConfig config = config_of (TBUS_BUFFER_USER, FALSE);                                                   \
    g_autoptr(GError) error = NULL;                                                                                   \
    __VA_ARGS__;                                                                                                      \
    tbus_channel_config_check (&config, &error);                                                                      \
    g_assert_no_error (error);                                                                                        \
  }                                                                                                                   \
  G_STMT_END

static void
what_stands_at_a_limit_is_accepted (void)
{
  ACCEPTS (config.subbuf_size = sysconf (_SC_PAGESIZE));
  ACCEPTS (config.num_subbuf = 1);
  ACCEPTS (config.num_subbuf = 2; config.overwrite = TRUE);
  ACCEPTS (config.subbuf_size = 1 << 30; config.num_subbuf = 16);
  ACCEPTS (config.tracefile_size = 512 << 10);
  ACCEPTS (config.blocking_timeout_us = -1);
}

#define ADD(name, func) g_test_add_func ("/core/values/" name, func)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("ids-are-distinct-whoever-takes-them", ids_are_distinct_whoever_takes_them);
  ADD ("each-kind-counts-for-itself", each_kind_counts_for_itself);
  ADD ("a-restored-counter-only-grows", a_restored_counter_only_grows);
  ADD ("names-are-letters-digits-and-a-few-signs", names_are_letters_digits_and_a_few_signs);
  ADD ("names-have-128-bytes-at-most", names_have_128_bytes_at_most);
  ADD ("what-a-process-calls-itself-becomes-valid", what_a_process_calls_itself_becomes_valid);
  ADD ("log-levels-are-names-or-numbers", log_levels_are_names_or_numbers);
  ADD ("every-level-has-the-name-that-parses-to-it", every_level_has_the_name_that_parses_to_it);
  ADD ("a-pattern-has-255-bytes-at-most", a_pattern_has_255_bytes_at_most);
  ADD ("a-rules-level-is-one-that-exists", a_rules_level_is_one_that_exists);
  ADD ("rules-that-differ-in-anything-are-two", rules_that_differ_in_anything_are_two);
  ADD ("channels-have-lttngs-defaults", channels_have_lttngs_defaults);
  ADD ("what-no-ring-can-have-is-refused-by-name", what_no_ring_can_have_is_refused_by_name);
  ADD ("what-stands-at-a-limit-is-accepted", what_stands_at_a_limit_is_accepted);
  return g_test_run ();
}
