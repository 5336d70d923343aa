/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/filter/filter.h"

#include "base/error.h"
#include "base/limits.h"
#include "core/filter/parse.h"

#include <string.h>

TbusFilter *
tbus_filter_parse (const char *expression, GError **error)
{
  g_autoptr(TbusFilterNode) tree = NULL;
  gsize length = strlen (expression);

  if (length > TBUS_MAX_FILTER)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_FILTER_SYNTAX, "A filter has at most %d bytes, not %" G_GSIZE_FORMAT,
                   TBUS_MAX_FILTER, length);
      return NULL;
    }
  if (!g_utf8_validate (expression, length, NULL))
    {
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_FILTER_SYNTAX, "A filter is UTF-8, which this is not");
      return NULL;
    }
  tree = tbus_filter_parse_tree (expression, error);
  if (tree == NULL || !tbus_filter_check_tree (tree, TBUS_FILTER_CHECK_LANGUAGE, NULL, error))
    return NULL;
  return g_steal_pointer (&tree);
}

void
tbus_filter_free (TbusFilter *self)
{
  tbus_filter_node_free (self);
}

gboolean
tbus_filter_check (const TbusFilter *self, const TbusFilterEvent *event, GError **error)
{
  return tbus_filter_check_tree (self, event != NULL ? TBUS_FILTER_CHECK_EVENT : TBUS_FILTER_CHECK_TRACER, event,
                                 error);
}
