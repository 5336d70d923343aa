/* SPDX-License-Identifier: GPL-2.0-only */
/* Text as a filter: refused with a message that says where, or bytecode that the tracer can run. */
#include "base/error.h"
#include "unit/core/filter/machine.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

static const TbusFilterField fields[] = {
  { "a", TBUS_FILTER_FIELD_INTEGER },  { "b", TBUS_FILTER_FIELD_FLOAT },    { "s", TBUS_FILTER_FIELD_STRING },
  { "c", TBUS_FILTER_FIELD_ARRAY, 3 }, { "d", TBUS_FILTER_FIELD_SEQUENCE }, { "e", TBUS_FILTER_FIELD_OTHER },
};
static const TbusFilterEvent event = { "p:e", fields, G_N_ELEMENTS (fields) };

static void
assert_refusal (const char *text, GError *error)
{
  const char *before = "Column ";

  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_FILTER_SYNTAX);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (strlen (error->message), <, 1024);
  if (g_str_has_prefix (error->message, before))
    {
      long column = strtol (error->message + strlen (before), NULL, 10);

      g_assert_true (column >= 1 && column <= g_utf8_strlen (text, -1) + 1);
    }
  else
    g_assert_true (g_str_has_prefix (error->message, "A filter "));
}

/* What can be true for one event can be true for some. */
static void
check (const char *text)
{
  g_autoptr(TbusFilter) filter = tbus_filter_parse (text, NULL);
  g_autoptr(GError) never = NULL;
  g_autoptr(GError) not_here = NULL;
  gboolean sometimes = tbus_filter_check (filter, NULL, &never);
  gboolean here = tbus_filter_check (filter, &event, &not_here);

  g_assert_true (sometimes || !here);
  if (!sometimes)
    assert_refusal (text, never);
  if (!here)
    assert_refusal (text, not_here);
}

/* A pair of parentheses changes nothing, unless it meets a limit. */
static void
check_parentheses (const char *text, GBytes *bytecode)
{
  g_autofree char *wrapped = g_strdup_printf ("(%s\n)", text);
  g_autoptr(GBytes) again = NULL;
  guint32 offset;

  if (tst_compile (wrapped, &again, &offset, NULL))
    g_assert_true (g_bytes_equal (bytecode, again));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr(GBytes) bytecode = NULL;
  g_autoptr(GError) error = NULL;
  guint32 offset;

  if (!tst_compile (text, &bytecode, &offset, &error))
    {
      assert_refusal (text, error);
      return 0;
    }
  g_assert_cmpstr (tst_machine_refuses (bytecode, offset), ==, NULL);
  check (text);
  check_parentheses (text, bytecode);
  return 0;
}
