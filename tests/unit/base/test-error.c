/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/error.h"

#include <errno.h>

static void
an_errno_gets_the_code_that_fits (void)
{
  static const struct {
    int errnum;
    TbusError code;
  } rows[] = {
    { ENOENT, TBUS_ERROR_NOT_FOUND },      { ESRCH, TBUS_ERROR_NOT_FOUND },
    { EEXIST, TBUS_ERROR_ALREADY_EXISTS }, { EPERM, TBUS_ERROR_NOT_AUTHORIZED },
    { EACCES, TBUS_ERROR_NOT_AUTHORIZED }, { ENOMEM, TBUS_ERROR_EXHAUSTED },
    { EMFILE, TBUS_ERROR_EXHAUSTED },      { ENFILE, TBUS_ERROR_EXHAUSTED },
    { ENOSPC, TBUS_ERROR_EXHAUSTED },      { EDQUOT, TBUS_ERROR_EXHAUSTED },
    { EPIPE, TBUS_ERROR_APP_GONE },        { ECONNRESET, TBUS_ERROR_APP_GONE },
    { ETIMEDOUT, TBUS_ERROR_TIMED_OUT },   { ENOSYS, TBUS_ERROR_UNSUPPORTED },
    { EOPNOTSUPP, TBUS_ERROR_UNSUPPORTED }, { EINVAL, TBUS_ERROR_INVALID_ARGS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (tbus_error_from_errno (rows[i].errnum), ==, rows[i].code);
}

static void
a_message_ends_with_what_the_system_said (void)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *expected = g_strdup_printf ("Cannot open 7: %s", g_strerror (ENOSPC));

  tbus_set_errno (&error, TBUS_ERROR_OUTPUT_UNAVAILABLE, ENOSPC, "Cannot open %d", 7);
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  g_assert_cmpstr (error->message, ==, expected);
}

static void
nobody_has_to_want_the_error (void)
{
  tbus_set_errno (NULL, TBUS_ERROR_EXHAUSTED, EMFILE, "Cannot open");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/error/an-errno-gets-the-code-that-fits", an_errno_gets_the_code_that_fits);
  g_test_add_func ("/base/error/a-message-ends-with-what-the-system-said", a_message_ends_with_what_the_system_said);
  g_test_add_func ("/base/error/nobody-has-to-want-the-error", nobody_has_to_want_the_error);
  return g_test_run ();
}
