/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/handle.h"

#include "base/error.h"
#include "base/fd-budget.h"

#include <fcntl.h>
#include <unistd.h>

static gboolean
is_open (int fd)
{
  return fcntl (fd, F_GETFD) >= 0;
}

static void
the_last_reference_closes_and_gives_back (void)
{
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  TbusHandle *handle, *second;

  tbus_fd_budget_set_total (1);
  handle = tbus_handle_new (fd, "A test", NULL);
  g_assert_cmpint (tbus_handle_get_fd (handle), ==, fd);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 1);
  second = tbus_handle_ref (handle);
  tbus_handle_unref (handle);
  g_assert_true (is_open (fd));
  tbus_handle_unref (second);
  g_assert_false (is_open (fd));
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
}

static void
what_does_not_fit_the_budget_is_closed (void)
{
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  g_autoptr(GError) error = NULL;

  tbus_fd_budget_set_total (0);
  g_assert_null (tbus_handle_new (fd, "A test", &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_false (is_open (fd));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/handle/the-last-reference-closes-and-gives-back", the_last_reference_closes_and_gives_back);
  g_test_add_func ("/base/handle/what-does-not-fit-the-budget-is-closed", what_does_not_fit_the_budget_is_closed);
  return g_test_run ();
}
