/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/table.h"

#include <stdio.h>

struct CtlTable
{
  const char *const *heads;
  guint n_columns;
  GPtrArray *cells; /* row by row */
};

CtlTable *
ctl_table_new (const char *const *heads)
{
  CtlTable *self = g_new0 (CtlTable, 1);

  self->heads = heads;
  self->n_columns = g_strv_length ((char **) heads);
  self->cells = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
ctl_table_free (CtlTable *self)
{
  g_ptr_array_unref (self->cells);
  g_free (self);
}

void
ctl_table_add (CtlTable *self, ...)
{
  va_list cells;

  va_start (cells, self);
  for (guint i = 0; i < self->n_columns; i++)
    g_ptr_array_add (self->cells, va_arg (cells, char *));
  va_end (cells);
}

static const char *
head_text (const char *head)
{
  return *head == '>' ? head + 1 : head;
}

static void
print_cell (CtlTable *self, guint column, const char *text, glong width)
{
  int blanks = width - g_utf8_strlen (text, -1);

  if (*self->heads[column] == '>')
    printf ("%*s%s", blanks, "", text);
  else if (column + 1 < self->n_columns)
    printf ("%s%*s", text, blanks, "");
  else
    printf ("%s", text);
  printf (column + 1 < self->n_columns ? "  " : "\n");
}

static void
print_row (CtlTable *self, const char *const *cells, const glong *widths, guint indent)
{
  printf ("%*s", (int) indent, "");
  for (guint i = 0; i < self->n_columns; i++)
    print_cell (self, i, cells[i], widths[i]);
}

void
ctl_table_print (CtlTable *self, guint indent, gboolean legend)
{
  g_autofree glong *widths = g_new0 (glong, self->n_columns);
  g_autofree const char **heads = g_new (const char *, self->n_columns);

  for (guint i = 0; i < self->n_columns; i++)
    {
      heads[i] = head_text (self->heads[i]);
      widths[i] = legend ? g_utf8_strlen (heads[i], -1) : 0;
    }
  for (guint i = 0; i < self->cells->len; i++)
    {
      glong *width = &widths[i % self->n_columns];

      *width = MAX (*width, g_utf8_strlen (self->cells->pdata[i], -1));
    }
  if (legend)
    print_row (self, heads, widths, indent);
  for (guint i = 0; i < self->cells->len; i += self->n_columns)
    print_row (self, (const char *const *) self->cells->pdata + i, widths, indent);
}
