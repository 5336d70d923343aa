/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/apps/app.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
app_say (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  putchar ('\n');
  fflush (stdout);
}

bool
app_read_line (char *line, size_t size)
{
  if (fgets (line, size, stdin) == NULL)
    return false;
  line[strcspn (line, "\n")] = '\0';
  return true;
}

static bool
parse_number (const char *text, long *number)
{
  char *end;
  long value;

  errno = 0;
  value = strtol (text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || value < 0)
    return false;
  *number = value;
  return true;
}

long
app_command (const char *line, const char *verb)
{
  size_t len = strlen (verb);
  long number;

  if (strncmp (line, verb, len) != 0 || line[len] != ' ' || !parse_number (line + len + 1, &number))
    return -1;
  return number;
}

long
app_argument (int argc, char **argv, int i, long fallback)
{
  long number = fallback;

  if (i < argc && !parse_number (argv[i], &number))
    {
      fprintf (stderr, "%s: argument %d is \"%s\", not a number\n", argv[0], i, argv[i]);
      exit (2);
    }
  return number;
}
