/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit/ctf/balance.h"

#include <glib.h>
#include <string.h>

void
tst_assert_balanced (const char *text)
{
  gboolean quoted = FALSE;
  int depth = 0;

  for (const char *c = text; *c != '\0'; c++)
    {
      if (quoted)
        {
          g_assert_cmpint ((unsigned char) *c, >=, 0x20);
          if (*c == '\\')
            c++;
          else if (*c == '"')
            quoted = FALSE;
          continue;
        }
      g_assert_true (g_ascii_isalnum (*c) || strchr ("_ \t\n{}()[]<>;:=.,-\"", *c) != NULL);
      quoted = *c == '"';
      depth += (*c == '{') - (*c == '}');
      g_assert_cmpint (depth, >=, 0);
    }
  g_assert_false (quoted);
  g_assert_cmpint (depth, ==, 0);
}
