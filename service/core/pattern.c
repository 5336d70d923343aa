/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/pattern.h"

gboolean
tbus_pattern_is_glob (const char *pattern)
{
  for (; *pattern != '\0'; pattern++)
    {
      if (*pattern == '*')
        return TRUE;
      if (*pattern == '\\' && pattern[1] != '\0')
        pattern++;
    }
  return FALSE;
}

gboolean
tbus_pattern_matches (const char *pattern, const char *name)
{
  const char *after_star = NULL, *retry = NULL;

  /* Only the last star ever has to give way: those before it have found the shortest text that does. */
  while (*name != '\0')
    {
      const char *literal = pattern + (*pattern == '\\' && pattern[1] != '\0');

      if (*pattern == '*')
        {
          after_star = ++pattern;
          retry = name;
        }
      else if (*literal == *name)
        {
          pattern = literal + 1;
          name++;
        }
      else if (after_star != NULL)
        {
          pattern = after_star;
          name = ++retry;
        }
      else
        return FALSE;
    }
  while (*pattern == '*')
    pattern++;
  return *pattern == '\0';
}
