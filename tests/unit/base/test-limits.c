/* SPDX-License-Identifier: GPL-2.0-only */
/* What an administrator may set, and how a mistake is told: file, line, and what would be right. */
#include "base/error.h"
#include "base/fd-budget.h"
#include "base/limits-file.h"
#include "base/limits.h"

#include <string.h>
#include <unistd.h>

typedef struct {
  char *path;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  int fd = g_file_open_tmp ("limits-XXXXXX", &f->path, NULL);

  g_assert_cmpint (fd, >=, 0);
  close (fd);
  tbus_fd_budget_set_total (1000);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  unlink (f->path);
  g_free (f->path);
  tbus_limits_reset ();
}

static void
load (Fixture *f, const char *text)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_set_contents (f->path, text, -1, NULL));
  tbus_limits_file_load (f->path, TRUE, &error);
  g_assert_no_error (error);
}

/* The sentence names the file, then says @what. */
static void
refuses (Fixture *f, const char *text, const char *what)
{
  g_autofree char *expected = g_strconcat (f->path, what, NULL);
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_set_contents (f->path, text, -1, NULL));
  g_assert_false (tbus_limits_file_load (f->path, TRUE, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_cmpstr (error->message, ==, expected);
}

static void
has_defaults_for_real_use (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (tbus_limit (TBUS_LIMIT_APPS), >=, 1000);
  g_assert_cmpuint (tbus_limit (TBUS_LIMIT_EVENT_CLASSES), >=, 2000);
  g_assert_cmpuint (tbus_limit (TBUS_LIMIT_RULES), >=, 1000);
  g_assert_cmpuint (tbus_limit (TBUS_LIMIT_DESCRIPTORS), ==, 500);
  for (guint i = 0; i < TBUS_N_LIMITS; i++)
    {
      g_assert_cmpuint (tbus_limit (i), >, 0);
      g_assert_cmpuint (tbus_limit (i), <=, tbus_limit_most (i));
    }
}

static void
takes_numbers_sizes_and_percentages (Fixture *f, gconstpointer data)
{
  load (f, "# A comment\n\n [Limits]\nAppsPerUser=17\n  SessionsPerUser =  3  \nNotificationMemoryPerUser=1G\n"
           "MetadataPerBufferSet=128K\nDescriptorsPerUser=10%\n[Limits]\nSignatureSize=1000");
  g_assert_cmpuint (tbus_limit (TBUS_LIMIT_APPS), ==, 17);
  g_assert_cmpuint (tbus_limit (TBUS_LIMIT_SESSIONS), ==, 3);
  g_assert_cmpuint (tbus_limit (TBUS_LIMIT_NOTICE_MEMORY), ==, 1 << 30);
  g_assert_cmpuint (tbus_limit (TBUS_LIMIT_METADATA), ==, 128 << 10);
  g_assert_cmpuint (tbus_limit (TBUS_LIMIT_DESCRIPTORS), ==, 100);
  g_assert_cmpuint (tbus_limit (TBUS_LIMIT_SIGNATURE), ==, 1000);
  g_assert_cmpuint (tbus_limit (TBUS_LIMIT_CHANNELS), ==, TBUS_MAX_CHANNELS);
}

static void
says_which_line_is_wrong (Fixture *f, gconstpointer data)
{
  refuses (f, "AppsPerUser=1\n", ", line 1: \"AppsPerUser\" stands before [Limits]");
  refuses (f, "\n[Apps]\n", ", line 2: there is no section [Apps]");
  refuses (f, "[Limits]\n#\nApps=1\n", ", line 3: there is no limit \"Apps\"");
  refuses (f, "[Limits]\nAppsPerUser\n", ", line 2: \"AppsPerUser\" is neither [Limits] nor Key=value");
  refuses (f, "[Limits]\nNesting=4\nNesting=5\n", ", line 3: Nesting is set in line 2 already");
  refuses (f, "[Limits]\nNesting=4\nAppsPerUser=0", ", line 3: AppsPerUser takes a number from 1 to 65536, not \"0\"");
}

static void
says_what_a_value_may_be (Fixture *f, gconstpointer data)
{
  static const char *const wrong[] = { "", "-1", "x", "1x", "1 2", "0x10", "1.5", "1K", "5%", "65537",
                                       "18446744073709551616" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autofree char *text = g_strdup_printf ("[Limits]\nAppsPerUser=%s\n", wrong[i]);
      g_autofree char *what = g_strdup_printf (", line 2: AppsPerUser takes a number from 1 to 65536, not \"%s\"",
                                               wrong[i]);

      refuses (f, text, what);
    }
  refuses (f, "[Limits]\nSignatureSize=17179869184G",
           ", line 2: SignatureSize takes a number from 256 bytes to 1 MiB, with K, M or G for KiB, MiB or GiB, not "
           "\"17179869184G\"");
  refuses (f, "[Limits]\nDescriptorsPerUser=101%",
           ", line 2: DescriptorsPerUser takes a number from 16 to 2147483647, or a percentage such as 50%, not "
           "\"101%\"");
}

static void
takes_no_file_that_is_none (Fixture *f, gconstpointer data)
{
  g_autofree char *large = g_strnfill ((64 << 10) + 1, '#');
  g_autofree char *gone = g_strconcat (f->path, "-gone", NULL);
  g_autoptr(GError) directory = NULL, missing = NULL;

  refuses (f, large, " has more than 65536 bytes");
  g_assert_true (g_file_set_contents (f->path, "[Limits]\0#", 10, NULL));
  g_assert_false (tbus_limits_file_load (f->path, TRUE, NULL));
  g_assert_false (tbus_limits_file_load ("/dev/zero", TRUE, NULL));
  g_assert_false (tbus_limits_file_load ("/", TRUE, &directory));
  g_assert_true (g_str_has_prefix (directory->message, "Cannot read /"));
  g_assert_true (tbus_limits_file_load (gone, FALSE, NULL));
  g_assert_false (tbus_limits_file_load (gone, TRUE, &missing));
  g_assert_error (missing, TBUS_ERROR, TBUS_ERROR_NOT_FOUND);
}

static void
names_the_limit_its_value_and_its_key (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) count = NULL, bytes = NULL;

  tbus_limit_set (TBUS_LIMIT_SESSIONS, 3);
  tbus_limit_set (TBUS_LIMIT_METADATA, 3 << 20);
  g_assert_false (tbus_limit_refuse (TBUS_LIMIT_SESSIONS, &count));
  g_assert_error (count, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_cmpstr (count->message, ==, "A user has at most 3 sessions; SessionsPerUser in tracebus.conf sets how many");
  g_assert_false (tbus_limit_refuse (TBUS_LIMIT_METADATA, &bytes));
  g_assert_cmpstr (bytes->message, ==,
                   "One buffer set has at most 3 MiB of metadata; MetadataPerBufferSet in tracebus.conf sets how many");
}

/* The example says of every limit what holds without it. */
static void
is_documented_with_its_defaults (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (g_getenv ("TRACEBUS_SOURCE"), "data", "tracebus.conf", NULL);
  g_autofree char *text = NULL, *active = NULL;
  g_auto(GStrv) lines = NULL;
  guint64 presets[TBUS_N_LIMITS];
  guint n_keys = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (guint i = 0; i < TBUS_N_LIMITS; i++)
    presets[i] = tbus_limit (i);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] == '#' && g_ascii_isupper (lines[i][1]) && strchr (lines[i], '=') != NULL)
      {
        lines[i][0] = ' ';
        n_keys++;
      }
  active = g_strjoinv ("\n", lines);
  load (f, active);
  g_assert_cmpuint (n_keys, ==, TBUS_N_LIMITS);
  for (guint i = 0; i < TBUS_N_LIMITS; i++)
    g_assert_cmpuint (tbus_limit (i), ==, presets[i]);
}

#define LIMITS_TEST(path, func) g_test_add ("/base/limits/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  LIMITS_TEST ("has-defaults-for-real-use", has_defaults_for_real_use);
  LIMITS_TEST ("takes-numbers-sizes-and-percentages", takes_numbers_sizes_and_percentages);
  LIMITS_TEST ("says-which-line-is-wrong", says_which_line_is_wrong);
  LIMITS_TEST ("says-what-a-value-may-be", says_what_a_value_may_be);
  LIMITS_TEST ("takes-no-file-that-is-none", takes_no_file_that_is_none);
  LIMITS_TEST ("names-the-limit-its-value-and-its-key", names_the_limit_its_value_and_its_key);
  LIMITS_TEST ("is-documented-with-its-defaults", is_documented_with_its_defaults);
  return g_test_run ();
}
