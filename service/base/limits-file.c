/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/limits-file.h"

#include "base/error.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_SIZE = 64 << 10 };

typedef struct {
  gboolean in_limits;
  guint set_at[TBUS_N_LIMITS]; /* line; 0: not yet */
} Reading;

static gboolean
refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_clear_error (error);
  if (error != NULL)
    *error = g_error_new_valist (TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, format, args);
  va_end (args);
  return FALSE;
}

/* @line: stripped; it is changed. */
static gboolean
read_setting (Reading *self, char *line, guint number, GError **error)
{
  char *value = strchr (line, '=');
  TbusLimit limit;

  if (value == NULL)
    return refuse (error, "\"%.60s\" is neither [Limits] nor Key=value", line);
  *value++ = '\0';
  g_strchomp (line);
  if (!self->in_limits)
    return refuse (error, "\"%.60s\" stands before [Limits]", line);
  if (!tbus_limit_find (line, &limit))
    return refuse (error, "there is no limit \"%.60s\"", line);
  if (self->set_at[limit] != 0)
    return refuse (error, "%s is set in line %u already", line, self->set_at[limit]);
  self->set_at[limit] = number;
  return tbus_limit_parse (limit, g_strchug (value), error);
}

static gboolean
read_line (Reading *self, char *line, guint number, GError **error)
{
  g_strstrip (line);
  if (*line == '\0' || *line == '#')
    return TRUE;
  if (*line != '[')
    return read_setting (self, line, number, error);
  self->in_limits = g_str_equal (line, "[Limits]");
  return self->in_limits || refuse (error, "there is no section %.60s", line);
}

/* Not one byte more than the limit is read, whatever it is: also of what grows, or has no size. */
static char *
read_text (const char *path, gboolean required, GError **error)
{
  g_autofree char *text = g_malloc (MAX_SIZE + 1);
  gsize length = 0;
  gssize n = 1;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), errnum;
  struct stat status;

  if (fd < 0 && errno == ENOENT && !required)
    return g_strdup ("");
  while (fd >= 0 && fstat (fd, &status) == 0 && length <= MAX_SIZE && n > 0)
    {
      n = read (fd, text + length, MAX_SIZE + 1 - length);
      length += MAX (n, 0);
    }
  errnum = fd < 0 || n < 0 ? errno : 0;
  if (fd >= 0)
    close (fd);
  if (errnum != 0)
    tbus_set_errno (error, tbus_error_from_errno (errnum), errnum, "Cannot read %s", path);
  else if (length > MAX_SIZE)
    refuse (error, "%s has more than %d bytes", path, MAX_SIZE);
  else if (memchr (text, '\0', length) != NULL)
    refuse (error, "%s is not a text", path);
  else
    {
      text[length] = '\0';
      return g_steal_pointer (&text);
    }
  return NULL;
}

gboolean
tbus_limits_file_load (const char *path, gboolean required, GError **error)
{
  g_autofree char *text = read_text (path, required, error);
  g_auto(GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;
  Reading reading = { FALSE };

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    if (!read_line (&reading, lines[i], i + 1, error))
      {
        g_prefix_error (error, "%s, line %u: ", path, i + 1);
        return FALSE;
      }
  return text != NULL;
}
