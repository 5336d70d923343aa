/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said on the bus: error names, paths, text. */
#include "base/error.h"
#include "bus/error-names.h"
#include "bus/names.h"
#include "bus/owner.h"
#include "bus/values.h"

#include <string.h>
#include <unistd.h>

static void
every_error_has_a_name_of_its_own (void)
{
  g_autoptr(GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  tbus_error_names_register ();
  for (int code = 0; code < TBUS_N_ERRORS; code++)
    {
      g_autoptr(GError) error = g_error_new (TBUS_ERROR, code, "why");
      char *name = g_dbus_error_encode_gerror (error);

      if (code == TBUS_ERROR_INTERACTIVE)
        g_assert_cmpstr (name, ==, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired");
      else
        g_assert_true (g_str_has_prefix (name, "org.tracebus1.Error."));
      g_assert_true (g_hash_table_add (names, name));
    }
}

static void
errors_of_libraries_are_plain_failures (void)
{
  g_autoptr(GError) cancelled = g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Operation was cancelled");
  g_autoptr(GError) told = tbus_error_for_bus (cancelled);

  g_assert_error (told, G_DBUS_ERROR, G_DBUS_ERROR_FAILED);
  g_assert_cmpstr (told->message, ==, cancelled->message);
}

static void
messages_are_valid_and_bounded (void)
{
  g_autofree char *huge = g_strnfill (1 << 20, 'x');
  g_autoptr(GError) bad = g_error_new_literal (TBUS_ERROR, TBUS_ERROR_NOT_FOUND, "caf\xe9");
  g_autoptr(GError) long_one = g_error_new_literal (TBUS_ERROR, TBUS_ERROR_NOT_FOUND, huge);
  g_autoptr(GError) told_bad = tbus_error_for_bus (bad);
  g_autoptr(GError) told_long = tbus_error_for_bus (long_one);

  g_assert_error (told_bad, TBUS_ERROR, TBUS_ERROR_NOT_FOUND);
  g_assert_true (g_utf8_validate (told_bad->message, -1, NULL));
  g_assert_true (g_str_has_prefix (told_bad->message, "caf"));
  g_assert_cmpuint (strlen (told_long->message), <=, 1024);
}

static void
paths_are_valid_whatever_the_id (void)
{
  g_autofree char *session = tbus_path_session (G_MAXUINT64);
  g_autofree char *channel = tbus_path_channel (1, G_MAXUINT64);
  g_autofree char *app = tbus_path_app (0);
  g_autofree char *consumer = tbus_path_consumer (3);

  g_assert_cmpstr (session, ==, "/org/tracebus1/session/18446744073709551615");
  g_assert_cmpstr (channel, ==, "/org/tracebus1/session/1/channel/18446744073709551615");
  g_assert_cmpstr (app, ==, "/org/tracebus1/app/0");
  g_assert_cmpstr (consumer, ==, "/org/tracebus1/consumer/3");
  g_assert_true (g_variant_is_object_path (session) && g_variant_is_object_path (channel));
}

static void
only_the_path_of_an_app_is_one (void)
{
  const char *const others[] = {
    "/",
    "/org/tracebus1/app",
    "/org/tracebus1/app/",
    "/org/tracebus1/app/x",
    "/org/tracebus1/app/07",
    "/org/tracebus1/app/7/8",
    "/org/tracebus1/app/7_",
    "/org/tracebus1/app/99999999999999999999",
    "/org/tracebus1/session/7",
    "",
  };
  guint64 id = 42;

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (tbus_path_parse_app (others[i], &id));
  g_assert_cmpuint (id, ==, 42);
  g_assert_true (tbus_path_parse_app ("/org/tracebus1/app/7", &id));
  g_assert_cmpuint (id, ==, 7);
}

static void
text_is_valid_whatever_it_was (void)
{
  g_autoptr(GVariant) nothing = g_variant_ref_sink (tbus_value_string (NULL));
  g_autoptr(GVariant) bytes = g_variant_ref_sink (tbus_value_string ("\xff\xfe" "a"));

  g_assert_cmpstr (g_variant_get_string (nothing, NULL), ==, "");
  g_assert_true (g_utf8_validate (g_variant_get_string (bytes, NULL), -1, NULL));
  g_assert_true (g_str_has_suffix (g_variant_get_string (bytes, NULL), "a"));
}

static void
an_outcome_has_totals_only_where_it_says_so (void)
{
  g_autoptr(GArray) pending = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr(GPtrArray) warnings = g_ptr_array_new ();
  guint64 app = 9;
  char output[] = "/tmp/\xff";
  TbusOutcome outcome = { 3, 1, pending, warnings, FALSE, 10, 20, 30, output };
  g_autoptr(GVariant) without = NULL;
  g_autoptr(GVariant) with = NULL;
  g_autofree char *text = NULL;

  g_array_append_val (pending, app);
  g_ptr_array_add (warnings, (gpointer) "careful");
  without = g_variant_ref_sink (tbus_value_outcome (&outcome));
  text = g_variant_print (without, FALSE);
  g_assert_cmpstr (text, ==, "{'apps-applied': <uint32 3>, 'apps-pending': <[objectpath '/org/tracebus1/app/9']>,"
                             " 'apps-failed': <uint32 1>, 'warnings': <['careful']>}");
  outcome.has_totals = TRUE;
  with = g_variant_ref_sink (tbus_value_outcome (&outcome));
  g_assert_cmpuint (g_variant_n_children (with), ==, 8);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static gboolean
find_group (uid_t uid, gid_t *group, GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  tbus_owner_group_async (uid, NULL, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return tbus_owner_group_finish (result, group, error);
}

/* B8: who asked is remembered with uid and gid. */
static void
an_owner_has_a_group_or_is_not_known (void)
{
  g_autoptr(GError) error = NULL;
  gid_t group = 4711;

  g_assert_true (find_group (geteuid (), &group, NULL));
  g_assert_cmpuint (group, ==, getegid ());
  group = 4711;
  g_assert_true (find_group (geteuid () == 0 ? 1 : 0, &group, NULL)); /* daemon is everywhere, and so is root */
  g_assert_cmpuint (group, ==, geteuid () == 0 ? 1 : 0);
  group = 4711;
  g_assert_false (find_group (4294967000u, &group, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND);
  g_assert_cmpuint (group, ==, 4711);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus/words/every-error-has-a-name-of-its-own", every_error_has_a_name_of_its_own);
  g_test_add_func ("/bus/words/errors-of-libraries-are-plain-failures", errors_of_libraries_are_plain_failures);
  g_test_add_func ("/bus/words/messages-are-valid-and-bounded", messages_are_valid_and_bounded);
  g_test_add_func ("/bus/words/paths-are-valid-whatever-the-id", paths_are_valid_whatever_the_id);
  g_test_add_func ("/bus/words/only-the-path-of-an-app-is-one", only_the_path_of_an_app_is_one);
  g_test_add_func ("/bus/words/text-is-valid-whatever-it-was", text_is_valid_whatever_it_was);
  g_test_add_func ("/bus/words/an-outcome-has-totals-only-where-it-says-so",
                   an_outcome_has_totals_only_where_it_says_so);
  g_test_add_func ("/bus/words/an-owner-has-a-group-or-is-not-known", an_owner_has_a_group_or_is_not_known);
  return g_test_run ();
}
